"""A segment map: which segment each cell of scores belongs to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product

from analysis.contracts import ContractError
from analysis.segments import rfm
from analysis.segments.maps.grid import ELEVEN, NAMES

Cell = tuple[int, int, int]
SIDES = ("recent", "earlier")
"""Whether the first order lies in the window of new customers or before it; only the map of eleven tells these apart."""


@dataclass(frozen=True)
class Segment:
    """One segment: its name, its (r, f, m) cells, and the sides of the first order on which it claims them."""

    name: str
    cells: frozenset[Cell]
    sides: tuple[str, ...] = SIDES


@dataclass(frozen=True)
class SegmentMap:
    """A map: its name, the highest score (the lowest is 1), and its segments, best first."""

    name: str
    top: int
    segments: tuple[Segment, ...]

    @property
    def cells(self) -> list[Cell]:
        """Every cell that the scores can make."""
        scores = range(1, self.top + 1)
        return list(product(scores, scores, scores))

    def claims(self, cell: Cell, side: str) -> list[str]:
        """Names of the segments that claim a cell on a side; a sound map has exactly one for each."""
        return [segment.name for segment in self.segments if cell in segment.cells and side in segment.sides]


@cache
def load(name: str) -> SegmentMap:
    """The map shipped as ``maps/<name>.toml``.

    Raises
    ------
    ContractError
        There is no such map; or a cell of scores has no segment, or two.
    """
    if name not in NAMES:
        raise ContractError(f"maps: there is no map {name}; known: {', '.join(NAMES)}")
    found = _read_eleven() if name == ELEVEN else _read(name)
    for cell, side in product(found.cells, SIDES):
        names = found.claims(cell, side)
        if len(names) != 1:
            written = "".join(map(str, cell))
            raise ContractError(f"maps/{name}.toml: cell {written}: {', '.join(names) or 'no segment'}; exactly one segment is needed")
    return found


def labels(name: str) -> tuple[str, ...]:
    """Every label that `assign` gives by the map, best first; the two special cases last."""
    return (*(segment.name for segment in load(name).segments), rfm.PROSPECT, rfm.NOT_ENOUGH_DATA)


def _read(name: str) -> SegmentMap:
    text = resources.files("analysis.segments").joinpath(f"maps/{name}.toml").read_text(encoding="utf-8")
    values = tomllib.loads(text)
    parts = [(part["name"], frozenset((int(r), int(f), int(m)) for r, f, m in part["cells"])) for part in values["segment"]]
    return SegmentMap(name, values["top"], tuple(Segment(*part) for part in parts))


def _read_eleven() -> SegmentMap:
    """The map of eleven is drawn on recency and the mean of the other two: here it is spread over all 125 cells."""
    every = list(product(rfm.SCORES, repeat=3))
    parts = tuple(
        Segment(rule.name, frozenset((r, f, m) for r, f, m in every if (r, (f + m + 1) // 2) in rule.cells), rule.first_order)
        for rule in rfm.load_map()
    )
    return SegmentMap(ELEVEN, max(rfm.SCORES), parts)
