import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.value.by_group import headline, sum_by_group, sum_exactly, tell_channels, tell_groups

cents = st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(["x", "y", "z", None])), min_size=1, max_size=80)


def frame(rows):
    ids = [f"c{i}" for i in range(len(rows))]
    amounts = np.array([amount for amount, _ in rows]) / 100
    value = pd.DataFrame({"customer_id": ids, "clv": amounts, "value_historic": amounts * -1, "value_at_risk": amounts})
    return value, pd.Series([group for _, group in rows], index=ids, dtype="object")


@given(cents)
def test_the_groups_sums_are_the_customers_sum_to_the_cent(rows):
    value, groups = frame(rows)
    table = sum_by_group(value, groups)
    for column in ("clv", "value_historic", "value_at_risk"):
        assert sum_exactly(table[column]) == sum_exactly(value[column])
    assert table["count_customers"].sum() == len(value)


def test_who_has_no_group_is_unknown_and_not_lost():
    value, groups = frame([(100, "x"), (200, None)])
    assert sum_by_group(value, groups)["group"].tolist() == ["unknown", "x"]


def test_shares_and_means():
    value, groups = frame([(100, "x"), (300, "y"), (600, "y")])
    table = sum_by_group(value, groups).set_index("group")
    assert table.loc["y", "clv_mean"] == pytest.approx(4.5)
    assert table["share_clv"].sum() == pytest.approx(1.0)


def test_headline_sums_cents_without_drift():
    value = pd.DataFrame({"clv": [0.1] * 10, "value_at_risk": [0.01] * 10})
    assert headline(value) == {"clv": 1.0, "risk": 0.1, "count": 10}


def test_headline_of_nobody_is_nothing():
    assert headline(pd.DataFrame({"clv": [], "value_at_risk": []})) == {"clv": 0.0, "risk": 0.0, "count": 0}


def test_money_of_a_small_group_is_not_told():
    value = pd.DataFrame({"customer_id": list("abcdef"), "clv": 10.0, "value_historic": 5.0, "value_at_risk": 1.0})
    groups = pd.Series(["x"] + ["y"] * 5, index=list("abcdef"))
    told = tell_groups(value, groups, 2).set_index("group")
    assert told.loc["x", "count_customers"] == 1
    assert told.loc["x", ["clv", "clv_mean", "value_historic"]].isna().all()
    assert tell_groups(value, None, 2) is None
    assert tell_channels(value, None, 2).columns == ("channel",)
