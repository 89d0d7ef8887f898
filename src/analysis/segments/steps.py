"""Each cut-off moved by one step: who would be in another class (requirement X7, beside the resampling of `flips`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments import lifecycle, rfm, tiers
from analysis.segments.base import Cutoffs
from analysis.segments.rfm import Edges
from analysis.segments.standing import Measured, Places

COLUMNS = ["scheme", "measure", "share", "lower", "cutoff", "higher", "count_lower", "count_higher"]


class _Move(NamedTuple):
    """A cut-off at another place: which one it is, where it lay and lies, and all cut-offs with it moved."""

    scheme: str
    measure: str
    share: float
    is_higher: bool
    held: float
    moved: float
    cutoffs: Cutoffs


def step_cutoffs(measured: Measured, params: Params) -> pd.DataFrame:
    """Count the buyers who would be in another class if one cut-off lay one step further down or up.

    Parameters
    ----------
    measured : Measured
        A step is `params.movement.cutoff_step` of the base month's buyers: a cut-off that has 40 % of them at or below it is set
        where 40 % less the step are, and where 40 % and the step are.

    Returns
    -------
    DataFrame
        One row a cut-off: `scheme` (``rfm_segment``, ``tier``, ``lifecycle_stage``), `measure` it cuts (in days, order days, source
        currency or score), `share` of the base month's buyers (of gaps, for silence) at or below it, `lower, cutoff, higher` (its
        value one step down, in use, one step up: equal where so many share one value that a step leads nowhere), `count_lower,
        count_higher` (buyers whose class changes). Silence limits of all stages of the order count move together; their values
        are those of the first stage. Exact counts, no estimate.
    """
    if measured.buyers.empty or measured.base.empty:
        return pd.DataFrame(columns=COLUMNS)
    cutoffs, base = measured.cutoffs, measured.base
    now: dict[str, Places] = {}
    rows: dict[tuple[str, str, float], dict[str, float | str]] = {}
    moves = (*_move_edges(base, cutoffs, params), *_move_tiers(base, cutoffs, params), *_move_limits(measured.base_spells, cutoffs, params))
    for move in moves:
        if move.scheme not in now:
            now[move.scheme] = measured.standing.find(move.scheme, cutoffs, params)
        side = "higher" if move.is_higher else "lower"
        key = (move.scheme, move.measure, move.share)
        row = rows.setdefault(key, {"scheme": move.scheme, "measure": move.measure, "share": move.share, "cutoff": move.held})
        row[side] = move.moved
        row[f"count_{side}"] = int((measured.standing.find(move.scheme, move.cutoffs, params) != now[move.scheme]).sum())
    table = pd.DataFrame(list(rows.values()), columns=COLUMNS)
    return table.astype({"count_lower": "int64", "count_higher": "int64"})


def _move_edges(base: pd.DataFrame, cutoffs: Cutoffs, params: Params) -> Iterator[_Move]:
    if cutoffs.rfm is None:
        return
    for name in Edges.__dataclass_fields__:
        edges = getattr(cutoffs.rfm, name)
        for place, share in enumerate(rfm.FIFTHS):
            for step in (-params.movement.cutoff_step, params.movement.cutoff_step):
                (moved,) = rfm.lower_quantiles(base[name], (_shift(share, step),))
                moved_edges = dataclasses.replace(cutoffs.rfm, **{name: (*edges[:place], moved, *edges[place + 1 :])})
                yield _Move("rfm_segment", name, share, step > 0, edges[place], moved, dataclasses.replace(cutoffs, rfm=moved_edges))


def _move_tiers(base: pd.DataFrame, cutoffs: Cutoffs, params: Params) -> Iterator[_Move]:
    if cutoffs.tiers is None:
        return
    scores = tiers.score(base, cutoffs.tiers.parts).dropna()
    vip = 1 - params.tiers.vip_share
    for name, share in (("vip_from", vip), ("ordinary_from", vip - params.tiers.ordinary_share)):
        for step in (-params.movement.cutoff_step, params.movement.cutoff_step):
            (moved,) = rfm.lower_quantiles(scores, (_shift(share, step),))
            changed: dict[str, Any] = {name: moved}
            scale = dataclasses.replace(cutoffs.tiers, **changed)
            yield _Move(
                "tier",
                "tier_score",
                round(share, 6),
                step > 0,
                getattr(cutoffs.tiers, name),
                moved,
                dataclasses.replace(cutoffs, tiers=scale),
            )


def _move_limits(base_spells: pd.DataFrame, cutoffs: Cutoffs, params: Params) -> Iterator[_Move]:
    closed = base_spells[base_spells["is_closed"].astype(bool)]
    if any(limit.basis == lifecycle.FALLBACK for limit in cutoffs.lifecycle) or closed.empty:
        return
    starts = params.lifecycle.gap_stages
    place = np.searchsorted(starts, closed["order_number"].to_numpy(dtype=float), side="right") - 1
    for name, share in (("dormant_days", params.lifecycle.dormant_quantile), ("lost_days", params.churn.lapse_quantile)):
        for step in (-params.movement.cutoff_step, params.movement.cutoff_step):
            limits = []
            for number, limit in enumerate(cutoffs.lifecycle):
                gaps = closed[place == number] if limit.basis == lifecycle.OWN else closed
                (moved,) = lifecycle.take_quantiles(gaps, [_shift(share, step)])
                changed: dict[str, Any] = {name: moved}
                limits.append(dataclasses.replace(limit, **changed))
            held = getattr(cutoffs.lifecycle[0], name)
            yield _Move(
                "lifecycle_stage",
                "days_of_silence",
                share,
                step > 0,
                held,
                getattr(limits[0], name),
                dataclasses.replace(cutoffs, lifecycle=tuple(limits)),
            )


def _shift(share: float, step: float) -> float:
    # Rounded, so that the last bit of a float does not reach for the next customer's value.
    return min(1.0, max(0.0, round(share + step, 9)))
