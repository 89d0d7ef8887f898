"""What each month knew, from one reading of the orders: the same as asking the ledger on each date."""

from datetime import date

import pandas as pd
import pytest

from analysis.churn.replay import Orders, count_months, replay_signs
from analysis.churn.watch import replay_watch
from analysis.history import build_spells
from analysis.history.orders import survivors_by_date
from analysis.history.past import read_past
from analysis.params import load_params
from analysis.period import Period
from clean_ledger import order_lines, write_clean

PARAMS = load_params()
LAST = Period.parse("2021-06")
MERGES = pd.DataFrame({"customer_id": ["c001"], "merged_into": ["c000"], "rule": ["same"], "known_on": ["2021-05-10"]})
LATE = [("c002", "2021-05-20", -10.0, "2021-01-05"), ("c900", "2021-06-15", 10.0)]


def lines():
    """Forty customers of paces between 20 and 60 days who began in January 2020; every fourth one stopped with that year.

    c005, who ordered every 25 days, ordered last on 30 March 2021.
    """
    rows = []
    for number in range(40):
        last = pd.Timestamp("2020-12-31") if number % 4 == 0 else pd.Timestamp("2021-06-30")
        rows += [(f"c{number:03d}", str(day.date()), 10.0) for day in pd.date_range("2020-01-05", last, freq=f"{20 + number}D")]
    rows = [row for row in rows if row[0] != "c005" or row[1] <= "2021-03-31"]
    return [*rows, ("c002", "2021-01-05", 10.0)]


def complaints(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "received_at"])
    return frame.assign(feedback_id=[str(number) for number in range(len(frame))], kind="complaint")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    feedback = complaints(("c005", "2021-04-20"), ("c006", "2021-06-20"))
    tables = {"order_lines": order_lines(*lines(), *LATE), "merges": MERGES, "feedback": feedback}
    return write_clean(tmp_path_factory.mktemp("later"), tables, covered_until="2021-06-30")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """The same company by what it knew at the end of April."""
    known = [row for row in lines() if row[1] <= "2021-04-30"]
    tables = {"order_lines": order_lines(*known), "feedback": complaints(("c005", "2021-04-20"))}
    return write_clean(tmp_path_factory.mktemp("april"), tables, covered_until="2021-04-30")


@pytest.mark.parametrize("day", [date(2021, 4, 30), date(2021, 5, 31), date(2021, 6, 30)])
def test_spells_of_a_past_month_are_those_that_the_ledger_gives(ledger, day):
    orders = Orders(read_past(ledger, LAST.as_of, {}), survivors_by_date(ledger, [day]))
    pd.testing.assert_frame_equal(orders.spells(day), build_spells(ledger, day), check_exact=False, check_dtype=False)


def test_later_rows_change_nothing_of_an_earlier_month(ledger, earlier):
    signs, merges = replay_signs(ledger, LAST, PARAMS)
    then, merged = replay_signs(earlier, Period.parse("2021-04"), PARAMS)
    now_list = replay_watch(signs, merges, PARAMS).of("2021-04").drop(columns=["is_silent", "spend_after"])
    then_list = replay_watch(then, merged, PARAMS).of("2021-04").drop(columns=["is_silent", "spend_after"])
    assert then_list.loc[then_list["is_warned"], "customer_id"].tolist() == ["c005"]
    pd.testing.assert_frame_equal(now_list, then_list)


def test_an_outcome_is_known_only_when_its_horizon_has_closed(ledger):
    signs, _ = replay_signs(ledger, LAST, PARAMS)
    known = signs.groupby("month")["is_silent"].agg(lambda column: column.notna().all())
    assert known["2021-03"]
    assert not known["2021-04"]


def test_a_customer_without_an_order_in_the_horizon_was_silent(ledger):
    signs, _ = replay_signs(ledger, LAST, PARAMS)
    january = signs[signs["month"] == "2021-01"].set_index("customer_id")
    assert january.loc["c004", ["is_silent", "spend_after"]].tolist() == [1.0, 0.0]
    assert january.loc["c005", "is_silent"] == 0.0


def test_the_replay_reaches_as_far_back_as_the_oldest_graded_list_needs(ledger):
    signs, merges = replay_signs(ledger, LAST, PARAMS)
    assert signs["month"].nunique() == min(count_months(PARAMS), 18)
    assert list(merges) == sorted(signs["month"].unique())
    assert merges["2021-04"] == {}
    assert merges["2021-05"] == {"c001": "c000"}


def test_a_company_without_orders_has_an_empty_list(tmp_path):
    watch = replay_watch(*replay_signs(write_clean(tmp_path, {}), LAST, PARAMS), PARAMS)
    assert watch.of(str(LAST)).empty
    assert watch.listed(str(LAST)).empty


def test_a_first_month_has_a_list_without_a_past(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2021-06-01", 5.0), ("b", "2021-06-30", 5.0))})
    watch = replay_watch(*replay_signs(ledger, LAST, PARAMS), PARAMS)
    assert watch.of(str(LAST))["customer_id"].tolist() == ["a", "b"]
    assert watch.months == [str(LAST)]
