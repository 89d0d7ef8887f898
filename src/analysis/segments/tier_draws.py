"""Scales of tiers for resampled customers, a million of them at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments import tiers
from analysis.segments.tiers import Part, Scale

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


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
    values = {name: _Values.of(tiers.measure(base, name).to_numpy(dtype=float)) for name in weights}
    for draw in draws:
        times = np.bincount(draw, minlength=len(base))
        counts = {name: each.count(times) for name, each in values.items()}
        used = {name: weights[name] for name in weights if _is_usable(counts[name], params.rfm.min_buyers)}
        whole = sum(used.values())
        parts = tuple(Part(name, weight / whole, values[name].quantiles(counts[name])) for name, weight in used.items())
        scores = _score(parts, values, len(base))[draw]
        yield tiers.cut_scale(parts, scores, len(draw), params) if parts else None


def find_near(buyers: pd.DataFrame, scales: Sequence[Scale]) -> NDArray[np.bool_]:
    """Who of `buyers` may be in different tiers by different ones of `scales`: no other can be.

    A score falls where any step of a grid rises, so the highest and the lowest steps of all grids bound it. Scales that do not
    weigh the same parts tell nothing: everyone is near.
    """
    if len({tuple((part.name, part.weight) for part in scale.parts) for scale in scales}) > 1:
        return np.ones(len(buyers), dtype=bool)
    grids = [np.array([scale.parts[place].grid for scale in scales]) for place in range(len(scales[0].parts))]
    low, high = (
        tiers.score(buyers, tuple(Part(p.name, p.weight, tuple(take(g, axis=0))) for p, g in zip(scales[0].parts, grids, strict=True)))
        for take in (np.max, np.min)
    )
    is_near = np.zeros(len(buyers), dtype=bool)
    for cuts in ([scale.vip_from for scale in scales], [scale.ordinary_from for scale in scales]):
        is_near |= ((low < max(cuts)) & (high >= min(cuts))).to_numpy()
    return is_near


@dataclass(frozen=True)
class _Values:
    """A measure: its different values, ascending; whose is known, and the place of each such value."""

    different: Floats
    owner: Counts
    place: Counts

    @classmethod
    def of(cls, values: Floats) -> _Values:
        owner = np.flatnonzero(~np.isnan(values))
        different, place = np.unique(values[owner], return_inverse=True)
        return cls(different, owner, place)

    def count(self, times: Counts) -> Counts:
        """How often each value occurs in a draw."""
        return np.bincount(self.place, weights=times[self.owner], minlength=len(self.different)).astype(np.int64)

    def quantiles(self, counts: Counts) -> tuple[float, ...]:
        """As `rfm.lower_quantiles`, which takes numpy's inverted distribution function."""
        reached = np.cumsum(counts)
        nth = np.maximum(np.ceil(reached[-1] * np.array(tiers.GRID) - 1), 0)
        return tuple(self.different[np.searchsorted(reached, nth, side="right")].tolist())

    def rank(self, grid: tuple[float, ...]) -> Floats:
        """Rank of each different value on a grid, as in `tiers.score`."""
        below, reached = (
            np.bincount(np.searchsorted(self.different, grid, side=side), minlength=len(self.different) + 1)[:-1].cumsum()
            for side in ("right", "left")
        )
        return np.asarray((below + reached) / (2 * len(grid)), dtype=np.float64)


def _score(parts: Sequence[Part], values: dict[str, _Values], size: int) -> Floats:
    """As `tiers.score`, of all of the base month's buyers."""
    total, weight = np.zeros(size), np.zeros(size)
    for part in parts:
        known = values[part.name]
        total[known.owner] += (part.weight * known.rank(part.grid))[known.place]
        weight[known.owner] += part.weight
    mean = np.divide(total, weight, out=np.full(size, np.nan), where=weight > 0)
    return np.asarray(np.round(mean, 9), dtype=np.float64)


def _is_usable(counts: Counts, least: int) -> bool:
    return bool(counts.sum() >= least and (counts > 0).sum() > 1)
