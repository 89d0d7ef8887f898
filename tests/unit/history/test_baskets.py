"""What customers put into an order, by what was known on a day."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from analysis.history.baskets import build_baskets
from clean_ledger import order_lines, write_clean

DAY = date(2020, 3, 31)


def lines(*rows):
    """Order lines from (customer, day, order, discount, quantity)."""
    table = order_lines(*[(customer, day, 10) for customer, day, *_ in rows])
    return table.assign(order_id=[row[2] for row in rows], discount=[row[3] for row in rows], quantity=[row[4] for row in rows])


def baskets(tmp_path, *rows, **tables):
    return build_baskets(write_clean(tmp_path, {"order_lines": lines(*rows), **tables}), DAY).set_index("customer_id")


def test_an_order_counts_once_whatever_its_lines(tmp_path):
    found = baskets(tmp_path, ("a", "2020-03-01", "1", 0.0, 2.0), ("a", "2020-03-01", "1", 0.1, 6.0), ("a", "2020-03-02", "2", 0.0, 2.0))
    assert found.loc["a", ["count_sales", "count_discounted", "units_count"]].tolist() == [2, 1, 2]


def test_means_and_squares_are_those_of_logarithms_of_orders(tmp_path):
    found = baskets(tmp_path, ("a", "2020-03-01", "1", 0.0, 2.0), ("a", "2020-03-01", "1", 0.0, 6.0), ("a", "2020-03-02", "2", 0.0, 2.0))
    assert found.loc["a", "units_mean"] == pytest.approx((math.log(8) + math.log(2)) / 2, abs=1e-3)
    assert found.loc["a", "units_squares"] == pytest.approx((math.log(8) - math.log(2)) ** 2 / 2, abs=5e-3)
    assert found.loc["a", "lines_mean"] == pytest.approx(math.log(2) / 2, abs=1e-3)


def test_orders_without_units_are_not_averaged(tmp_path):
    found = baskets(tmp_path, ("a", "2020-03-01", "1", 0.0, None), ("a", "2020-03-02", "2", 0.0, 3.0), ("b", "2020-03-02", "3", 0.0, None))
    assert found["units_count"].to_dict() == {"a": 1, "b": 0}
    assert found.loc["a", "units_mean"] == pytest.approx(math.log(3), abs=1e-3)
    assert math.isnan(found.loc["b", "units_mean"])


def test_nothing_that_was_not_known_yet_is_read(tmp_path):
    found = baskets(tmp_path, ("a", "2020-03-31", "1", 0.0, 1.0), ("a", "2020-04-01", "2", 0.5, 50.0))
    assert found.loc["a", ["count_sales", "count_discounted"]].tolist() == [1, 0]


def test_a_double_is_one_customer(tmp_path):
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["same phone"], "known_on": ["2020-03-01"]})
    found = baskets(tmp_path, ("a", "2020-03-01", "1", 0.0, 1.0), ("b", "2020-03-02", "2", 0.0, 1.0), merges=merges)
    assert found["count_sales"].to_dict() == {"a": 2}


def test_a_source_without_discounts_says_nothing_of_them(tmp_path):
    table = order_lines(("a", "2020-03-01", 10)).assign(quantity=[1.0])
    found = build_baskets(write_clean(tmp_path, {"order_lines": table}), DAY)
    assert found["count_discounted"].isna().all()
