"""Tags: split, counted, unused, contradicting."""

import pandas as pd
import pytest

from analysis.params import ParamsError, load_params
from analysis.segments.schemes import tags

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "tags": ["Gift; wholesale", "gift、wholesale", None, "newsletter"],
        "lifecycle_stage": ["active", "lost", "active", "lost"],
        "spend_total": [1.0, 2.0, 4.0, 8.0],
    }
)


def params(**values):
    return load_params({"classes": values})


def test_tags_are_split_at_any_sign_and_counted_once():
    frame = pd.DataFrame({"customer_id": ["a", "b"], "tags": ["Gift; gift ,, x/y", " "]})
    assert [tuple(row) for row in tags.split_tags(frame).itertuples(index=False)] == [("a", "gift"), ("a", "x"), ("a", "y")]


def test_tags_that_nobody_alive_carries_are_told_from_those_that_nobody_does():
    table = tags.count_tags(tags.split_tags(CUSTOMERS), CUSTOMERS, params(known_tags=["gift", "newsletter", "event"]))
    assert table.set_index("tag")["tag_use"].to_dict() == {
        "gift": "used",
        "wholesale": "unlisted",
        "newsletter": "only_gone",
        "event": "unused",
    }
    assert table.set_index("tag").loc["gift", ["count_customers", "count_active", "revenue"]].tolist() == [2, 1, 3.0]


def test_rare_tags_stand_together():
    table = tags.count_tags(tags.split_tags(CUSTOMERS), CUSTOMERS, params(tag_conflicts=[]))
    # the one alone would be the total less the others: it takes another with it
    assert tags.hide_rare(table, 2)["tag"].tolist() == ["wholesale", "pooled"]
    assert tags.hide_rare(table, 1)["tag"].tolist() == ["gift", "wholesale", "newsletter"]


def test_conflicts_are_of_tags_and_of_classes():
    classes = pd.DataFrame({"customer_id": ["a", "b", "c", "d"], "customer_type": ["business", "individual", "business", "business"]})
    found = tags.find_conflicts(
        tags.split_tags(CUSTOMERS), classes, params(tag_conflicts=[["gift", "wholesale"], ["wholesale", "customer_type=individual"]])
    )
    assert found[["count_first", "count_customers"]].to_numpy().tolist() == [[2, 2], [2, 1]]


def test_a_conflict_with_a_column_that_does_not_exist_is_named():
    with pytest.raises(ParamsError, match="custmer_type in custmer_type=x is no column of classes"):
        tags.find_conflicts(tags.split_tags(CUSTOMERS), CUSTOMERS, params(tag_conflicts=[["gift", "custmer_type=x"]]))
