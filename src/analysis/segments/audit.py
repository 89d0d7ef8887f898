"""Whether a segment map does its job (requirement X10)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.segments.base import Cutoffs
from analysis.segments.maps import NAMES, Grid, SegmentMap, grid_of, load
from analysis.segments.maps.segment_map import SIDES
from analysis.segments.replay import MAPS, ClassHistory


def audit_cells(found: SegmentMap) -> pd.DataFrame:
    """List the cells of a map and how many segments claim each.

    Returns
    -------
    DataFrame
        One row a cell: `cell` (three digits: recency, frequency, amount), `count_segments` (of the segments that differ by
        the date of the first order, the larger count on either side), `segments` (names, joined by a comma),
        `is_unassigned` (on either side), `is_double`.
    """
    rows = []
    for cell in found.cells:
        sides = [found.claims(cell, side) for side in SIDES]
        counts = [len(names) for names in sides]
        written = "".join(map(str, cell))
        names = ", ".join(dict.fromkeys(name for names in sides for name in names))
        rows.append((written, max(counts), names, min(counts) == 0, max(counts) > 1))
    return pd.DataFrame(rows, columns=["cell", "count_segments", "segments", "is_unassigned", "is_double"])


def audit_map(found: SegmentMap, grid: Grid | None) -> pd.DataFrame:
    """Sum up the audit of a map in one row.

    Returns
    -------
    DataFrame
        `map, count_segments, count_cells, count_unassigned, count_double, count_unreachable, count_reversed`. A cell is
        unreachable where `grid` leaves one of its scores empty for good, because one value fills several parts. A cell is
        reversed where another one, not better on any score, lies in a better segment (segments are listed best first; only
        maps without a side of the first order are compared).
    """
    cells = audit_cells(found)
    reached = grid.reached() if grid else None
    unreachable = sum(
        reached is not None and not (r in reached["r"] and f in reached["f"] and m in reached["m"]) for r, f, m in found.cells
    )
    return pd.DataFrame(
        {
            "map": [found.name],
            "count_segments": [len(found.segments)],
            "count_cells": [len(cells)],
            "count_unassigned": [int(cells["is_unassigned"].sum())],
            "count_double": [int(cells["is_double"].sum())],
            "count_unreachable": [unreachable],
            "count_reversed": [list_reversed(found)["cell"].nunique()],
        }
    )


def audit_maps(cutoffs: Cutoffs) -> pd.DataFrame:
    """`audit_map` of every map, by the cut-offs of the base month."""
    return pd.concat([audit_map(load(name), grid_of(name, cutoffs)) for name in NAMES], ignore_index=True)


def list_reversed(found: SegmentMap) -> pd.DataFrame:
    """Cells that lie in a worse segment than a cell which is nowhere better than they are.

    Returns
    -------
    DataFrame
        One row a pair: `map, cell, segment, lower_cell, lower_segment`. A map whose segments overlap in value on purpose
        (recent small buyers before old large ones) may still have none: only cells that differ one way are compared.
    """
    place = {cell: rank for rank, segment in enumerate(found.segments) for cell in segment.cells}
    pairs = [
        (found.name, "".join(map(str, cell)), found.segments[place[cell]].name, "".join(map(str, low)), found.segments[place[low]].name)
        for cell in place
        for low in place
        if cell != low and all(a >= b for a, b in zip(cell, low, strict=True)) and place[cell] > place[low]
    ]
    return pd.DataFrame(sorted(pairs), columns=["map", "cell", "segment", "lower_cell", "lower_segment"])


def always_empty(months: Mapping[str, pd.Series], labels: tuple[str, ...]) -> pd.DataFrame:
    """Classes and how often they stood empty.

    Parameters
    ----------
    months : mapping of str to Series of str
        Class of every customer, by month.
    labels : tuple of str
        Every class there is. A class for special cases (``not_enough_data``) is listed as well: there, empty is good.

    Returns
    -------
    DataFrame
        One row a class: `class, count_months, count_months_empty, is_always_empty`.
    """
    seen = [set(values.unique()) for values in months.values()]
    empty = [sum(label not in found for found in seen) for label in labels]
    table = pd.DataFrame({"class": list(labels), "count_months": len(seen), "count_months_empty": empty})
    return table.assign(is_always_empty=(table["count_months_empty"] == len(seen)) & (len(seen) > 0))


def list_empty(history: ClassHistory) -> pd.DataFrame:
    """How often each segment of each map stood empty, by the months of `history` with a customer.

    Returns
    -------
    DataFrame
        One row a map and segment, special cases left out: `map, class, count_months, count_months_empty, is_always_empty`.
    """
    tables = []
    for column, name in MAPS.items():
        months = {month: values for month, values in history.by_month(column).items() if len(values)}
        tables.append(always_empty(months, tuple(segment.name for segment in load(name).segments)).assign(map=name))
    return pd.concat(tables, ignore_index=True)[["map", "class", "count_months", "count_months_empty", "is_always_empty"]]


def sum_up_empty(empty: pd.DataFrame) -> pd.DataFrame:
    """`list_empty` in a row a map: `map, count_months, count_segments, count_sometimes_empty, count_always_empty`."""
    by_map = empty.groupby("map", sort=False)
    table = by_map.agg(
        count_months=("count_months", "max"), count_segments=("class", "size"), count_always_empty=("is_always_empty", "sum")
    )
    sometimes = (empty["count_months_empty"] > 0) & ~empty["is_always_empty"]
    table.insert(2, "count_sometimes_empty", sometimes.groupby(empty["map"], sort=False).sum())
    return table.reset_index()
