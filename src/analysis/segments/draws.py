"""Samples of customers with replacement, and quantiles of what is known of them, a million customers at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Draws:
    """Positions drawn with replacement, the same ones each time they are gone through: never all in memory at once."""

    seed: int
    count: int
    size: int

    def __iter__(self) -> Iterator[Counts]:
        for number in range(self.count):
            yield np.random.default_rng([self.seed, number]).integers(0, self.size, size=self.size)


@dataclass(frozen=True)
class Values:
    """A measure: its different values, ascending; whose is known, and the place of each such value."""

    different: Floats
    owner: Counts
    place: Counts

    @classmethod
    def of(cls, values: Floats) -> Values:
        """Sort the values of a measure once; a missing one is nobody's."""
        owner = np.flatnonzero(~np.isnan(values))
        different, place = np.unique(values[owner], return_inverse=True)
        return cls(different, owner, place)

    def count(self, times: Counts) -> Counts:
        """How often each value occurs where each customer is drawn so many `times`."""
        return np.bincount(self.place, weights=times[self.owner], minlength=len(self.different)).astype(np.int64)

    def quantiles(self, counts: Counts, shares: Sequence[float]) -> tuple[float, ...]:
        """As `rfm.lower_quantiles`, which takes numpy's inverted distribution function, of values that occur so often."""
        reached = np.cumsum(counts)
        nth = np.maximum(np.ceil(reached[-1] * np.array(shares) - 1), 0)
        return tuple(self.different[np.searchsorted(reached, nth, side="right")].tolist())

    def rank(self, grid: Sequence[float]) -> Floats:
        """Rank of each different value on a grid, as in `tiers.rank`."""
        below, reached = (
            np.bincount(np.searchsorted(self.different, grid, side=side), minlength=len(self.different) + 1)[:-1].cumsum()
            for side in ("right", "left")
        )
        return np.asarray((below + reached) / (2 * len(grid)), dtype=np.float64)
