"""Grades of literal lists."""

import numpy as np
import pandas as pd
import pytest

from analysis.churn.grading import ALL, chart_months, compare, grade_months, grade_rankings, grade_reasons, list_grades, tell_grades
from analysis.churn.watch import Watch
from analysis.params import load_params

PARAMS = load_params().churn


class Tables:
    def __init__(self, *names):
        self.names = names

    def has(self, name):
        return name in self.names


EVERY = Tables("feedback", "surveys", "needs", "interactions")


def month(name, warned, silent_warned, others, silent_others, **columns):
    """A month of customers alike but for the list and what happened."""
    count = warned + others
    frame = pd.DataFrame({"customer_id": [f"c{i:04d}" for i in range(count)], "month": name, "order_group": "first"})
    frame["is_warned"] = np.arange(count) < warned
    frame["is_silent"] = [1.0] * silent_warned + [0.0] * (warned - silent_warned) + [1.0] * silent_others + [0.0] * (others - silent_others)
    named = {"warning": "watch", "reason": "silence", "reasons": "silence"}
    for column, value in named.items():
        frame[column] = pd.Series(value, index=frame.index, dtype=object).where(frame["is_warned"], None)
    return frame.assign(is_replayed=True, usual_spend=10.0, p_order=0.5, spend_at_risk=1.0, **columns)


def watch(*months):
    return Watch(pd.concat(months, ignore_index=True), pd.DataFrame())


def test_precision_recall_and_lift_of_a_month():
    row = grade_months(watch(month("2021-01", 20, 12, 80, 16)), PARAMS).iloc[0]
    assert (row["count_warned"], row["count_silent"], row["count_active"], row["count_active_silent"]) == (20, 12, 100, 28)
    assert row["precision"] == 0.6
    assert row["recall"] == pytest.approx(12 / 28)
    assert row["base_rate"] == pytest.approx(0.28)
    assert row["against_kind"] == pytest.approx(0.6 / 0.2)
    assert row["share_comparable"] == pytest.approx(0.2)


def test_the_interval_of_a_lift_is_the_delta_methods():
    part = month("2021-01", 20, 12, 80, 16)
    lift, low, high = compare(part, part["is_warned"], part["month"], 0.95)
    error = 1.959964 * np.sqrt(0.4 / (20 * 0.6) + 0.8 / (80 * 0.2))
    assert (low, high) == (pytest.approx(lift * np.exp(-error), rel=1e-6), pytest.approx(lift * np.exp(error), rel=1e-6))


def test_a_customer_seen_twice_is_one_observation():
    once = month("2021-01", 20, 12, 80, 16)
    twice = pd.concat([once, once.assign(month="2021-02")], ignore_index=True)
    single = compare(once, once["is_warned"], once["month"], 0.95)
    assert compare(twice, twice["is_warned"], twice["month"], 0.95) == pytest.approx(single)


def test_a_cell_without_enough_others_is_left_out():
    part = pd.concat([month("2021-01", 10, 10, 4, 0), month("2021-02", 20, 12, 80, 16)], ignore_index=True)
    assert compare(part, part["is_warned"], part["month"], 0.95)[0] == pytest.approx(3.0)


def test_without_anybody_comparable_there_is_no_lift():
    part = month("2021-01", 10, 10, 4, 0)
    assert np.isnan(compare(part, part["is_warned"], part["month"], 0.95)).all()


def test_months_add_up():
    table = grade_months(watch(month("2021-01", 20, 12, 80, 16), month("2021-02", 10, 4, 90, 9)), PARAMS).set_index("month")
    for name in ("count_warned", "count_silent", "count_active", "count_active_silent"):
        assert table.loc[["2021-01", "2021-02"], name].sum() == table.loc[ALL, name]
    assert np.isnan(table.loc[ALL, "precision_low"])


def test_an_open_horizon_is_not_graded():
    later = month("2021-02", 10, 4, 90, 9).assign(is_silent=np.nan)
    assert grade_months(watch(month("2021-01", 20, 12, 80, 16), later), PARAMS)["month"].tolist() == ["2021-01", ALL]
    assert grade_months(watch(later), PARAMS) is None


def test_only_the_newest_lists_are_graded():
    many = [month(f"2021-{number:02d}", 20, 12, 80, 16) for number in range(1, 10)]
    assert len(grade_months(watch(*many), PARAMS)) == PARAMS.warning_graded_months + 1


def test_row_order_changes_nothing():
    one = watch(month("2021-01", 20, 12, 80, 16), month("2021-02", 10, 4, 90, 9))
    other = Watch(one.signs.sample(frac=1, random_state=5), one.weights)
    for grade in (grade_months, grade_reasons, grade_rankings):
        pd.testing.assert_frame_equal(grade(one, PARAMS), grade(other, PARAMS))


def test_a_warning_counts_under_each_of_its_reasons_and_one_urgency():
    signs = month("2021-01", 20, 12, 80, 16)
    signs.loc[:9, ["reasons", "warning"]] = ["silence|complaint", "urgent"]
    counts = grade_reasons(watch(signs), PARAMS).set_index("part")["count_warned"].to_dict()
    assert counts == {"silence": 20, "complaint": 10, "urgent": 10, "watch": 10}


def test_rankings_name_as_many_customers_as_the_list():
    signs = month("2021-01", 20, 12, 80, 16)
    signs["p_order"] = np.linspace(0.1, 0.9, len(signs))
    table = grade_rankings(watch(signs, month("2021-02", 10, 4, 90, 9)), PARAMS).set_index("rule")
    assert set(table["count_warned"]) == {30}
    assert table.loc["list", "share_lost"] == pytest.approx((12 + 4) / (28 + 13))


@pytest.mark.parametrize(
    ("counts", "key"), [((200, 120, 800, 160), "better"), ((20, 4, 80, 16), "unclear"), ((200, 20, 800, 400), "worse")]
)
def test_the_words_follow_the_intervals(counts, key):
    assert [remark.key for remark in tell_grades(grade_months(watch(month("2021-01", *counts)), PARAMS), EVERY)] == [key]


def test_without_a_closed_list_that_is_said_once():
    assert [remark.key for remark in tell_grades(None, EVERY)] == ["none"]
    assert chart_months(None) is None
    assert list_grades(None) is None


def test_missing_tables_are_named_in_one_sentence():
    found = tell_grades(None, Tables("surveys"))
    assert [(remark.key, remark.fields.get("tables")) for remark in found] == [("none", None), ("unseen", "feedback, needs, interactions")]
