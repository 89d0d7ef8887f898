"""A simulated company's classes beside what its customers truly are."""

from __future__ import annotations

import pandas as pd

from analysis.month import Month
from analysis.report.words.catalogue import label_level
from analysis.segments.recovery import confuse, lay_beside


def read_truth(month: Month) -> pd.DataFrame | None:
    """Buyers' classes beside the truth of a simulated company, see `segments.recovery.lay_beside`; None where there is no truth."""
    path = month.folder / "truth" / "customers.csv"
    if not path.is_file():
        return None
    truth = pd.read_csv(path, usecols=["customer_id", "true_segment", "true_type", "left_on"], dtype=str)
    segments, classes = month.read("segments"), month.read("classes")
    both = segments[["customer_id", "cluster", "tier", "rfm_segment", "lifecycle_stage"]].merge(
        classes[["customer_id", "value_profit", "customer_type"]], on="customer_id", validate="one_to_one"
    )
    return lay_beside(both[both["lifecycle_stage"] != "prospect"], truth, pd.Timestamp(month.as_of))


def confuse_truth(month: Month, beside: pd.DataFrame) -> pd.DataFrame:
    """Classes against true kinds, see `segments.recovery.confuse`; classes in words."""
    table = confuse(beside, month.params.report.min_cell)
    return table.assign(**{"class": [label_level(scheme, label) for scheme, label in zip(table["scheme"], table["class"], strict=True)]})
