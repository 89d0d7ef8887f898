from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis.contracts import Missing
from analysis.history.behaviour import purchase_distributions
from clean_ledger import order_lines, write_clean

MARCH = date(2020, 3, 31)


@pytest.fixture
def ledger(tmp_path):
    lines = order_lines(
        ("a", "2020-01-01", 10.0),
        ("a", "2020-01-01", 5.0),
        ("a", "2020-01-07", 20.0),
        ("b", "2020-02-03", 199.99),
        ("b", "2020-02-03", -199.99, "2020-02-03"),
        ("c", "2020-02-10", 200.0),
        (None, "2020-02-11", 3.0),
        ("c", "2020-05-01", 1.0),
    )
    return write_clean(
        tmp_path, {"order_lines": lines.assign(order_id=["1", "1", "2", "3", "4", "5", "6", "7"])}, covered_until="2020-05-31"
    )


def test_orders_per_customer_are_net_order_days(ledger):
    table = purchase_distributions(ledger, MARCH).orders_per_customer
    assert dict(zip(table["orders_from"], table["count_customers"], strict=True)) == {1: 1, 2: 1}
    assert (table["total"] == 2).all()


def test_band_ends_where_the_next_begins(ledger):
    table = purchase_distributions(ledger, MARCH).amounts
    filled = table[table["count_orders"] > 0]
    assert list(zip(filled["amount_from"], filled["amount_to"], strict=True)) == [(10, 20), (20, 50), (200, 500)]
    assert table["amount_from"].tolist() == [10, 20, 50, 100, 200]


def test_gaps_are_days_between_orders_of_one_customer(ledger):
    table = purchase_distributions(ledger, MARCH).gaps
    assert table[["days_from", "days_to", "count_gaps"]].to_numpy().tolist() == [[1, 6, 1]]


def test_weekday_counts_orders_once_and_anonymous_and_cancelled_ones_too(ledger):
    table = purchase_distributions(ledger, MARCH).weekdays
    # 1 January 2020 was a Wednesday, 7 January and 11 February Tuesdays, 3 and 10 February Mondays.
    assert table["count_orders"].tolist() == [2, 2, 1, 0, 0, 0, 0]


def test_months_are_set_against_their_days_up_to_the_last_one_read(ledger):
    table = purchase_distributions(ledger, MARCH).months.set_index("month")
    assert table["count_days"].to_dict() == {1: 31, 2: 29, 3: 31}
    assert table["count_orders"].to_dict() == {1: 2, 2: 3, 3: 0}
    assert (table["index"] * table["count_days"]).sum() / 91 == pytest.approx(1)


def test_nothing_after_the_day_is_read(ledger):
    assert purchase_distributions(ledger, date(2020, 1, 31)).amounts["count_orders"].sum() == 2


def at(tmp_path, *instants: str):
    lines = pd.DataFrame({"customer_id": ["a"] * len(instants), "ordered_at": pd.to_datetime(list(instants)), "amount": 1.0})
    lines["ordered_on"] = lines["ordered_at"].dt.date
    return write_clean(tmp_path, {"order_lines": lines}, zone="Asia/Kolkata", covered_until="2020-12-31")


def test_hour_is_the_source_s_own(tmp_path):
    hours = purchase_distributions(at(tmp_path, "2020-01-01 05:29:00", "2020-01-02 05:30:00"), date(2020, 12, 31)).hours
    assert hours.loc[hours["count_orders"] > 0, "hour"].tolist() == [10, 11]


def test_dates_without_clock_times_have_no_hour(tmp_path):
    ledger = at(tmp_path, "2020-01-01 18:30:00", "2020-01-02 18:30:00")
    assert purchase_distributions(ledger, date(2020, 12, 31)).hours == Missing("order_lines", ("ordered_at",), ("A8",))


def test_no_orders_yet_give_empty_tables(ledger):
    found = purchase_distributions(ledger, date(2019, 12, 31))
    assert found.orders_per_customer.empty
    assert found.gaps.empty
    assert found.months.empty
    assert isinstance(found.hours, Missing)
