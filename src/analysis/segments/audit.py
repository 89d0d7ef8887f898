"""Whether a segment map does its job (requirement X10)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from analysis.segments import rfm
from analysis.segments.rfm import Edges, Rule
from analysis.segments.summary import classes


def audit_cells(rules: tuple[Rule, ...]) -> pd.DataFrame:
    """List the 125 score cells and how many segments claim each.

    Returns
    -------
    DataFrame
        One row a cell: `rfm_cell, count_segments` (of the segments that differ by the date of the first order, the larger
        count on either side), `segments` (names, joined by a comma), `is_unassigned, is_double`.
    """
    rows = []
    for r, f, m in product(rfm.SCORES, repeat=3):
        cell = (r, (f + m + 1) // 2)
        found = [rule for rule in rules if cell in rule.cells]
        sides = [sum(side in rule.first_order for rule in found) for side in ("recent", "earlier")]
        names = ", ".join(rule.name for rule in found)
        rows.append((f"{r}{f}{m}", max(sides), names, min(sides) == 0, max(sides) > 1))
    return pd.DataFrame(rows, columns=["rfm_cell", "count_segments", "segments", "is_unassigned", "is_double"])


def audit_map(rules: tuple[Rule, ...], edges: Edges | None) -> pd.DataFrame:
    """Sum up the audit in one row: `count_cells, count_unassigned, count_double, count_unreachable`.

    A cell is unreachable where `edges` leave one of its scores empty for good, because one value fills several fifths.
    """
    cells = audit_cells(rules)
    empty = unreachable_scores(edges)
    pairs = [(int(r), int(f), int(m)) for r, f, m in cells["rfm_cell"]]
    unreachable = sum(r in empty["r_score"] or f in empty["f_score"] or m in empty["m_score"] for r, f, m in pairs)
    counts = [len(cells), int(cells["is_unassigned"].sum()), int(cells["is_double"].sum()), unreachable]
    return pd.DataFrame([counts], columns=["count_cells", "count_unassigned", "count_double", "count_unreachable"])


def unreachable_scores(edges: Edges | None) -> dict[str, list[int]]:
    """Scores that no value can get, by name of the score."""
    if edges is None:
        return {"r_score": [], "f_score": [], "m_score": []}
    empty = {}
    for name, cuts in (("r_score", edges.days_since_last_order), ("f_score", edges.count_order_days), ("m_score", edges.spend_total)):
        values = pd.Series([*cuts, np.inf])
        reached = set(rfm.score(values, cuts, is_reversed=name == "r_score"))
        empty[name] = [mark for mark in rfm.SCORES if mark not in reached]
    return empty


def always_empty(months: Mapping[str, pd.DataFrame], column: str = "rfm_segment") -> pd.DataFrame:
    """Classes and how often they stood empty.

    Parameters
    ----------
    months : mapping of str to DataFrame
        Segments tables (one row a customer) by month.

    Returns
    -------
    DataFrame
        One row a class of `classes(column)`: `class, count_months, count_months_empty, is_always_empty`. A class for
        special cases (``not_enough_data``) is listed as well: there, empty is good.
    """
    labels = list(classes(column))
    seen = [set(frame[column].unique()) for frame in months.values()]
    empty = [sum(label not in found for found in seen) for label in labels]
    table = pd.DataFrame({"class": labels, "count_months": len(seen), "count_months_empty": empty})
    return table.assign(is_always_empty=(table["count_months_empty"] == len(seen)) & (len(seen) > 0))
