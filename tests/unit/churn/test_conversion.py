import pandas as pd
import pytest

from analysis.churn.conversion import convert_cohorts, convert_groups, list_conversion
from analysis.history.rates import wilson
from spell_frames import make_spells


def test_a_share_is_the_second_orders_by_the_first_ones_where_all_are_old_enough():
    row = convert_cohorts(make_spells({"a": [0, 30], "b": [0, 31], "c": [0]}, 40), 0.95, 1).iloc[0]
    assert (row["count_customers"], row["count_second"], row["count_30"]) == (3, 2, 1)
    assert row["share_30"] == pytest.approx(1 / 3)
    low, high = wilson(1, 3)
    assert (row["share_30_low"], row["share_30_high"]) == pytest.approx((float(low), float(high)))


def test_a_day_that_nobody_was_watched_has_no_share():
    row = convert_cohorts(make_spells({"a": [0, 20], "b": [0]}, 89), 0.95, 1).iloc[0]
    assert pd.notna(row["share_30"])
    assert pd.isna([row["share_90"], row["count_90"], row["share_90_low"]]).all()


def test_all_returned_is_a_share_of_one_with_an_interval_though_no_spell_is_that_long():
    row = convert_cohorts(make_spells({"a": [0, 5], "b": [0, 6]}, 400), 0.95, 1).iloc[0]
    assert row["share_365"] == 1
    assert row["share_365_low"] < 0.5


def test_younger_first_orders_are_allowed_for():
    row = convert_cohorts(make_spells({"a": [0, 25], "b": [0], "c": [20]}, 30), 0.95, 1).iloc[0]
    # c was watched for ten days only: one of the two who were watched to day 25 returned
    assert row["share_30"] == pytest.approx(0.5)


def test_cohorts_too_small_to_show_are_taken_together_with_their_neighbours():
    days = {"a": 0, "b": 0, "c": 0, "d": 0, "e": 60, "f": 60, "g": 60, "h": 91, "i": 91}
    shares = convert_cohorts(make_spells({name: [day] for name, day in days.items()}, 200), 0.95, 3)
    assert shares[["group", "count_customers"]].to_numpy().tolist() == [["2020-01", 4], ["2020-03\u20132020-04", 5]]


def test_groups_are_listed_by_day_with_what_their_share_is_of():
    spells = make_spells({"a": [0, 5], "b": [0, 100], "c": [3]}, 600)
    customers = pd.DataFrame({"customer_id": list("abc"), "first_order_on": spells.groupby("customer_id")["started_on"].min().to_numpy()})
    listed = list_conversion(convert_groups(spells, customers, 0.95, 1))
    assert listed[["group", "within_days", "count_second", "count_customers"]].to_numpy().tolist() == [
        ["all", 90, 1, 3],
        ["all", 365, 2, 3],
    ]
    assert listed["share"].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_groups_are_told_after_everybody():
    spells = make_spells({"a": [0, 5], "b": [0], "c": [3]}, 40)
    customers = pd.DataFrame({"customer_id": list("abc"), "first_order_on": spells.groupby("customer_id")["started_on"].min().to_numpy()})
    table = convert_groups(spells, customers.assign(first_channel=["web", "web", "shop"]), 0.95, 1)
    assert table[["by", "group", "count_customers"]].to_numpy().tolist() == [
        ["first_orders", "all", 3],
        ["channel", "shop", 1],
        ["channel", "web", 2],
    ]


def test_a_source_without_groups_has_everybody():
    spells = make_spells({"a": [0, 5], "b": [0]}, 40)
    customers = pd.DataFrame({"customer_id": list("ab"), "first_order_on": spells.groupby("customer_id")["started_on"].min().to_numpy()})
    assert convert_groups(spells, customers, 0.95, 1)["by"].tolist() == ["first_orders"]


def test_too_few_customers_have_no_shares():
    spells = make_spells({"a": [0, 5], "b": [0]}, 40)
    customers = pd.DataFrame({"customer_id": list("ab"), "first_order_on": spells.groupby("customer_id")["started_on"].min().to_numpy()})
    assert convert_cohorts(spells, 0.95, 3) is None
    assert convert_groups(spells, customers, 0.95, 3) is None
