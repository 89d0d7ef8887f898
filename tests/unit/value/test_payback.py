"""When margin covers the cost of winning a customer."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.contracts import Missing
from analysis.value import hide_few, pay_back, read_acquisition
from analysis.value.payback import Acquisition
from clean_ledger import order_lines, write_clean

AS_OF = date(2020, 4, 30)
JANUARY = 2020 * 12


def made(costs, months, sources=None, started="2020-01-10"):
    """Customers `a`, `b` ... with a cost each; `months` are (customer, month of 2020, amount)."""
    names = [chr(97 + i) for i in range(len(costs))]
    customers = pd.DataFrame({"customer_id": names, "cost": costs, "source": sources or ["x"] * len(costs)})
    customers["started_on"] = pd.to_datetime(started)
    bought = [(name, JANUARY + month - 1, amount) for name, month, amount in months]
    return Acquisition(customers, pd.DataFrame(bought, columns=["customer_id", "month", "amount"]))


def value_of(acquisition, share=0.5, clv=10.0):
    spent = acquisition.months.groupby("customer_id")["amount"].sum()
    return pd.DataFrame({"customer_id": spent.index, "clv": clv, "value_historic": spent.to_numpy() * share})


def row(acquisition, group="all", **more):
    return pay_back(acquisition, value_of(acquisition, **more), AS_OF, seed=1).set_index("group").loc[group]


def test_margin_not_revenue_pays_back():
    one = made([10.0], [("a", 1, 12.0), ("a", 3, 8.0)])
    assert row(one, share=1.0)["payback_months"] == 0
    assert row(one, share=0.5)["payback_months"] == 2


def test_who_never_ordered_was_paid_for():
    found = row(made([10.0, 10.0], [("a", 1, 20.0)]))
    assert found["count_customers"] == 2
    assert found["count_paid"] == 1
    assert np.isnan(found["payback_months"])


def test_a_margin_of_exactly_the_cost_covers_it():
    assert row(made([10.0], [("a", 2, 20.0)]))["payback_months"] == 1


def test_a_customer_who_joined_later_is_no_loss_in_months_not_watched_yet():
    old = made([10.0], [("a", 1, 8.0), ("a", 2, 16.0)])
    young = made([10.0, 10.0], [("a", 1, 8.0), ("a", 2, 16.0), ("b", 4, 8.0)])
    young.customers.loc[1, "started_on"] = pd.Timestamp("2020-04-02")
    assert row(young)["payback_months"] == row(old)["payback_months"] == 1


def test_orders_before_joining_count_from_the_start():
    assert row(made([10.0], [("a", 1, 30.0)], started="2020-02-01"))["payback_months"] == 0


def test_value_per_cost_is_of_all_margin():
    assert row(made([10.0, 5.0], [("a", 1, 20.0), ("b", 1, 20.0)]))["value_per_cost"] == pytest.approx((10 + 10 + 20) / 15)


def test_all_stands_last_and_holds_the_sources():
    found = pay_back(one := made([1.0] * 3, [("a", 1, 5.0)], sources=["x", "y", "y"]), value_of(one), AS_OF, 1)
    assert found["group"].tolist() == ["y", "x", "all"]
    assert found["count_customers"].tolist() == [2, 1, 3]


def test_row_order_changes_nothing():
    one = made([3.0, 4.0, 50.0], [("a", 1, 5.0), ("b", 2, 90.0), ("c", 3, 9.0)], sources=["x", "y", None])
    turned = Acquisition(one.customers[::-1], one.months[::-1])
    pd.testing.assert_frame_equal(pay_back(one, value_of(one), AS_OF, 1), pay_back(turned, value_of(one)[::-1], AS_OF, 1))


def test_numbers_of_a_small_source_are_blanked():
    one = made([1.0] * 9, [("a", 1, 5.0)], sources=["x"] + ["y"] * 8)
    hidden = hide_few(pay_back(one, value_of(one), AS_OF, 1), 5).set_index("group")
    assert np.isnan(hidden.loc["x", "cost_mean"])
    assert hidden.loc["x", "count_customers"] == 1


LINES = order_lines(("a", "2020-01-05", 10.0), ("b", "2020-02-05", 20.0))


def test_without_costs_the_section_is_missing(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": LINES}, covered_until="2020-04-30")
    found = read_acquisition(ledger, AS_OF)
    assert isinstance(found, Missing)
    assert pay_back(found, pd.DataFrame(), AS_OF, 1) is found


def test_a_merged_customer_cost_both_times(tmp_path):
    customers = pd.DataFrame({"customer_id": ["a", "b"], "acquisition_cost": [3.0, 4.0], "acquisition_source": ["x", "y"]})
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["email"], "known_on": [date(2020, 3, 15)]})
    ledger = write_clean(tmp_path, {"order_lines": LINES, "customers": customers, "merges": merges}, covered_until="2020-04-30")
    found = read_acquisition(ledger, AS_OF)
    assert found.customers[["customer_id", "cost", "source"]].to_numpy().tolist() == [["a", 7.0, "x"]]
    assert found.months["amount"].tolist() == [10.0, 20.0]
    assert len(read_acquisition(ledger, date(2020, 3, 14)).customers) == 2
