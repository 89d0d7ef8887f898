"""Customers on a border: how often another sample of the base month's customers would have classed them otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments import lifecycle, maps, rfm
from analysis.segments.draws import Counts, Draws, Values
from analysis.segments.lifecycle import Limit
from analysis.segments.rfm import Edges
from analysis.segments.standing import SCHEMES, Measured, Places, Standing, labels_of
from analysis.segments.summary import classes
from analysis.segments.tier_draws import find_near, resample_scales

COLUMNS = ["customer_id", "scheme", "class", "other_class", "flip_probability"]
Held = TypeVar("Held")


def estimate_flips(measured: Measured, params: Params) -> pd.DataFrame:
    """Probability that a customer is in another class by the cut-offs of a resampled base month (requirement X7).

    Parameters
    ----------
    measured : Measured
        The base month's buyers are drawn with replacement, as many as they are, `params.movement.flip_samples` times, each with
        all of their orders (Efron 1979); every draw sets cut-offs of its own.

    Returns
    -------
    DataFrame
        One row a buyer and scheme whose class changes in at least one draw, by customer and scheme: `customer_id, scheme, class,
        other_class` (the most frequent of the others), `flip_probability` (share of draws; its own standard error is at most
        0.5 / sqrt(draws)). A class that rests on no fitted cut-off (a prospect; ``not_enough_data``) never flips.
    """
    if measured.buyers.empty or measured.base.empty:
        return pd.DataFrame(columns=COLUMNS)
    draws = Draws(params.movement.seed, params.movement.flip_samples, len(measured.base))
    parts = [flip(measured, draws, params) for flip in (_flip_segments, _flip_tiers, _flip_stages)]
    found = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)
    return found.sort_values(["customer_id", "scheme"], kind="stable").reset_index(drop=True)[COLUMNS]


def count_borderline(flips: pd.DataFrame, segments: pd.DataFrame, threshold: float, schemes: Sequence[str] = SCHEMES) -> pd.DataFrame:
    """Customers on a border by scheme and class.

    Returns
    -------
    DataFrame
        One row a scheme and class with a customer: `scheme, class, count_customers, count_borderline` (flip probability of at
        least `threshold`), `share_borderline, expected_flips` (sum of the flip probabilities: customers whom a typical
        other sample would class otherwise).
    """
    tables = []
    for scheme in schemes:
        counts = segments[scheme].value_counts()
        own = flips[flips["scheme"] == scheme]
        near = own[own["flip_probability"] >= threshold].groupby("class").size()
        expected = own.groupby("class")["flip_probability"].sum()
        order = [label for label in classes(scheme) if counts.get(label, 0)]
        table = pd.DataFrame({"scheme": scheme, "class": order})
        table["count_customers"] = table["class"].map(counts).astype("int64")
        table["count_borderline"] = table["class"].map(near).fillna(0).astype("int64")
        table["share_borderline"] = table["count_borderline"] / table["count_customers"]
        table["expected_flips"] = table["class"].map(expected).astype(float).fillna(0.0)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def list_borderline(flips: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Rows of `flips` at or above `threshold`, the likeliest to flip first."""
    near = flips[flips["flip_probability"] >= threshold]
    return near.sort_values(["flip_probability", "customer_id", "scheme"], ascending=[False, True, True], kind="stable").reset_index(
        drop=True
    )


def resample_limits(base_spells: pd.DataFrame, base_ids: pd.Index, draws: Iterable[Counts], params: Params) -> list[tuple[Limit, ...]]:
    """`lifecycle.fit_limits` of resampled customers: one set of silence limits a row of `draws` (positions in `base_ids`)."""
    closed = base_spells[base_spells["is_closed"].astype(bool)]
    owner = base_ids.get_indexer(pd.Index(closed["customer_id"]))
    duration = closed["duration_days"].to_numpy(dtype=np.int64)
    starts = params.lifecycle.gap_stages
    stage = np.searchsorted(starts, closed["order_number"].to_numpy(dtype=float), side="right") - 1
    shares = np.array([params.lifecycle.dormant_quantile, params.churn.lapse_quantile])
    every = _Gaps.of(owner, duration)
    own = [_Gaps.of(owner[stage == number], duration[stage == number]) for number in range(len(starts))]
    lapse, least = params.churn.fallback_lapse_days, params.churn.min_completed_gaps
    fallback = (min(params.lifecycle.fallback_dormant_days, lapse), lapse)
    found = []
    for draw in draws:
        times = np.bincount(draw, minlength=len(base_ids))
        is_enough = every.count(times) >= least
        limits = []
        for start, gaps in zip(starts, own, strict=True):
            count = gaps.count(times)
            dormant, lost = fallback if not is_enough else (gaps if count >= least else every).quantiles(times, shares)
            basis = lifecycle.FALLBACK if not is_enough else lifecycle.OWN if count >= least else lifecycle.POOLED
            limits.append(Limit(start, dormant, lost, count, basis))
        found.append(tuple(limits))
    return found


@dataclasses.dataclass(frozen=True)
class _Gaps:
    """Completed gaps by length: whose each is, and how many that customer has."""

    owner: Counts
    duration: Counts
    per_owner: Counts

    @classmethod
    def of(cls, owner: Counts, duration: Counts) -> _Gaps:
        order = np.lexsort((owner, duration))
        owner = owner[order]
        return cls(owner, duration[order], np.bincount(owner, minlength=owner.max() + 1 if len(owner) else 0)[owner])

    def count(self, times: Counts) -> int:
        return int(times[self.owner].sum())

    def quantiles(self, times: Counts, shares: NDArray[np.float64]) -> tuple[int, int]:
        reached = np.cumsum(times[self.owner] / self.per_owner)
        place = np.searchsorted(reached / reached[-1], shares - 1e-12)
        dormant, lost = self.duration[np.minimum(place, len(self.duration) - 1)]
        return int(dormant), int(lost)


def _flip_segments(measured: Measured, draws: Iterable[Counts], params: Params) -> pd.DataFrame:
    cutoffs, buyers = measured.cutoffs, measured.standing
    if cutoffs.rfm is None:
        return pd.DataFrame(columns=COLUMNS)
    names = list(Edges.__dataclass_fields__)
    values = {name: Values.of(measured.base[name].to_numpy(dtype=float)) for name in names}
    edges = []
    for draw in draws:
        times = np.bincount(draw, minlength=len(measured.base))
        edges.append(Edges(**{name: known.quantiles(known.count(times), rfm.FIFTHS) for name, known in values.items()}))
    # Only who lies between the lowest and the highest place of an edge can change sides.
    is_near = np.zeros(len(buyers), dtype=bool)
    for name in names:
        places = np.array([getattr(each, name) for each in edges])
        is_near |= _crosses(getattr(buyers, name), places.min(axis=0), places.max(axis=0))

    def find(near: Standing, edge: Edges) -> Places:
        return near.find_segments(maps.ELEVEN, dataclasses.replace(cutoffs, rfm=edge), params)

    return _tell("rfm_segment", measured, is_near, find, cutoffs.rfm, edges)


def _flip_tiers(measured: Measured, draws: Iterable[Counts], params: Params) -> pd.DataFrame:
    held = measured.cutoffs.tiers
    if held is None:
        return pd.DataFrame(columns=COLUMNS)
    scales = [scale for scale in resample_scales(measured.base, draws, params) if scale is not None]
    return _tell("tier", measured, find_near(measured.standing, [held, *scales]), Standing.find_tiers, held, scales)


def _flip_stages(measured: Measured, draws: Iterable[Counts], params: Params) -> pd.DataFrame:
    held, buyers = measured.cutoffs.lifecycle, measured.standing
    limits = resample_limits(measured.base_spells, pd.Index(measured.base["customer_id"]), draws, params)
    orders, silent, gap = buyers.count_order_days, buyers.days_since_last_order, buyers.last_gap_days
    starts = [limit.from_order for limit in held]
    is_near = np.zeros(len(buyers), dtype=bool)
    for name, values, numbers in (("dormant_days", silent, orders), ("lost_days", silent, orders), ("lost_days", gap, orders - 1)):
        days = np.array([[getattr(limit, name) for limit in each] for each in limits])
        stage = (np.searchsorted(starts, numbers, side="right") - 1).clip(0)
        is_near |= (values > days.min(axis=0)[stage]) != (values > days.max(axis=0)[stage])

    def find(near: Standing, drawn: tuple[Limit, ...]) -> Places:
        return near.find_stages(drawn, params)

    return _tell("lifecycle_stage", measured, is_near, find, held, limits)


def _tell(
    scheme: str,
    measured: Measured,
    is_near: NDArray[np.bool_],
    find: Callable[[Standing, Held], Places],
    held: Held,
    drawn: Sequence[Held],
) -> pd.DataFrame:
    """Count over `drawn` cut-offs how often each of those near one is in which class."""
    if not is_near.any() or not drawn:
        return pd.DataFrame(columns=COLUMNS)
    near, labels = measured.standing.take(is_near), labels_of(scheme)
    rows, now = np.arange(len(near)), find(near, held)
    times = np.zeros((len(near), len(labels)), dtype=np.int64)
    for each in drawn:
        times[rows, find(near, each)] += 1
    kept = times[rows, now]
    times[rows, now] = 0
    table = pd.DataFrame(
        {
            "customer_id": measured.buyers["customer_id"].to_numpy()[is_near],
            "scheme": scheme,
            "class": labels[now],
            "other_class": labels[times.argmax(axis=1)],
            "flip_probability": 1 - kept / len(drawn),
        }
    )
    return table[kept < len(drawn)]


def _crosses(values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.searchsorted(np.sort(low), values, side="left") != np.searchsorted(np.sort(high), values, side="left"))
