from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis.history.cohorts import repurchase, retention
from clean_ledger import order_lines, write_clean

APRIL = date(2020, 4, 30)
ROWS = (
    ("a", "2020-01-01", 10.0),
    ("a", "2020-01-31", 10.0),
    ("a", "2020-03-01", 10.0),
    ("b", "2020-01-15", 10.0),
    ("b", "2020-04-15", 10.0),
    ("c", "2020-02-01", 10.0),
    ("d", "2020-02-02", 10.0),
    ("d", "2020-02-02", -10.0, "2020-02-02"),
    ("a", "2020-06-01", 10.0),
)


@pytest.fixture
def found(tmp_path):
    return retention(write_clean(tmp_path, {"order_lines": order_lines(*ROWS)}, covered_until="2020-06-30"), APRIL)


def cells(table: pd.DataFrame, cohort: str, column: str) -> list[float | None]:
    return [None if pd.isna(value) else value for value in table.loc[table["cohort"] == cohort, column]]


def test_retention_is_the_share_that_orders_in_the_month_of_life(found):
    assert cells(found.months, "2020-01", "retention") == [0.0, 0.5, 0.5]


def test_month_that_is_not_over_is_empty_not_zero(found):
    assert cells(found.months, "2020-02", "count_ordering") == [0, 0, None]
    assert cells(found.months, "2020-02", "retention") == [0.0, 0.0, None]


def test_second_order_in_the_first_month_counts_from_the_start(found):
    assert cells(found.months, "2020-01", "repeat_rate") == [0.5, 0.5, 1.0]


def test_cancelled_customer_is_in_no_cohort(found):
    assert found.conversion["count_customers"].tolist() == [2, 1, 3]


@pytest.mark.parametrize(("within_days", "expected"), [(91, 2), (90, 1)])
def test_second_order_on_the_last_day_is_within(tmp_path, within_days, expected):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(*ROWS)}, covered_until="2020-06-30")
    table = retention(ledger, APRIL, within_days).conversion.set_index("cohort")
    assert table.loc["2020-01", "count_within"] == expected


def test_young_cohort_has_no_rate_within_days_it_did_not_live(found):
    table = found.conversion.set_index("cohort")
    assert table.loc["2020-02", "count_observed"] == 0
    assert pd.isna(table.loc["2020-02", "rate_within"])
    assert table.loc["2020-02", "repeat_rate"] == 0.0


@pytest.mark.parametrize(("first", "cohort"), [("2018-05-01", "2018-05"), ("2018-04-30", "2018-Q2")])
def test_cohorts_are_quarters_from_two_years_on(tmp_path, first, cohort):
    lines = order_lines(("a", first, 1.0), ("b", "2020-04-01", 1.0))
    found = retention(write_clean(tmp_path, {"order_lines": lines}, covered_until="2020-04-30"), APRIL)
    assert found.conversion["cohort"][0] == cohort


def test_newest_member_decides_what_a_quarter_has_behind_it(tmp_path):
    lines = order_lines(("z", "2018-01-01", 1.0), ("a", "2020-01-01", 1.0), ("b", "2020-03-31", 1.0))
    found = retention(write_clean(tmp_path, {"order_lines": lines}, covered_until="2020-04-30"), APRIL)
    assert cells(found.months, "2020-Q1", "retention")[:3] == [0.0, None, None]


def test_no_orders_give_empty_tables(tmp_path):
    found = retention(write_clean(tmp_path, {"order_lines": order_lines(*ROWS)}, covered_until="2020-06-30"), date(2019, 12, 31))
    assert found.months.empty
    assert found.conversion["count_customers"].tolist() == [0]


def test_repurchase_rate_is_of_buyers(tmp_path):
    customers = pd.DataFrame({"count_order_days": [0, 1, 2, 5], "tier": ["vip", "vip", "vip", None]})
    table = repurchase(customers, "tier")
    assert table[["group", "count_repeat", "count_buyers"]].to_numpy().tolist() == [["vip", 1, 2], ["all", 2, 3]]
