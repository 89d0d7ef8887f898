"""Scales of tiers for resampled customers, a million of them at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments import tiers
from analysis.segments.draws import Counts, Floats, Values
from analysis.segments.standing import Standing
from analysis.segments.tiers import Part, Scale


def resample_scales(base: pd.DataFrame, draws: Iterable[Counts], params: Params) -> Iterator[Scale | None]:
    """`tiers.fit_scale` of resampled customers: the very scale that ``fit_scale(base.take(draw), params)`` gives, for each draw.

    Values are sorted once, and a draw only says how often each customer counts.

    Parameters
    ----------
    base : DataFrame
        One row a buyer of the base month.
    draws : iterable of arrays
        Positions in `base`, with repetitions.
    """
    weights = tiers.read_weights(params)
    values = {name: Values.of(tiers.measure(base, name).to_numpy(dtype=float)) for name in weights}
    for draw in draws:
        times = np.bincount(draw, minlength=len(base))
        counts = {name: each.count(times) for name, each in values.items()}
        used = {name: weights[name] for name in weights if _is_usable(counts[name], params.rfm.min_buyers)}
        whole = sum(used.values())
        parts = tuple(Part(name, weight / whole, values[name].quantiles(counts[name], tiers.GRID)) for name, weight in used.items())
        scores = _score(parts, values, len(base))[draw]
        yield tiers.cut_scale(parts, scores, len(draw), params) if parts else None


def find_near(buyers: Standing, scales: Sequence[Scale]) -> NDArray[np.bool_]:
    """Who of `buyers` may be in different tiers by different ones of `scales`: no other can be.

    A score falls where any step of a grid rises, so the highest and the lowest steps of all grids bound it. Scales that do not
    weigh the same parts tell nothing: everyone is near.
    """
    if len({tuple((part.name, part.weight) for part in scale.parts) for scale in scales}) > 1:
        return np.ones(len(buyers), dtype=bool)
    grids = [np.array([scale.parts[place].grid for scale in scales]) for place in range(len(scales[0].parts))]
    steepest, flattest = (
        tuple(Part(p.name, p.weight, tuple(take(g, axis=0))) for p, g in zip(scales[0].parts, grids, strict=True))
        for take in (np.max, np.min)
    )
    low, high = (tiers.rank(len(buyers), buyers.measures, parts) for parts in (steepest, flattest))
    is_near = np.zeros(len(buyers), dtype=bool)
    for cuts in ([scale.vip_from for scale in scales], [scale.ordinary_from for scale in scales]):
        is_near |= (low < max(cuts)) & (high >= min(cuts))
    return is_near


def _score(parts: Sequence[Part], values: dict[str, Values], size: int) -> Floats:
    """As `tiers.rank`, of all of the base month's buyers."""
    total, weight = np.zeros(size), np.zeros(size)
    for part in parts:
        known = values[part.name]
        total[known.owner] += (part.weight * known.rank(part.grid))[known.place]
        weight[known.owner] += part.weight
    mean = np.divide(total, weight, out=np.full(size, np.nan), where=weight > 0)
    return np.asarray(np.round(mean, 9), dtype=np.float64)


def _is_usable(counts: Counts, least: int) -> bool:
    return bool(counts.sum() >= least and (counts > 0).sum() > 1)
