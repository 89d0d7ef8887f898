"""What clusters are told apart by: how buyers buy, as far as it is more than the chance of few orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.segments.cluster_scales import FAINT, Scale, fit_scale
from analysis.segments.tiers import DAYS_OF_YEAR

Floats = npt.NDArray[np.float64]

PACE = "order_days_per_year"
FEATURES = (PACE, "gap_variation", "spend_typical", "units_per_order", "lines_per_order", "discounted_share")
"""In the order in which they are shown: how buyers buy, and nothing of whether they still do. Silence and age pass by themselves, and a
cluster made of silence could not be asked whether its customers fall silent; contacts are mostly the company's doing."""
LOGS = ("gap_variation", "spend_typical", "units_per_order", "lines_per_order")
"""Averaged as logarithms."""
RATES = (PACE, "discounted_share")

MIN_GAPS = 3
"""Completed gaps that say how regular a customer is."""
LEAST_VARIATION = 0.05
"""A customer who orders by the calendar is no more regular than this; a logarithm needs a floor."""
VARIATION_NOISE = 0.6
"""Variance of the logarithm of a coefficient of variation, times the gaps that it is made of: simulated gamma gaps of shapes 1 to 5 have
0.55 to 0.75 with 3 to 20 gaps."""
WHOLE = 10_000.0
"""Logarithms of amounts are rounded to a part of so many."""
CLIP = 3.0
"""Standard deviations beyond which a customer counts as no further away: one eccentric makes no cluster."""


@dataclass(frozen=True)
class Behaviour:
    """How the buyers of one date buy; every table has one row a buyer, index `customer_id`, sorted, columns `FEATURES`.

    Attributes
    ----------
    shown : DataFrame
        What each buyer showed, missing where nothing is known: order days a year while buying (after the first one, by the time from
        the first to the last order and the silence since, which counts up to the mean gap of all: a longer one may be an end);
        standard deviation of completed gaps over their mean (at least three of them); typical (geometric mean) spend of an order day
        in source currency, units and lines of an order; share of orders with a discount.
    evidence : DataFrame
        What that rests on: years, gaps, order days or orders. 0 where it is missing.
    noise : Series
        By feature: variance of one piece of evidence around what is usual for its customer, pooled over all buyers.
    """

    shown: pd.DataFrame
    evidence: pd.DataFrame
    noise: pd.Series

    def __len__(self) -> int:
        return len(self.shown)

    @property
    def index(self) -> pd.Index:
        """Ids of the buyers."""
        return self.shown.index

    def take(self, positions: npt.NDArray[np.intp]) -> Behaviour:
        """The same of some of the buyers."""
        return Behaviour(self.shown.iloc[positions], self.evidence.iloc[positions], self.noise)


def describe_buyers(customers: pd.DataFrame, spells: pd.DataFrame, baskets: pd.DataFrame) -> Behaviour:
    """Behaviour of every customer with an order.

    Parameters
    ----------
    customers, spells, baskets : DataFrame
        One row a customer, one a spell, one a customer with a sale, as of one date (contracts `customers` and `spells`;
        `history.baskets.build_baskets`).
    """
    buyers = customers[customers["count_order_days"] > 0].sort_values("customer_id", kind="stable")
    ids = pd.Index(buyers["customer_id"], name="customer_id")
    orders, span, silent = (_floats(buyers[name]) for name in ("count_order_days", "days_first_to_last_order", "days_since_last_order"))
    found = {
        PACE: _rate_pace(orders, span, silent),
        "gap_variation": _vary(ids, spells),
        "spend_typical": _mean_spend(ids, spells),
        **_read_baskets(baskets.set_index("customer_id").reindex(ids)),
    }
    shown, evidence = (pd.DataFrame({name: found[name][part] for name in FEATURES}, index=ids) for part in (0, 1))
    # unknown beside its evidence, known without it: neither can be weighed
    evidence = evidence.where(shown.notna(), 0.0).fillna(0.0)
    return Behaviour(shown.where(evidence > 0), evidence, pd.Series({name: found[name][2] for name in FEATURES}))


def fit_scales(behaviour: Behaviour, min_known: float) -> tuple[tuple[Scale, ...], dict[str, str]]:
    """Scales of the features that tell buyers apart, and why others are left out (`unknown`, `alike`, `chance`).

    A feature known of less than `min_known` of the buyers is left out: it would tell apart of whom it is known. So is one whose
    differences are hardly larger than chance alone would make them.
    """
    scales: list[Scale] = []
    unused: dict[str, str] = {}
    for name in FEATURES:
        values, evidence = behaviour.shown[name].to_numpy(), behaviour.evidence[name].to_numpy()
        known = values[~np.isnan(values)]
        if len(known) < max(min_known * len(values), 2):
            unused[name] = "unknown"
        elif known.max() - known.min() <= FAINT * max(1.0, abs(float(known.max()))):
            unused[name] = "alike"
        else:
            found = fit_scale(name, values, evidence, float(behaviour.noise[name]), name in LOGS, name in RATES)
            if found is None:
                unused[name] = "chance"
            else:
                scales.append(found)
    return tuple(scales), unused


def scale(behaviour: Behaviour, scales: tuple[Scale, ...]) -> Floats:
    """`behaviour` around the base month's mean, a column for each of `scales`; what is unknown is the mean.

    Differences count as far as they are more than chance: the variance of a column in the base month is its `reliability`.
    """
    columns = [
        np.clip(one.move(behaviour.shown[one.feature].to_numpy(), behaviour.evidence[one.feature].to_numpy()), -CLIP, CLIP)
        for one in scales
    ]
    table = np.column_stack(columns) if columns else np.empty((len(behaviour), 0))
    # Rounded, so that the last bit of a float does not decide between two clusters.
    return np.asarray(np.round(table, 9), dtype=np.float64)


def sample(ids: pd.Index, size: int) -> npt.NDArray[np.intp]:
    """Positions, ascending, of at most `size` customers, chosen by a hash of their ids."""
    if len(ids) <= size:
        return np.arange(len(ids))
    hashed = pd.util.hash_array(ids.to_numpy(dtype=object))
    return np.sort(np.lexsort((np.arange(len(ids)), hashed))[:size])


def _rate_pace(orders: Floats, span: Floats, silent: Floats) -> tuple[Floats, Floats, float]:
    """Order days a year while buying; their number is as random as that of a Poisson process of the pooled pace."""
    again = orders - 1.0
    mean_gap = float(span.sum() / again.sum()) if again.sum() > 0 else 0.0
    years = (span + np.minimum(silent, mean_gap)) / DAYS_OF_YEAR
    pooled = float(again.sum() / years.sum()) if years.sum() > 0 else 0.0
    return _divide(again, years), years, pooled


def _vary(ids: pd.Index, spells: pd.DataFrame) -> tuple[Floats, Floats, float]:
    """Coefficient of variation of completed gaps."""
    closed = spells[spells["is_closed"].to_numpy(dtype=bool)]
    count, total, squares = _sum(ids, closed["customer_id"], closed["duration_days"].to_numpy(dtype=np.float64))
    is_told = (count >= MIN_GAPS) & (total > 0)
    # whole days sum exactly in any order, so that this difference does too
    variance = np.divide(squares * count - total**2, count * (count - 1.0), out=np.full(len(ids), np.nan), where=is_told)
    variation = np.sqrt(np.maximum(variance, 0.0)) * _divide(count, total)
    return np.maximum(variation, LEAST_VARIATION), np.where(is_told, count, 0.0), VARIATION_NOISE


def _mean_spend(ids: pd.Index, spells: pd.DataFrame) -> tuple[Floats, Floats, float]:
    amounts = spells["amount"].to_numpy(dtype=np.float64)
    paid = amounts > 0
    # whole numbers sum exactly in any order
    logs = np.round(np.log(amounts[paid]) * WHOLE)
    count, total, squares = _sum(ids, spells["customer_id"][paid], logs)
    mean = _divide(total, count)
    within = float((squares - np.nan_to_num(mean) * total).sum() / max((count - 1.0)[count > 0].sum(), 1.0))
    return np.exp(mean / WHOLE), count, max(within, 0.0) / WHOLE**2


def _read_baskets(baskets: pd.DataFrame) -> dict[str, tuple[Floats, Floats, float]]:
    orders, discounted = (np.nan_to_num(_floats(baskets[name])) for name in ("count_sales", "count_discounted"))
    share = np.where(baskets["count_discounted"].notna(), _divide(discounted, orders), np.nan)
    within = float(np.nansum(orders * share * (1.0 - share)) / max(np.maximum(orders - 1.0, 0.0).sum(), 1.0))
    found = {"discounted_share": (share, orders, within)}
    for name, count in (("units", np.nan_to_num(_floats(baskets["units_count"]))), ("lines", orders)):
        mean, squares = (_floats(baskets[f"{name}_{kind}"]) for kind in ("mean", "squares"))
        free = max(np.maximum(count - 1.0, 0.0).sum(), 1.0)
        found[f"{name}_per_order"] = (np.exp(mean), count, float(np.nansum(squares) / free))
    return found


def _sum(ids: pd.Index, who: pd.Series, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Count, sum and sum of squares of each customer's values."""
    at = ids.get_indexer(pd.Index(who))
    is_here = at >= 0
    at, values = at[is_here], values[is_here]
    count, total, squares = (np.bincount(at, weights=weight, minlength=len(ids)) for weight in (None, values, values**2))
    return count.astype(np.float64), total.astype(np.float64), squares.astype(np.float64)


def _divide(above: Floats, below: Floats) -> Floats:
    """The quotient; missing where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0), dtype=np.float64)


def _floats(column: pd.Series) -> Floats:
    return column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
