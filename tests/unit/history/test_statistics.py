"""Sufficient statistics in weeks."""

from datetime import date

import pandas as pd
import pytest

from analysis.history import build_customers, read_statistics, summarise
from clean_ledger import order_lines, write_clean

AS_OF = date(2020, 3, 25)


@pytest.fixture
def ledger(tmp_path):
    lines = order_lines(
        ("a", "2020-01-01", 10), ("a", "2020-01-15", 20), ("a", "2020-02-05", 30), ("b", "2020-03-25", 4), ("c", "2020-03-26", 1)
    )
    tables = {"order_lines": lines, "customers": pd.DataFrame({"customer_id": ["p"], "joined_on": ["2020-01-01"]})}
    return write_clean(tmp_path, tables)


def test_weeks_are_sevenths_of_days(ledger):
    assert dict(summarise(build_customers(ledger, AS_OF)).loc["a"]) == {"x": 2.0, "t_x": 5.0, "T": 12.0, "m": 25.0, "mean": 20.0}


def test_a_buyer_of_today_has_no_repeat_and_no_time(ledger):
    assert dict(summarise(build_customers(ledger, AS_OF)).loc["b"]) == {"x": 0.0, "t_x": 0.0, "T": 0.0, "m": 0.0, "mean": 4.0}


def test_who_has_not_ordered_is_not_among_them(ledger):
    assert list(summarise(build_customers(ledger, AS_OF)).index) == ["a", "b"]


def test_read_from_the_ledger_they_are_the_same(ledger):
    pd.testing.assert_frame_equal(read_statistics(ledger, AS_OF), summarise(build_customers(ledger, AS_OF)))
