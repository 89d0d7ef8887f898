import numpy as np
import pandas as pd
import pytest

from analysis.segments import lifecycle
from analysis.segments.summary import by_rule, by_segment, classes, compare, headline
from tiny_company import make_customers

CUSTOMERS = make_customers(("a", 2, 30.0, 10, 90), ("b", 1, 10.0, 20, 20), ("c", 0, 0.0, 0, 0), ("d", 1, 60.0, 40, 40))


def classed(column, *labels):
    return pd.DataFrame({"customer_id": list("abcd")[: len(labels)], column: labels})


def test_classes_stand_in_their_own_order_empty_ones_too():
    table = by_segment(classed("tier", "vip", "potential", "potential", "vip"), CUSTOMERS, "tier")
    assert tuple(table["class"]) == classes("tier")
    assert dict(zip(table["class"], table["count_customers"], strict=True)) == {
        "vip": 2,
        "ordinary": 0,
        "potential": 2,
        "not_enough_data": 0,
    }


def test_a_class_that_the_list_does_not_know_is_not_lost():
    table = by_segment(classed("tier", "vip", "silver", "vip", "silver"), CUSTOMERS, "tier")
    assert table["count_customers"].sum() == len(CUSTOMERS)


def test_behaviour_of_a_class_is_that_of_its_buyers():
    row = by_segment(classed("city", "x", "x", "x", "y"), CUSTOMERS, "city").set_index("class").loc["x"]
    assert row[["count_customers", "count_buyers", "revenue", "mean_spend"]].tolist() == [3, 2, 40.0, 20.0]
    assert row[["share_customers", "share_revenue", "median_days_since_last_order"]].tolist() == [0.75, 0.4, 15.0]


def test_a_class_without_buyers_has_no_mean_spend():
    row = by_segment(classed("city", "x", "x", "y", "x"), CUSTOMERS, "city").set_index("class").loc["y"]
    assert np.isnan(row["mean_spend"])
    assert np.isnan(row["median_days_since_last_order"])


def test_headline_tells_the_share_of_vips_among_buyers_and_of_their_revenue():
    tiers = by_segment(classed("tier", "vip", "ordinary", "potential", "vip"), CUSTOMERS, "tier")
    stages = by_segment(classed("lifecycle_stage", "dormant", "active", "prospect", "dormant"), CUSTOMERS, "lifecycle_stage")
    assert headline(tiers, stages) == {"vips": 2, "share_buyers": 2 / 3, "share_revenue": 0.9, "dormant": 2}


def test_headline_without_buyers_has_no_share():
    nobody = CUSTOMERS[CUSTOMERS["customer_id"] == "c"]
    tiers = by_segment(pd.DataFrame({"customer_id": ["c"], "tier": ["potential"]}), nobody, "tier")
    stages = by_segment(pd.DataFrame({"customer_id": ["c"], "lifecycle_stage": ["prospect"]}), nobody, "lifecycle_stage")
    found = headline(tiers, stages)
    assert (found["vips"], found["dormant"], np.isnan(found["share_buyers"])) == (0, 0, True)


def test_rules_are_listed_in_the_order_in_which_they_are_tried_those_that_never_fired_too():
    table = by_rule(pd.DataFrame({"lifecycle_rule": ["many_order_days", "no_order", "many_order_days"]}))
    assert dict(zip(table["lifecycle_rule"], table["lifecycle_stage"], strict=True)) == lifecycle.RULES
    assert table.loc[table["count_customers"] > 0, ["lifecycle_rule", "count_customers"]].to_numpy().tolist() == [
        ["no_order", 1],
        ["many_order_days", 2],
    ]


def counted(**classes):
    frame = pd.DataFrame({"class": list(classes), "count_customers": list(classes.values())})
    return frame.assign(share_customers=0.5, revenue=1.0, share_revenue=0.5)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"x": 3, "y": 1}, {"x": 2, "y": 4}, [["x", 3, 2, -1], ["y", 1, 4, 3]]),
        ({"x": 3, "y": 0}, {"x": 2, "y": 0}, [["x", 3, 2, -1]]),
        ({"x": 3}, {"x": 3, "new": 2}, [["x", 3, 3, 0], ["new", 0, 2, 2]]),
        ({"x": 3, "gone": 2}, {"x": 3}, [["x", 3, 3, 0], ["gone", 2, 0, -2]]),
    ],
    ids=["both months", "empty in both", "only now", "only before"],
)
def test_a_class_of_either_month_is_compared(before, now, expected):
    table = compare(counted(**now), counted(**before))
    assert table[["class", "count_before", "count_customers", "change"]].to_numpy().tolist() == expected
    assert table["change"].sum() == sum(now.values()) - sum(before.values())
