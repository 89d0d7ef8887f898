"""VIP, ordinary and potential customers: one score over frequency, amount, interaction and satisfaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments.rfm import NOT_ENOUGH_DATA, lower_quantiles

Floats = NDArray[np.float64]

VIP, ORDINARY, POTENTIAL = "vip", "ordinary", "potential"
TIERS = (VIP, ORDINARY, POTENTIAL)
LABELS = (*TIERS, NOT_ENOUGH_DATA)
"""Every label that `assign` gives."""

MEASURES = {
    "frequency": "count_order_days",
    "amount": "spend_total",
    "interaction": "count_interactions",
    "satisfaction": "satisfaction",
}
"""Parts of the score and the column of `customers` that each reads."""

YEARLY = ("frequency", "amount", "interaction")
"""Parts that count what adds up over time: taken per year since the first order. Lifetime totals only grow, and a VIP of
long ago would stay one for ever."""

DAYS_OF_YEAR = 365.25

GRID = tuple(step / 100 for step in range(101))
"""Shares of the base month's buyers at which a part is ranked."""


@dataclass(frozen=True)
class Part:
    """One part of the score.

    Attributes
    ----------
    name : str
        A key of `MEASURES`.
    weight : float
        Its weight; those of all parts used sum to 1.
    grid : tuple of float
        The 0 to 100 % quantiles of the measure among the base month's buyers: against these a customer is ranked.
    """

    name: str
    weight: float
    grid: tuple[float, ...]


@dataclass(frozen=True)
class Scale:
    """The score's parts and the lowest score of a VIP and of an ordinary customer, all as of the base month."""

    parts: tuple[Part, ...]
    vip_from: float
    ordinary_from: float


def fit_scale(buyers: pd.DataFrame, params: Params) -> Scale | None:
    """Fit the scale on which tiers are cut to the base month's buyers; None where no part tells them apart.

    A part is used where at least `params.rfm.min_buyers` buyers have the measure and it is not the same for all of
    them; weights are rescaled over the parts used. `vip_share` of the buyers, by score, are VIP, the next
    `ordinary_share` ordinary; buyers with the same score stay together, so the shares are met from above.
    """
    least = params.rfm.min_buyers
    used = {name: weight for name, weight in read_weights(params).items() if _is_usable(measure(buyers, name), least)}
    if not used:
        return None
    whole = sum(used.values())
    parts = tuple(Part(name, weight / whole, lower_quantiles(measure(buyers, name).dropna(), GRID)) for name, weight in used.items())
    return cut_scale(parts, score(buyers, parts).to_numpy(), len(buyers), params)


def read_weights(params: Params) -> dict[str, float]:
    """Weights of the parts that are to count, before they are rescaled."""
    weights: dict[str, float] = {name: getattr(params.tiers, f"weight_{name}") for name in MEASURES}
    return {name: weight for name, weight in weights.items() if weight > 0}


def cut_scale(parts: tuple[Part, ...], scores: NDArray[np.float64], count: int, params: Params) -> Scale:
    """The scale of `parts` with the scores from which on `count` buyers, who have `scores`, are VIP and ordinary."""
    vip = max(1, round(params.tiers.vip_share * count))
    ordinary = max(vip, round((params.tiers.vip_share + params.tiers.ordinary_share) * count))
    ordered = np.sort(scores[~np.isnan(scores)])
    return Scale(parts, _nth_highest(ordered, vip), _nth_highest(ordered, min(ordinary, count)))


def measure(customers: pd.DataFrame, name: str) -> pd.Series:
    """Read a part of the score (a key of `MEASURES`) of each customer; missing where it is not known.

    The parts in `YEARLY` are per year since the first order, whose first year counts whole: two orders in the first week
    are two a year. Customers without an order have no such rate.
    """
    column = MEASURES[name]
    if column not in customers.columns:
        return pd.Series(np.nan, index=customers.index)
    values = customers[column].to_numpy(dtype=float, na_value=np.nan)
    if name in YEARLY:
        values = values / np.maximum(customers["days_as_customer"].to_numpy(dtype=float, na_value=np.nan) / DAYS_OF_YEAR, 1.0)
    return pd.Series(values, index=customers.index)


def score(customers: pd.DataFrame, parts: tuple[Part, ...]) -> pd.Series:
    """Weighted mean percentile rank, 0 to 1, of each customer among the base month's buyers.

    The rank of a value is the share of base buyers below it plus half the share with the same value, to one percent. A
    part that is not known of a customer (no survey answered) is left out of that customer's mean: silence is neither
    praise nor complaint.
    """
    return pd.Series(rank(len(customers), {part.name: measure(customers, part.name).to_numpy() for part in parts}, parts), customers.index)


def rank(size: int, values: Mapping[str, Floats], parts: Sequence[Part]) -> Floats:
    """`score` of `size` customers from the `values` of each part's measure (see `measure`)."""
    total, weight = np.zeros(size), np.zeros(size)
    for part in parts:
        own, grid = values[part.name], np.asarray(part.grid)
        place = (np.searchsorted(grid, own, side="left") + np.searchsorted(grid, own, side="right")) / (2 * len(grid))
        is_known = ~np.isnan(own)
        total += np.where(is_known, part.weight * place, 0.0)
        weight += np.where(is_known, part.weight, 0.0)
    # Rounded, so that the last bit of a float does not decide on which side of a cut-off a customer stands.
    return np.round(np.divide(total, weight, out=np.full(size, np.nan), where=weight > 0), 9)


def assign(customers: pd.DataFrame, scale: Scale | None) -> pd.DataFrame:
    """Tier and score of every customer.

    Returns
    -------
    DataFrame
        Same index: `tier_score` (0 to 1; missing without an order) and `tier`. Customers without an order are
        ``potential``; buyers are ``not_enough_data`` without a `scale` (too few of them in the base month), or where no part
        of the score is known of them.
    """
    is_buyer = (customers["count_order_days"] > 0).to_numpy()
    if scale is None:
        return pd.DataFrame({"tier_score": np.nan, "tier": np.where(is_buyer, NOT_ENOUGH_DATA, POTENTIAL)}, index=customers.index)
    scores = score(customers, scale.parts).where(is_buyer)
    tiers = _cut(scores, scale.vip_from, scale.ordinary_from).where(is_buyer, POTENTIAL)
    return pd.DataFrame({"tier_score": scores, "tier": tiers}, index=customers.index)


def weigh_again(customers: pd.DataFrame, scale: Scale | None, step: float = 0.1) -> pd.DataFrame:
    """How much the tiers depend on the weights (requirement A12): each weight moved up and down by `step`.

    Parameters
    ----------
    customers : DataFrame
        One row a customer; those without an order are left out.
    scale : Scale or None
        The scale in use.
    step : float
        Added to and taken from one weight at a time (not below 0 nor above 1); the others share what remains in proportion.

    Returns
    -------
    DataFrame
        One row a part and direction: `part, weight, weight_moved, count_buyers, count_changed, share_changed` (of buyers
        whose tier changes), `rank_correlation` (Spearman's, of the scores before and after), `count_vip, count_vip_left` (VIPs of
        today, and those who would no longer be). As many VIP
        and ordinary customers are cut as today, so that only the order of customers decides. Exact counts, no estimate.
    """
    columns = ["part", "weight", "weight_moved", "count_buyers", "count_changed", "share_changed"]
    columns += ["rank_correlation", "count_vip", "count_vip_left"]
    buyers = customers[customers["count_order_days"] > 0]
    if scale is None or buyers.empty:
        return pd.DataFrame(columns=columns)
    assigned = assign(buyers, scale)
    now, ranks = assigned["tier"], assigned["tier_score"].rank()
    count_vip, count_ordinary = int((now == VIP).sum()), int((now == ORDINARY).sum())
    rows = []
    for part in scale.parts:
        for moved in (max(0.0, part.weight - step), min(1.0, part.weight + step)):
            scores = score(buyers, _reweighted(scale.parts, part.name, moved))
            ordered = np.sort(scores.dropna().to_numpy())
            tiers = _cut(scores, _nth_highest(ordered, count_vip), _nth_highest(ordered, count_vip + count_ordinary))
            changed, left = int((tiers != now).sum()), int(((now == VIP) & (tiers != VIP)).sum())
            kept = float(ranks.corr(scores.rank()))
            rows.append((part.name, part.weight, moved, len(buyers), changed, changed / len(buyers), kept, count_vip, left))
    return pd.DataFrame(rows, columns=columns)


def _reweighted(parts: tuple[Part, ...], name: str, weight: float) -> tuple[Part, ...]:
    rest = sum(part.weight for part in parts if part.name != name)
    scale = (1 - weight) / rest if rest else 0.0
    return tuple(Part(p.name, (weight if p.name == name else p.weight * scale) if rest else p.weight, p.grid) for p in parts)


def _cut(scores: pd.Series, vip_from: float, ordinary_from: float) -> pd.Series:
    return pd.Series(np.array(LABELS, dtype=object)[place_tiers(scores.to_numpy(), vip_from, ordinary_from)], index=scores.index)


def place_tiers(scores: Floats, vip_from: float, ordinary_from: float) -> NDArray[np.signedinteger[Any]]:
    """Position in `LABELS` of the tier of each score; a missing score is not enough data."""
    return np.where(np.isnan(scores), 3, 2 - (scores >= ordinary_from) - (scores >= vip_from).astype(int))


def _nth_highest(ordered: NDArray[np.float64], n: int) -> float:
    """The n-th highest of ascending scores (the lowest, if they are fewer); above all of them for n = 0."""
    return float(ordered[-min(n, len(ordered))]) if n and len(ordered) else float("inf")


def _is_usable(values: pd.Series, min_buyers: int) -> bool:
    known = values.dropna()
    return len(known) >= min_buyers and bool((known != known.iloc[0]).any())
