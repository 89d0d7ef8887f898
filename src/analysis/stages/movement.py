"""Classes of a month beside those of the month before, and who stands on a border."""

from __future__ import annotations

import pandas as pd

from analysis.month import Month
from analysis.report.words.catalogue import label_level
from analysis.segments import flips
from analysis.segments.movement import headline, with_spend
from analysis.segments.summary import by_segment, compare


def compare_segments(month: Month, column: str = "rfm_segment") -> pd.DataFrame:
    """Classes of `month` beside those of the month before, see `segments.summary.compare`."""
    now, before = (by_segment(m.read("segments"), m.read("customers"), column) for m in (month, month.previous))
    return compare(now, before)


def headline_movement(month: Month) -> dict[str, float]:
    """Numbers of the chapter on movement, see `segments.movement.headline`; none of a contractual source."""
    if month.ledger.is_contractual:
        return {}
    now, before = (with_spend(m.read("segments"), m.read("customers")) for m in (month, month.previous))
    return headline(before, now)


def list_borderline(month: Month) -> pd.DataFrame:
    """The list of customers on a border as people work with it, see `segments.flips.list_borderline`; classes in words."""
    rows = flips.list_borderline(month.flips, month.params.movement.borderline)
    for column in ("class", "other_class"):
        rows[column] = [label_level(scheme, label) for scheme, label in zip(rows["scheme"], rows[column], strict=True)]
    return rows.assign(scheme=[label_level("scheme", scheme) for scheme in rows["scheme"]])
