"""Signs shortly before a date, against the time before: here the last 10 days against the 20 before them."""

from datetime import date

import pandas as pd
import pytest

from analysis.history.signals import build_signals, replay_signals
from clean_ledger import order_lines, write_clean

DAY = date(2020, 3, 31)
"""The recent window is then 22 to 31 March, the baseline 2 to 21 March."""


def cases(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "received_at", "kind"])
    return frame.assign(feedback_id=[f"f{number}" for number in range(len(frame))])


def answers(*rows, question="csat"):
    return pd.DataFrame(rows, columns=["customer_id", "answered_at", "score"]).assign(question=question)


def contacts(**days):
    rows = [(customer, day, "email") for customer, given in days.items() for day in given]
    return pd.DataFrame(rows, columns=["customer_id", "occurred_at", "channel"])


def signals(tmp_path, zone="UTC", **tables):
    frame = build_signals(write_clean(tmp_path, tables, zone=zone), DAY, recent_days=10, baseline_days=20)
    return frame.set_index("customer_id")


def test_a_source_without_voices_or_contacts_has_no_signals(tmp_path):
    assert build_signals(write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 1))}), DAY) is None


@pytest.mark.parametrize(
    ("received_at", "is_recent"),
    [("2020-03-21 23:59:59", False), ("2020-03-22 00:00:00", True), ("2020-03-31 23:59:59", True), ("2020-04-01 00:00:00", False)],
)
def test_a_complaint_is_fresh_from_the_first_day_of_the_window_to_the_last(tmp_path, received_at, is_recent):
    assert ("a" in signals(tmp_path, feedback=cases(("a", received_at, "complaint"))).index) == is_recent


def test_the_window_begins_at_midnight_of_the_sources_time_zone(tmp_path):
    complaint = cases(("a", "2020-03-21 16:00:00", "complaint"))
    assert signals(tmp_path, zone="Asia/Shanghai", feedback=complaint).loc["a", "has_complaint"]


def test_praise_is_no_complaint(tmp_path):
    assert signals(tmp_path, feedback=cases(("a", "2020-03-30", "review"), ("a", "2020-03-30", "suggestion"))).empty


def test_complaints_of_one_customer_are_one_row(tmp_path):
    assert len(signals(tmp_path, feedback=cases(("a", "2020-03-30", "complaint"), ("a", "2020-03-31", "complaint")))) == 1


def test_satisfaction_changes_on_a_scale_from_worst_to_best(tmp_path):
    given = answers(("a", "2020-03-02", 5), ("a", "2020-03-21", 4), ("a", "2020-03-22", 2), ("a", "2020-03-31", 3))
    assert signals(tmp_path, surveys=given).loc["a", "satisfaction_change"] == (2.5 - 4.5) / 4


@pytest.mark.parametrize("days", [("2020-03-02", "2020-03-21"), ("2020-03-22", "2020-03-31"), ("2020-03-01", "2020-03-31")])
def test_answers_in_one_window_alone_are_no_change(tmp_path, days):
    given = answers(*[("a", day, 5) for day in days])
    assert pd.isna(signals(tmp_path, surveys=given).loc["a", "satisfaction_change"])


def test_other_questions_are_no_satisfaction(tmp_path):
    given = answers(("a", "2020-03-10", 9), ("a", "2020-03-30", 1), question="nps")
    assert signals(tmp_path, surveys=given).empty


def test_contacts_are_compared_by_the_day(tmp_path):
    found = signals(tmp_path, interactions=contacts(a=["2020-03-02", "2020-03-21", "2020-03-22", "2020-03-31"], b=["2020-03-10"]))
    assert found["contact_change"].to_dict() == {"a": 1.0, "b": -1.0}


def test_without_a_baseline_contacts_do_not_change(tmp_path):
    found = signals(tmp_path, interactions=contacts(a=["2020-03-01", "2020-03-31"]))
    assert pd.isna(found.loc["a", "contact_change"])


def test_signs_of_several_tables_stand_in_one_row_a_customer(tmp_path):
    found = signals(
        tmp_path,
        feedback=cases(("b", "2020-03-30", "complaint")),
        surveys=answers(("a", "2020-03-10", 5), ("a", "2020-03-30", 1)),
        interactions=contacts(b=["2020-03-10"], c=["2020-03-10"]),
    )
    assert list(found.index) == ["a", "b", "c"]
    assert found["has_complaint"].tolist() == [False, True, False]
    assert found["satisfaction_change"].dropna().to_dict() == {"a": -1.0}


@pytest.mark.parametrize(("known_on", "customer"), [("2020-03-31", "a"), ("2020-04-01", "b")])
def test_doubles_count_as_one_from_the_day_on_which_they_are_known(tmp_path, known_on, customer):
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["same"], "known_on": [known_on]})
    found = signals(tmp_path, feedback=cases(("b", "2020-03-30", "complaint")), merges=merges)
    assert list(found.index) == [customer]


def sent(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "occurred_at", "direction", "replied"]).assign(channel="email")


def test_what_the_company_sends_is_no_contact_of_the_customers_unless_answered(tmp_path):
    rows = [("a", "2020-03-10", "outbound", False), ("b", "2020-03-10", "outbound", True), ("c", "2020-03-10", "inbound", False)]
    rows += [("d", "2020-03-10", None, None), ("e", "2020-03-10", "outbound", None)]
    assert list(signals(tmp_path, interactions=sent(*rows)).index) == ["b", "c", "d"]


def test_few_contacts_are_as_likely_as_the_binomial_says(tmp_path):
    found = signals(tmp_path, interactions=contacts(a=["2020-03-02", "2020-03-03", "2020-03-04"], b=["2020-03-10"]))
    assert found["contact_chance"].to_dict() == pytest.approx({"a": (2 / 3) ** 3, "b": 2 / 3})


@pytest.mark.parametrize(
    ("due_on", "met_at", "is_overdue"),
    [
        ("2020-03-30", None, True),
        ("2020-03-31", None, False),
        ("2020-03-22", None, True),
        ("2020-03-21", None, False),
        ("2020-03-30", "2020-03-31 23:59:59", False),
        ("2020-03-30", "2020-04-01 00:00:00", True),
        (None, None, False),
    ],
)
def test_a_need_is_overdue_from_the_day_after_until_met(tmp_path, due_on, met_at, is_overdue):
    row = {
        "need_id": ["1"],
        "customer_id": ["a"],
        "raised_at": ["2020-03-01"],
        "need_type": ["sample"],
        "due_on": [due_on],
        "met_at": [met_at],
    }
    assert ("a" in signals(tmp_path, needs=pd.DataFrame(row)).index) == is_overdue


def test_every_date_of_a_replay_is_the_date_alone(tmp_path):
    tables = {
        "feedback": cases(("a", "2020-03-12", "complaint"), ("b", "2020-03-30", "complaint")),
        "interactions": contacts(a=["2020-03-02", "2020-03-21"], b=["2020-02-10", "2020-03-31"]),
        "merges": pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["same"], "known_on": ["2020-03-25"]}),
    }
    ledger, dates = write_clean(tmp_path, tables), [date(2020, 3, 15), DAY]
    both = replay_signals(ledger, dates, recent_days=10, baseline_days=20)
    for day in dates:
        alone = build_signals(ledger, day, recent_days=10, baseline_days=20)
        found = both[both["as_of"] == pd.Timestamp(day)].drop(columns="as_of").reset_index(drop=True)
        pd.testing.assert_frame_equal(found, alone)
