"""Needs are counted as they were known: open ones by urgency, overdue ones by their due date, frequent ones by customer."""

from datetime import date, datetime

import pandas as pd
import pytest

from analysis.codes.needs import count_types, headline, list_high_need, list_open, queue_urgency, rank_urgency, read_needs, trend_types
from analysis.contracts import Missing
from analysis.params import load_params
from analysis.period import Period
from clean_ledger import write_clean

PARAMS = load_params({"codes": {"high_need_count": 2, "high_need_days": 30}}).codes
AS_OF, PERIOD = date(2020, 6, 30), Period.parse("2020-06")
COLUMNS = ["customer_id", "raised_at", "need_type", "urgency", "due_on", "met_at"]
ROWS = [
    ("a", datetime(2020, 6, 1), "quotation", "low", None, None),
    ("a", datetime(2020, 6, 2), "quotation", "urgent", date(2020, 6, 29), None),
    ("a", datetime(2020, 6, 3), "sample", None, date(2020, 6, 30), datetime(2020, 7, 1)),
    ("b", datetime(2020, 5, 31), "sample", "Whenever", None, None),
    ("c", datetime(2020, 6, 20), "sample", "high", date(2020, 6, 1), datetime(2020, 6, 25)),
    ("d", datetime(2020, 7, 1), "sample", "high", None, None),
]


@pytest.fixture
def needs(tmp_path):
    frame = pd.DataFrame(ROWS, columns=COLUMNS).assign(need_id=[f"n{number}" for number in range(len(ROWS))])
    return read_needs(write_clean(tmp_path, {"needs": frame}), AS_OF)


def test_needs_raised_later_are_not_known(needs):
    assert "d" not in set(needs["customer_id"])


def test_a_need_that_is_met_later_is_open(needs):
    assert needs.set_index("need_id")["is_open"].to_dict() == {"n0": True, "n1": True, "n2": True, "n3": True, "n4": False}


def test_a_need_is_overdue_from_the_day_after_its_due_date(needs):
    assert needs.loc[needs["is_overdue"], "need_id"].tolist() == ["n1"]


def test_days_open_count_from_the_day_it_was_raised(needs):
    assert needs.set_index("need_id")["days_open"]["n1"] == 28


def test_a_customers_most_urgent_open_need_counts(needs):
    assert rank_urgency(needs, PARAMS).to_dict() == {"a": "urgent", "b": "other_urgency"}


def test_the_queue_is_in_the_order_of_urgency_and_counts_all_open_needs(needs):
    queue = queue_urgency(needs, PARAMS)
    assert queue["urgency"].tolist() == ["urgent", "low", "other_urgency", "unknown"]
    assert queue["count_open"].sum() == needs["is_open"].sum()
    assert queue.set_index("urgency").loc["urgent", ["count_overdue", "share_overdue"]].tolist() == [1, 1.0]
    assert pd.isna(queue.set_index("urgency").loc["low", "share_overdue"])


def test_types_are_counted_by_month_and_year(needs):
    table = count_types(needs, PERIOD).set_index("need_type")
    assert table.loc["sample", ["count_month", "count_before", "count_year", "count_open"]].tolist() == [2, 1, 3, 2]
    assert table.loc["sample", "share_met"] == pytest.approx(1 / 3)
    assert table["count_year"].sum() == len(needs)


def test_the_trend_has_every_month_of_the_year(needs):
    trend = trend_types(needs, PERIOD)
    assert trend.groupby("need_type").size().tolist() == [12, 12]
    assert trend["count_needs"].sum() == len(needs)
    assert trend["month"].agg(["min", "max"]).tolist() == ["2019-07", "2020-06"]


def test_high_need_customers_are_those_with_many_needs_in_the_window(needs):
    listed = list_high_need(needs, AS_OF, PARAMS)
    assert listed[["customer_id", "count_needs", "count_open", "main_need", "urgency"]].to_numpy().tolist() == [
        ["a", 3, 3, "quotation", "urgent"]
    ]
    assert headline(needs, listed, AS_OF, PARAMS) == {"count": 1, "asking": 2, "share_needs": pytest.approx(3 / 4)}


def test_the_first_day_of_the_window_is_the_day_after_its_length_before(needs):
    early = needs.assign(raised_on=pd.Timestamp("2020-05-31"))
    assert list_high_need(early, AS_OF, PARAMS).empty
    assert len(list_high_need(early.assign(raised_on=pd.Timestamp("2020-06-01")), AS_OF, PARAMS)) == 1


def test_a_source_without_needs_misses_the_table(tmp_path):
    needs = read_needs(write_clean(tmp_path, {}), AS_OF)
    assert needs is None
    assert all(
        isinstance(found, Missing) for found in (count_types(needs, PERIOD), trend_types(needs, PERIOD), queue_urgency(needs, PARAMS))
    )
    assert list_high_need(needs, AS_OF, PARAMS).empty


def test_the_queue_begins_with_the_most_urgent_and_holds_open_needs_alone(needs):
    assert list(list_open(needs, PARAMS)["need_id"]) == ["n1", "n0", "n3", "n2"]
    assert list_open(None, PARAMS).empty
