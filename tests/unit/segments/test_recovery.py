from __future__ import annotations

import pandas as pd
import pytest

from analysis.segments.recovery import SCHEMES, SHOWN, confuse, lay_beside, rate_recovery

DAY = pd.Timestamp("2026-01-31")
IDS = [f"c{number}" for number in range(8)]
CLASSES = pd.DataFrame({"customer_id": IDS} | dict.fromkeys(SCHEMES, ["x"] * 4 + ["y"] * 4))
TRUTH = pd.DataFrame(
    {
        "customer_id": [*IDS, "unseen"],
        "true_segment": ["a"] * 4 + ["b"] * 5,
        "true_type": ["business", "individual"] * 4 + ["individual"],
        "left_on": ["2026-01-31", "2026-02-01", None, None, None, None, None, None, None],
    }
)


def test_a_scheme_that_is_the_truth_agrees_wholly_and_one_that_is_not_by_chance():
    rated = rate_recovery(lay_beside(CLASSES, TRUTH, DAY)).set_index("scheme").loc["tier"]
    assert rated["rand_kind"] == pytest.approx(1)
    assert rated["rand_type"] < 0.1


def test_who_leaves_later_has_not_left():
    assert (lay_beside(CLASSES, TRUTH, DAY)["state"] == "left").sum() == 1


def test_shares_of_the_kinds_sum_to_one_and_counts_to_all():
    table = confuse(lay_beside(CLASSES, TRUTH, DAY), 1)
    assert table[["a_share", "b_share"]].sum(axis=1).tolist() == pytest.approx([1] * len(table))
    assert table.groupby("scheme")["count_customers"].sum().to_dict() == dict.fromkeys(SHOWN, 8)
    assert table.loc[table["class"] == "x", "left_share"].tolist() == [0.25] * 3


def test_classes_of_few_show_no_shares():
    table = confuse(lay_beside(CLASSES, TRUTH, DAY), 5)
    assert table[["a_share", "b_share", "left_share"]].isna().all(axis=None)
    assert table["count_customers"].tolist() == [4] * 6
