import pandas as pd
import pytest

from analysis.churn.groups import add_groups, group_names, label_cohorts, label_order_group, tidy_levels
from spell_frames import make_spells


@pytest.mark.parametrize(("number", "group"), [(1, "first"), (2, "second"), (3, "third+"), (40, "third+")])
def test_order_group(number, group):
    assert label_order_group(pd.Series([number])).iloc[0] == group


def test_cohorts_are_the_finest_that_keep_the_number_of_groups():
    days = pd.Series(pd.to_datetime(["2020-01-05", "2020-02-05", "2020-05-05"]))
    assert label_cohorts(days, 3).tolist() == ["2020-01", "2020-02", "2020-05"]
    assert label_cohorts(days, 2).tolist() == ["2020-Q1", "2020-Q1", "2020-Q2"]
    assert label_cohorts(days, 1).tolist() == ["2020-H1"] * 3


@pytest.mark.parametrize(
    ("days", "names"),
    [
        (["01-05", "02-05", "02-06"], ["2020-01\u20132020-02"] * 3),
        (["01-05", "01-06", "02-06"], ["2020-01\u20132020-02"] * 3),
        (["01-05", "01-06", "02-05", "02-06"], ["2020-01"] * 2 + ["2020-02"] * 2),
        (["01-05"], ["2020-01"]),
    ],
)
def test_small_cohorts_are_named_together_with_their_neighbours(days, names):
    assert label_cohorts(pd.Series(pd.to_datetime([f"2020-{day}" for day in days])), min_cell=2).tolist() == names


def test_rare_levels_become_other_and_missing_ones_unknown():
    levels = pd.Series(["a", "a", "a", "b", "b", "c", None])
    assert tidy_levels(levels, 3).tolist() == ["a", "a", "a", "b", "b", "other", "other"]
    assert tidy_levels(levels, 4).tolist()[-1] == "unknown"


def test_a_group_of_all_customers_is_no_group():
    customers = pd.DataFrame({"customer_id": ["a"], "first_order_on": pd.to_datetime(["2020-01-01"]), "region": ["north"]})
    grouped = add_groups(make_spells({"a": [0, 3]}, 9), customers)
    assert "region" not in grouped
    assert group_names(grouped) == ("order_group",)


def test_the_order_group_belongs_to_the_spell_not_to_the_customer():
    customers = pd.DataFrame({"customer_id": ["a"], "first_order_on": pd.to_datetime(["2020-01-01"])})
    assert add_groups(make_spells({"a": [0, 3, 5]}, 9), customers)["order_group"].tolist() == ["first", "second", "third+"]


def test_who_has_no_order_has_no_cohort_and_does_not_spoil_the_names():
    days = pd.Series(pd.to_datetime(["2020-01-05", None, "2021-05-05"]))
    assert label_cohorts(days, 2).tolist()[::2] == ["2020-01", "2021-05"]
    assert label_cohorts(days, 1).isna().tolist() == [False, True, False]
    assert label_cohorts(pd.Series(pd.to_datetime(["2020-01-05", "2020-07-05", None])), 1).tolist()[:2] == ["2020", "2020"]
