"""One model of orders and one of amounts, fitted side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from analysis.forecast.bg_nbd import BG_NBD, MBG_NBD
from analysis.forecast.candidates import Candidate, Fitted, Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.contest import Part, stand
from analysis.forecast.counts import Counts
from analysis.forecast.gamma_gamma import FittedSpend, fit_spend
from analysis.forecast.intervals import spend_points, spend_variance
from analysis.forecast.likelihood import Estimate
from analysis.forecast.mixed import MIXED
from analysis.forecast.own_rate import OWN_RATE
from analysis.forecast.pareto_nbd import PARETO_NBD
from analysis.forecast.regular import REGULAR
from analysis.forecast.strata import Stratified
from analysis.forecast.survival import ACCELERATED, COX, CURED
from analysis.forecast.uncertainty import parameter_error
from analysis.history.past import Past, statistics
from analysis.params import ForecastParams

CANDIDATES: dict[str, Candidate] = {candidate.name: candidate for candidate in (OWN_RATE, BG_NBD, MBG_NBD, PARETO_NBD, REGULAR, MIXED)}
"""Models that a back-test compares, by name, from the simplest to the one with most to learn."""

SURVIVAL_CANDIDATES: dict[str, Candidate] = {candidate.name: candidate for candidate in (CURED, COX, ACCELERATED)}
"""Survival models of spells: about a second a fit, where those of `CANDIDATES` take a fiftieth, so that callers ask for them by name."""

COVARIATE_CANDIDATES: dict[str, Candidate] = {candidate.name: candidate for candidate in (Stratified(MBG_NBD),)}
"""Models with a covariate, for sources that give it: they show whether it pays."""

Reason = Literal["enough_customers", "few_customers", "few_repeat_customers"]
Z80 = 1.2815515655446004


@dataclass(frozen=True)
class Choice:
    """Which model forecasts, and why.

    Attributes
    ----------
    candidate : Candidate
        The model for orders.
    reason : str
        A key: `enough_customers`, `few_customers` or `few_repeat_customers`.
    count_customers, count_repeat_customers : int
        Customers with an order, and with two order days or more.
    """

    candidate: Candidate
    reason: Reason
    count_customers: int
    count_repeat_customers: int


def choose(statistics: pd.DataFrame, params: ForecastParams) -> Choice:
    """Choose the model for customers with these `statistics`; with too few of them, the own past rate (an abstention)."""
    count, repeat = len(statistics), int((statistics["x"] > 0).sum())
    if count < params.min_customers:
        return Choice(OWN_RATE, "few_customers", count, repeat)
    if repeat < params.min_repeat_customers:
        return Choice(OWN_RATE, "few_repeat_customers", count, repeat)
    return Choice(BG_NBD, "enough_customers", count, repeat)


@dataclass(frozen=True)
class Forecast:
    """A fitted model of orders and one of spend, for the same customers (`index`).

    Attributes
    ----------
    choice : Choice
        Why this model.
    orders : Fitted
        Model of orders.
    spend : FittedSpend
        Model of the amount of an order day.
    """

    choice: Choice
    orders: Fitted
    spend: FittedSpend
    index: pd.Index
    _counts: dict[float, tuple[Counts, Whole]] = field(default_factory=dict, repr=False, compare=False)

    def apply(self, past: Past, as_of: date) -> Forecast:
        """The same models, parameters held, for what `past` shows of customers at the end of `as_of` (inclusive)."""
        days = past.days(as_of)
        known = statistics(days, past.ids)
        orders = self.orders.apply(Snapshot(as_of, known, days=days.of_its_customers()))
        return replace(self, orders=orders, spend=self.spend.apply(known["x"] + 1, known["mean"]), index=known.index, _counts={})

    @property
    def name(self) -> str:
        """As in the column `model`."""
        return self.orders.name if self.choice.reason != "enough_customers" else f"{self.orders.name} + Gamma-Gamma"

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """Forecast the `horizon_days` after `as_of`: `p_order`, `expected_orders`, `expected_spend`, one row per customer."""
        table = self.orders.predict(horizon_days)
        return table.assign(expected_spend=table["expected_orders"] * self.spend.predict())

    def interval(self, horizon_days: float, share: float = 0.8) -> pd.DataFrame:
        """Central `share` of each customer's predictive distribution of spend: `spend_low`, `spend_high`, one row per customer.

        It holds what chance does to the number and the amounts of orders. It does not hold what strikes all customers
        alike (a season, a price), nor the uncertainty of the parameters.
        """
        counts, group = self._count(horizon_days)
        levels = ((1 - share) / 2, (1 + share) / 2)
        low, high = spend_points(counts, group, float(self.spend.estimate.parameters[0]), self.spend.shape, self.spend.scale, levels)
        return pd.DataFrame({"spend_low": low, "spend_high": high}, index=self.index)

    def totals(self, horizon_days: float, z: float = Z80) -> pd.DataFrame:
        """Company totals: one row each for `orders` and `spend`, columns `expected`, `low`, `high` (`z` standard errors either side).

        The interval adds up the customers' own chance, as independent; the same limits hold as for `interval`.
        """
        counts, group = self._count(horizon_days)
        variance = {
            "orders": (counts.moment(2) - counts.moment(1) ** 2)[group].sum(),
            "spend": spend_variance(counts, group, float(self.spend.estimate.parameters[0]), self.spend.shape, self.spend.scale).sum(),
        }
        expected = self.predict(horizon_days)[["expected_orders", "expected_spend"]].sum().to_numpy()
        spread = z * np.sqrt(np.array(list(variance.values())))
        low = np.maximum(expected - spread, 0.0)
        return pd.DataFrame({"total": list(variance), "expected": expected, "low": low, "high": expected + spread})

    @property
    def contest(self) -> pd.DataFrame:
        """Nothing was contested: one row per part, whose reason is that of the choice."""
        rows: tuple[tuple[Part, str], ...] = (("orders", self.orders.name), ("p_order", self.orders.name), ("spend", "Gamma-Gamma"))
        reason = "asked_for" if self.choice.reason == "enough_customers" else self.choice.reason
        return pd.concat([stand(part, "model", [name], reason) for part, name in rows], ignore_index=True)

    @property
    def estimates(self) -> dict[str, Estimate | None]:
        """Fitted parameters of the models of `orders` and `spend`."""
        return {"orders": getattr(self.orders, "estimate", None), "spend": self.spend.estimate}

    def amount(self) -> pd.Series:
        """Expected amount of each customer's order."""
        return self.spend.predict()

    def p_active(self) -> pd.DataFrame:
        """`p_active`, `p_active_low`, `p_active_high` at the end of `as_of`."""
        return self.orders.p_active()

    def parameter_error(self, horizon_days: float) -> Floats:
        """Standard error of the logarithm of expected spend, from the fitted parameters alone."""
        return parameter_error(self.orders, self.spend, horizon_days)

    def _count(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Distributions of the number of orders, kept: intervals and totals both need them."""
        if horizon_days not in self._counts:
            self._counts[horizon_days] = self.orders.counts(horizon_days)
        return self._counts[horizon_days]


def fit_snapshot(
    snapshot: Snapshot, params: ForecastParams, candidate: Candidate | None = None, spend: FittedSpend | None = None
) -> Forecast:
    """Fit the chosen model, or `candidate`, to `snapshot`; `spend` where it was fitted to the same before."""
    statistics = snapshot.statistics
    choice = choose(statistics, params)
    if candidate is not None:
        choice = Choice(candidate, choice.reason, choice.count_customers, choice.count_repeat_customers)
    return Forecast(choice, choice.candidate.fit(snapshot), spend or fit_amounts(statistics), statistics.index)


def fit_amounts(statistics: pd.DataFrame) -> FittedSpend:
    """Fit Gamma-Gamma to the amounts of all order days, the first one too.

    The literature leaves the first day out. What a one-time buyer spent is known, and a forecast that ignores it ranks
    customers worse.
    """
    return fit_spend(statistics["x"] + 1, statistics["mean"])


def named(names: Iterable[str]) -> list[Candidate]:
    """Return candidates by name, in the order given; an unknown name is refused with the known ones."""
    known = CANDIDATES | COVARIATE_CANDIDATES | SURVIVAL_CANDIDATES
    names = list(names)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"no forecast model is called {unknown[0]!r}; known: {', '.join(known)}")
    return [known[name] for name in names]
