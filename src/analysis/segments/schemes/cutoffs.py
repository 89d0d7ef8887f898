"""Cut-offs of bands and scores: fitted as of the base month and held until a person names another one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments import lifecycle, tiers
from analysis.segments.rfm import lower_quantiles
from analysis.segments.tiers import DAYS_OF_YEAR, Part

CONCENTRATION, GAPS, QUANTILES, SHARES, PARAMETER = "concentration", "gaps", "quantiles", "shares", "parameter"


@dataclass(frozen=True)
class Band:
    """Where a measure is cut into three.

    Attributes
    ----------
    measure : str
        What is cut, see `facts.measure`.
    high_from, medium_from : float
        Lowest value of the highest and of the middle class, each inclusive.
    basis : str
        How they were found: ``concentration`` (of the total), ``gaps`` (between orders), ``quantiles`` or ``shares`` of
        customers, ``parameter``.
    """

    measure: str
    high_from: float
    medium_from: float
    basis: str


@dataclass(frozen=True)
class ClassCutoffs:
    """Everything of the classes that must hold still between months.

    Attributes
    ----------
    period : str
        The base month.
    bands : dict
        Scheme -> `Band`; a scheme that could not be fitted (too few buyers, no costs) is not among them.
    score : tuple of Part
        Parts of the value score; empty with too few buyers.
    early_until, middle_until : str
        Last day of joining (ISO) of early and of middle joiners; empty with too few customers.
    """

    period: str
    bands: dict[str, Band]
    score: tuple[Part, ...]
    early_until: str
    middle_until: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ClassCutoffs:
        """Read back what `as_dict` wrote."""
        score = tuple(Part(part["name"], part["weight"], tuple(part["grid"])) for part in values["score"])
        bands = {name: Band(**band) for name, band in values["bands"].items()}
        return cls(values["period"], bands, score, values["early_until"], values["middle_until"])

    def rows(self) -> pd.DataFrame:
        """The bands as they are printed: `scheme, measure, high_from, medium_from, basis`."""
        rows = [(name, band.measure, band.high_from, band.medium_from, band.basis) for name, band in self.bands.items()]
        return pd.DataFrame(rows, columns=["scheme", "measure", "high_from", "medium_from", "basis"])


def fit_class_cutoffs(facts: pd.DataFrame, spells: pd.DataFrame, params: Params, period: str) -> ClassCutoffs:
    """Cut-offs of the base month.

    Parameters
    ----------
    facts : DataFrame
        One row a customer (`facts.gather`) as of the end of the base month.
    spells : DataFrame
        One row a spell as of the same day; completed ones set the frequency bands, each customer weighing the same.
    period : str
        The base month, to be printed.
    """
    chosen, least = params.classes, params.rfm.min_buyers
    buyers = facts[facts["count_order_days"] > 0]
    bands: dict[str, Band] = {}
    score: tuple[Part, ...] = ()
    if len(buyers) >= least:
        shares = (chosen.high_share, chosen.high_share + chosen.medium_share)
        profit = buyers["profit_per_year"].dropna()
        if len(profit) >= least and (profit > 0).any():
            high, medium = cut_concentration(profit, shares)
            bands["value_profit"] = Band("profit_per_year", high, medium, CONCENTRATION)
        high, medium = cut_concentration(tiers.measure(buyers, "amount"), shares)
        bands["value_amount"] = Band("spend_total_per_year", high, medium, CONCENTRATION)
        score = _fit_score(buyers, params)
        if score:
            places = (1 - chosen.score_high_share, 1 - chosen.score_high_share - chosen.score_medium_share)
            # a share "from the top": the smallest score that at most so many are above
            high, medium = lower_quantiles(tiers.score(buyers, score).dropna(), places)
            bands["value_score"] = Band("value_score", high, medium, SHARES)
        bands["frequency_band"] = _fit_frequency(spells, params)
        third, two_thirds = lower_quantiles(buyers["spend_mean"].dropna(), (1 / 3, 2 / 3))
        bands["amount_band"] = Band("spend_mean", two_thirds, third, QUANTILES)
    income = facts["income"].astype("Float64").astype("float64").dropna()
    if len(income) >= least:
        third, two_thirds = lower_quantiles(income, (1 / 3, 2 / 3))
        bands["income_band"] = Band("income", two_thirds, third, QUANTILES)
    joined = facts["joined"].dropna().sort_values()
    is_enough = len(joined) >= least
    early, middle = (str(joined.iloc[int(len(joined) * share)].date()) if is_enough else "" for share in (1 / 3, 2 / 3))
    return ClassCutoffs(period, bands, score, early, middle)


def cut_concentration(values: pd.Series, shares: tuple[float, float]) -> tuple[float, float]:
    """Lowest value among the fewest customers who together hold each of `shares` of the positive total."""
    ordered = np.sort(values.to_numpy(dtype=float))[::-1]
    ordered = ordered[ordered > 0]
    # rounded, so that a share that is met exactly does not hang on a float's last bit
    held = np.round(ordered.cumsum() / ordered.sum(), 12)
    high, medium = (float(ordered[min(int(np.searchsorted(held, share)), len(ordered) - 1)]) for share in shares)
    return high, medium


def _fit_score(buyers: pd.DataFrame, params: Params) -> tuple[Part, ...]:
    """Parts of the value score, as the tier's score is built; a part that tells nobody apart is left out."""
    chosen = params.classes
    weights = {"amount": chosen.score_amount, "frequency": chosen.score_frequency, "interaction": chosen.score_interaction}
    measures = {name: tiers.measure(buyers, name).dropna() for name, weight in weights.items() if weight > 0}
    used = {name: values for name, values in measures.items() if len(values) >= params.rfm.min_buyers and values.min() < values.max()}
    whole = sum(weights[name] for name in used)
    grid = tuple(step / 100 for step in range(101))
    return tuple(Part(name, weights[name] / whole, lower_quantiles(values, grid)) for name, values in used.items())


def _fit_frequency(spells: pd.DataFrame, params: Params) -> Band:
    """Repeat order days a year: as often as after the usual gap between orders (high), at least as often as after a long one (medium)."""
    chosen = params.classes
    gaps = spells.loc[spells["is_closed"].astype(bool), ["customer_id", "order_number", "duration_days"]]
    if len(gaps) >= params.churn.min_completed_gaps:
        short, long = lifecycle.take_quantiles(gaps, (chosen.high_gap_quantile, chosen.low_gap_quantile))
        return Band("repeat_days_per_year", DAYS_OF_YEAR / max(short, 1), DAYS_OF_YEAR / max(long, 1), GAPS)
    short, long = chosen.fallback_high_gap_days, chosen.fallback_low_gap_days
    return Band("repeat_days_per_year", DAYS_OF_YEAR / short, DAYS_OF_YEAR / long, PARAMETER)
