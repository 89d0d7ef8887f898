"""What the ledger knew at the end of a day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from analysis.ledger import Ledger
from analysis.ledger.store import LedgerError, instant_after
from clean_ledger import order_lines, write_clean

SHANGHAI = "Asia/Shanghai"
"""Eight hours ahead of UTC all year: local midnight is 16:00 UTC of the day before."""
DAY = date(2020, 3, 31)


def customers(*versions):
    return pd.DataFrame(versions, columns=["customer_id", "city", "updated_at"])


def case(**columns):
    return pd.DataFrame([{"feedback_id": "f", "customer_id": "a", "received_at": "2020-03-01", "kind": "complaint"} | columns])


def cities(ledger, day):
    return dict(ledger.table("customers", day).select("customer_id", "city").to_pandas().itertuples(index=False))


def cell(ledger, table, column, day=DAY):
    return ledger.table(table, day).to_pyarrow().to_pylist()[0][column]


def test_without_a_clean_ledger_the_error_says_what_to_run(tmp_path):
    with pytest.raises(LedgerError, match=r"^shop: no clean ledger yet; run: make report SOURCE=shop$"):
        Ledger(tmp_path / "shop" / "clean")


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2020-03-31", "UTC", "2020-04-01 00:00"),
        ("2020-03-31", SHANGHAI, "2020-03-31 16:00"),
        ("2020-03-28", "Europe/London", "2020-03-29 00:00"),  # clocks go forward an hour later
        ("2020-03-29", "Europe/London", "2020-03-29 23:00"),
        ("2018-11-03", "America/Sao_Paulo", "2018-11-04 03:00"),  # that midnight did not exist: clocks went from 0 to 1
    ],
)
def test_the_day_ends_at_midnight_of_the_sources_time_zone(day, zone, instant):
    assert instant_after(date.fromisoformat(day), ZoneInfo(zone)) == datetime.fromisoformat(instant)


@pytest.mark.parametrize(("ordered_at", "count"), [("2020-03-31 15:59:59.999999", 1), ("2020-03-31 16:00:00", 0)])
def test_a_row_at_local_midnight_belongs_to_the_next_day(tmp_path, ordered_at, count):
    lines = pd.DataFrame({"customer_id": ["a"], "ordered_at": [pd.Timestamp(ordered_at)], "amount": [1]})
    ledger = write_clean(tmp_path, {"order_lines": lines}, zone=SHANGHAI)
    assert ledger.table("order_lines", DAY).count().to_pyarrow().as_py() == count


@pytest.mark.parametrize(("ended_on", "known"), [("2020-03-31", date(2020, 3, 31)), ("2020-04-01", None)])
def test_the_last_day_is_inclusive_for_dates(tmp_path, ended_on, known):
    contract = pd.DataFrame(
        {"contract_id": ["k"], "customer_id": ["a"], "started_on": ["2020-01-01"], "ended_on": [ended_on], "ended": [True]}
    )
    ledger = write_clean(tmp_path, {"contracts": contract})
    assert cell(ledger, "contracts", "ended_on") == known
    assert cell(ledger, "contracts", "ended") == (True if known else None)


def test_a_case_resolved_in_the_days_last_second_is_resolved(tmp_path):
    ledger = write_clean(tmp_path, {"feedback": case(resolved_at="2020-03-31 23:59:59", adopted=True)})
    assert cell(ledger, "feedback", "resolved_at") == datetime(2020, 3, 31, 23, 59, 59)
    assert cell(ledger, "feedback", "adopted") is True


def test_a_case_resolved_one_second_later_is_open_and_its_outcome_unknown(tmp_path):
    ledger = write_clean(tmp_path, {"feedback": case(resolved_at="2020-04-01 00:00:00", adopted=True)})
    assert cell(ledger, "feedback", "resolved_at") is None
    assert cell(ledger, "feedback", "adopted") is None


def test_what_is_known_with_the_row_stays(tmp_path):
    ledger = write_clean(tmp_path, {"feedback": case(topic="late", resolved_at="2020-04-02")})
    assert cell(ledger, "feedback", "topic") == "late"


def test_the_date_of_a_delivery_is_unknown_before_it(tmp_path):
    lines = order_lines(("a", "2020-03-30", 1)).assign(delivered_at="2020-04-02 10:00", delivered_on="2020-04-02")
    ledger = write_clean(tmp_path, {"order_lines": lines})
    assert [cell(ledger, "order_lines", name) for name in ("delivered_at", "delivered_on")] == [None, None]
    assert cell(ledger, "order_lines", "delivered_on", date(2020, 4, 2)) == date(2020, 4, 2)


def test_a_row_without_its_time_is_always_known(tmp_path):
    consent = pd.DataFrame({"customer_id": ["a"], "purpose": ["email"], "granted": [True], "changed_at": [None]})
    assert write_clean(tmp_path, {"consents": consent}).table("consents", DAY).count().to_pyarrow().as_py() == 1


def test_without_a_date_everything_is_known(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 1), ("a", "2020-05-01", 1))})
    assert ledger.table("order_lines").count().to_pyarrow().as_py() == 2


def test_a_cancellation_is_an_order_row_from_the_day_on_which_it_is_known(tmp_path):
    lines = order_lines(("a", "2020-03-01", 5), ("a", "2020-04-01", -5, "2020-03-01"))
    ledger = write_clean(tmp_path, {"order_lines": lines})
    assert [ledger.orders(day).count().to_pyarrow().as_py() for day in (DAY, date(2020, 4, 1))] == [1, 2]


def test_of_a_customers_versions_the_newest_known_stands(tmp_path):
    rows = customers(("a", "Leeds", "2020-01-01"), ("a", "York", "2020-03-31 23:59:59"), ("a", "Hull", "2020-04-01"))
    assert cities(write_clean(tmp_path, {"customers": rows}), DAY) == {"a": "York"}


def test_versions_of_the_same_second_are_told_apart(tmp_path):
    rows = customers(("a", "York", "2020-03-31 10:00:00.7"), ("a", "Leeds", "2020-03-31 10:00:00.2"))
    assert cities(write_clean(tmp_path, {"customers": rows}), DAY) == {"a": "York"}


def test_before_the_first_version_the_earliest_stands(tmp_path):
    rows = customers(("a", "Hull", "2020-06-01"), ("a", "York", "2020-05-01"))
    assert cities(write_clean(tmp_path, {"customers": rows}), DAY) == {"a": "York"}


def test_a_version_without_a_time_gives_way_to_a_known_one_but_not_to_a_later_one(tmp_path):
    rows = customers(("a", "Leeds", None), ("a", "York", "2020-05-01"))
    ledger = write_clean(tmp_path, {"customers": rows})
    assert cities(ledger, DAY) == {"a": "Leeds"}
    assert cities(ledger, date(2020, 5, 1)) == {"a": "York"}


def test_master_data_without_versions_is_taken_as_it_stands(tmp_path):
    rows = customers(("a", "Leeds", None), ("b", "York", None))
    assert cities(write_clean(tmp_path, {"customers": rows}), date(1999, 1, 1)) == {"a": "Leeds", "b": "York"}


def test_a_table_is_there_when_it_has_rows_and_its_columns_are_filled_somewhere(tmp_path):
    ledger = write_clean(tmp_path, {"feedback": case(), "order_lines": order_lines(("a", "2020-03-01", 1))})
    assert ledger.has("feedback")
    assert ledger.has("feedback", "kind", "received_at")
    assert not ledger.has("feedback", "kind", "rating")
    assert not ledger.has("surveys")
    assert not ledger.has("no_such_table")


def test_days_are_those_of_the_facts(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 1))}, zone=SHANGHAI)
    assert (ledger.covered_until, str(ledger.zone)) == (date(2020, 3, 1), SHANGHAI)


def test_a_ledger_that_was_cleaned_anew_while_it_was_open_is_found_out(tmp_path):
    ledger = write_clean(tmp_path / "shop" / "clean", {}, key="old")
    ledger.check_unchanged()
    assert ledger.facts["key"] == "old"
    write_clean(tmp_path / "shop" / "clean", {}, key="new")
    with pytest.raises(LedgerError, match=r"^shop: the source was cleaned anew meanwhile; start the notebook again from its first cell$"):
        ledger.check_unchanged()
