"""The company's months."""

from datetime import date

import pytest

from analysis.history import monthly
from analysis.history.months import by_origin
from clean_ledger import order_lines, write_clean


@pytest.fixture
def ledger(tmp_path):
    lines = order_lines(
        ("a", "2020-01-31", 10), ("a", "2020-03-01", 5), ("b", "2020-03-01", 7),
        (None, "2020-03-02", 3), ("a", "2020-04-02", -5, "2020-03-01")
    )  # fmt: skip
    return write_clean(tmp_path, {"order_lines": lines})


def test_a_month_without_orders_is_there(ledger):
    table = monthly(ledger, date(2020, 3, 31)).set_index("month")
    assert list(table.index) == ["2020-01", "2020-02", "2020-03"]
    assert (table.loc["2020-02"] == 0).all()


def test_numbers_of_a_month(ledger):
    march = monthly(ledger, date(2020, 3, 31)).set_index("month").loc["2020-03"]
    assert dict(march) == {"revenue": 12, "revenue_anonymous": 3, "count_orders": 2, "count_buyers": 2, "count_new_buyers": 1}


def test_a_later_cancellation_lowers_the_month_of_its_order(ledger):
    march = monthly(ledger, date(2020, 4, 30)).set_index("month").loc["2020-03"]
    assert (march["revenue"], march["count_orders"]) == (7, 1)


def test_no_more_months_than_asked_for(ledger):
    assert list(monthly(ledger, date(2020, 3, 31), months=2)["month"]) == ["2020-02", "2020-03"]


def test_before_the_first_order_there_is_one_empty_month(ledger):
    table = monthly(ledger, date(2019, 6, 30))
    assert list(table["month"]) == ["2019-06"]
    assert table.loc[0, "revenue"] == 0


def test_buyers_are_told_apart_by_the_month_of_their_first_order(ledger):
    table = by_origin(monthly(ledger, date(2020, 3, 31)))
    march = table[table["month"] == "2020-03"].set_index("origin")["count_buyers"]
    assert march.to_dict() == {"known_before": 1, "first_order": 1}


def test_origins_add_up_to_the_buyers_of_each_month(ledger):
    months = monthly(ledger, date(2020, 4, 30))
    assert by_origin(months).groupby("month")["count_buyers"].sum().tolist() == months["count_buyers"].tolist()
