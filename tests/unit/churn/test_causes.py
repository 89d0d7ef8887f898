from datetime import date

import pandas as pd
import pytest

from analysis.churn.causes import check_stated, count_causes, grade_causes, list_gone, tell_causes
from analysis.contracts import Missing
from analysis.params import load_params
from clean_ledger import order_lines, write_clean
from spell_frames import FIRST_DAY, day, make_spells

PARAMS = load_params()
NOBODY = pd.DataFrame({"customer_id": pd.Series(dtype=object), "cause": pd.Series(dtype=object)})


def churn(**lapsed):
    on = [pd.NaT if when is None else FIRST_DAY + pd.Timedelta(days=when) for when in lapsed.values()]
    return pd.DataFrame({"customer_id": list(lapsed), "lapsed_on": pd.to_datetime(pd.Series(on))})


def exits(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "left_on", "cause", "is_backed"])
    return frame.assign(left_on=FIRST_DAY + pd.to_timedelta(frame["left_on"], unit="D"), reason=frame["cause"])


def gone(spells, table, left=None, last=100):
    return list_gone(spells if "amount" in spells else spells.assign(amount=1.0), table, left, day(last)).set_index("customer_id")


def test_who_lapsed_is_gone_on_that_day_and_who_did_not_is_not():
    table = gone(make_spells({"a": [0], "b": [50]}, 100), churn(a=60, b=None))
    assert table["gone_on"].to_dict() == {"a": FIRST_DAY + pd.Timedelta(days=60)}


def test_who_said_so_is_gone_on_the_day_of_saying_even_before_the_silence_is_long():
    table = gone(make_spells({"a": [0, 50]}, 100), churn(a=None), exits(("a", 70, "price", False)))
    assert table.loc["a", ["gone_on", "stated"]].tolist() == [FIRST_DAY + pd.Timedelta(days=70), "price"]


def test_who_ordered_after_saying_goodbye_is_not_gone():
    assert gone(make_spells({"a": [0, 50]}, 100), churn(a=None), exits(("a", 49, "price", False))).empty


def test_an_exit_on_the_day_of_the_last_order_stands():
    assert gone(make_spells({"a": [0, 50]}, 100), churn(a=None), exits(("a", 50, "price", False))).loc["a", "stated"] == "price"


def test_an_exit_after_the_last_day_is_not_known():
    assert gone(make_spells({"a": [0]}, 100), churn(a=None), exits(("a", 101, "price", False))).empty


def test_spend_lost_is_that_of_the_year_that_ends_with_the_last_order():
    spells = make_spells({"a": [0, 10, 375]}, 500).assign(amount=[1.0, 10.0, 100.0])
    assert gone(spells, churn(a=450), last=500).loc["a", "spend_lost"] == 100.0


def graded():
    table = list_gone(
        make_spells({"a": [0], "b": [0], "c": [0], "d": [0]}, 100).assign(amount=1.0),
        churn(a=60, b=60, c=60, d=60),
        exits(("a", 50, "price", True), ("b", 50, "price", False)),
        day(100),
    )
    return grade_causes(table, pd.DataFrame({"customer_id": ["b", "c"], "cause": ["service_quality", "product_quality"]}))


def test_grades_tell_backed_from_stated_from_inferred_from_none():
    table = graded().set_index("customer_id")
    assert table["grade"].to_dict() == {"a": "a", "b": "b", "c": "c", "d": "none"}
    assert table["cause"].to_dict() == {"a": "price", "b": "price", "c": "product_quality", "d": "none"}


def test_every_customer_has_one_cause_and_the_last_row_is_their_sum():
    table = count_causes(graded(), day(100), 0.95, 1).set_index("cause")
    counts = table.filter(like="count_").assign(spend=table["spend_lost"])
    assert counts.iloc[:-1].sum().equals(counts.loc["total"].astype(counts.iloc[:-1].sum().dtype))
    assert table.loc["total", "count_customers"] == 4


def test_the_month_begins_after_the_end_of_the_last_one():
    table = graded().assign(gone_on=pd.to_datetime(["2020-02-29", "2020-03-01", "2020-03-31", "2020-01-01"]))
    assert count_causes(table, date(2020, 3, 31), 0.95, 1).set_index("cause").loc["total", "count_month"] == 2


def test_the_spend_of_a_small_group_is_not_shown():
    table = count_causes(graded(), day(100), 0.95, 2).set_index("cause")
    assert table["spend_lost"].isna()[["product_quality", "none"]].all()


def test_agreement_is_of_those_who_stated_and_were_heard():
    rows = [("a", "price", "price"), ("b", "price", "service_quality"), ("c", "price", None), ("d", "service_quality", "service_quality")]
    row = check_stated(pd.DataFrame(rows, columns=["customer_id", "stated", "inferred"]), 0.95).set_index("cause").loc["price"]
    assert row[["count_customers", "count_heard", "count_same"]].tolist() == [3, 2, 1]
    assert row["share_all"] == pytest.approx(1 / 3)


def test_nobody_who_stated_leaves_nothing_to_compare():
    silent = gone(make_spells({"a": [0]}, 100), churn(a=60)).reset_index()
    assert check_stated(grade_causes(silent, NOBODY), 0.95) is None


def told(tmp_path, **tables):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-01-01", 1)), **tables}, covered_until="2020-04-30")
    spells = make_spells({"a": [0]}, 120).assign(amount=1.0)
    return tell_causes(ledger, date(2020, 4, 30), spells, churn(a=60), PARAMS)


def complaint(received_at, topic="delivery", kind="complaint"):
    row = {"feedback_id": "f", "customer_id": "a", "received_at": received_at, "kind": kind, "topic": topic}
    return {"feedback": pd.DataFrame([row])}


def cause(story):
    return story.causes.set_index("cause").query("count_customers > 0").index[0]


def test_without_any_voice_of_customers_the_gap_is_named(tmp_path):
    story = told(tmp_path)
    assert isinstance(story.causes, Missing)
    assert story.facts["count_none"] == story.facts["count_left"] == 1


@pytest.mark.parametrize(
    ("received_at", "found"),
    [
        ("2020-02-29 12:00", "service_quality"),
        ("2020-03-02 12:00", "none"),
        ("2019-10-03 12:00", "service_quality"),
        ("2019-10-02 12:00", "none"),
    ],
)
def test_evidence_is_near_the_last_order_and_not_after_the_customer_was_gone(tmp_path, received_at, found):
    # the last order was on 2020-01-01, the lapse on 2020-03-01
    assert cause(told(tmp_path, **complaint(received_at))) == found


def test_a_suggestion_is_no_evidence(tmp_path):
    assert cause(told(tmp_path, **complaint("2020-01-15", kind="suggestion"))) == "none"


def test_a_topic_that_is_not_mapped_is_another_cause(tmp_path):
    assert cause(told(tmp_path, **complaint("2020-01-15", topic="weather"))) == "other"


@pytest.mark.parametrize(("score", "found"), [(2.0, "service_quality"), (3.0, "none")])
def test_a_bad_answer_is_evidence_and_a_middling_one_is_not(tmp_path, score, found):
    answer = {"customer_id": "a", "answered_at": "2020-01-15", "question": "csat", "score": score, "touch_point": "delivery"}
    assert cause(told(tmp_path, surveys=pd.DataFrame([answer]))) == found


def test_no_wish_to_try_other_products_is_no_complaint(tmp_path):
    answer = {"customer_id": "a", "answered_at": "2020-01-15", "question": "try_other", "score": 0.0, "touch_point": "delivery"}
    assert cause(told(tmp_path, surveys=pd.DataFrame([answer]))) == "none"


def test_a_stated_reason_goes_before_a_complaint(tmp_path):
    left = pd.DataFrame([{"customer_id": "a", "left_on": "2020-02-01", "reason": "competitor", "competitor": "Kettle"}])
    story = told(tmp_path, exits=left, **complaint("2020-01-15"))
    assert story.causes.set_index("cause").loc["competitor", "count_a"] == 1
