import numpy as np
import pandas as pd
import pytest

from analysis.churn.cox import RATIO_COLUMNS, TEST_COLUMNS, CoxStory
from analysis.churn.remarks import tell_drifts, tell_ratios, tell_start
from analysis.params import load_params
from analysis.report.show import reasons
from spell_frames import FIRST_DAY, day

PARAMS = load_params().churn


def ratios(*rows):
    """Rows of (hr, low, high, from_days, to_days, holds) of one channel against another."""
    columns = ["hr", "low", "high", "from_days", "to_days", "holds"]
    table = pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows]).assign(covariate="channel", level="phone", reference="web")
    return CoxStory(table.reindex(columns=RATIO_COLUMNS), pd.DataFrame(columns=TEST_COLUMNS), {})


def write(*rows):
    (sentence,) = reasons("churn", tell_ratios(ratios(*rows)))
    return sentence


def test_a_ratio_below_one_is_slower_by_what_is_missing_to_one():
    assert "18% more slowly (9% to 27%)" in write((0.82, 0.73, 0.91, 0, np.nan, True))


def test_a_ratio_above_one_is_faster_by_what_is_above_one():
    assert "120% faster (50% to 210%)" in write((2.2, 1.5, 3.1, 0, np.nan, True))


@pytest.mark.parametrize(("low", "high"), [(0.8, 1.1), (1.0, 1.3), (0.8, 1.0)])
def test_an_interval_that_holds_one_tells_no_difference(low, high):
    assert "cannot be told apart" in write((1.0, low, high, 0, np.nan, True))


def test_windows_are_told_in_one_sentence_by_their_days():
    text = write((0.5, 0.4, 0.6, 0, 30, True), (2.0, 1.5, 2.5, 30, np.nan, True))
    assert "50% more slowly (40% to 60%) on days 1\u201330 of silence, 100% faster (50% to 150%) on days 31+ of silence." in text


def test_windows_that_all_tell_no_difference_are_told_at_once():
    assert write((1.0, 0.8, 1.1, 0, 30, True), (1.0, 0.9, 1.2, 30, np.nan, True)).endswith("at any length of silence.")


def test_ratios_that_drift_are_called_averages():
    assert "average" in write((0.5, 0.4, 0.6, 0, 30, False))


def test_without_a_model_there_is_nothing_to_tell():
    assert tell_ratios(None) == tell_drifts(None, PARAMS) == []


def drift(answer, p_before, p_after, size):
    rows = [("before", p_before, size), ("after", p_after, size)]
    table = pd.DataFrame(
        [{"stage": s, "covariate": "channel", "transform": "rank", "p_adjusted": p, "drift": d, "answer": answer} for s, p, d in rows]
    )
    (told,) = tell_drifts(CoxStory(pd.DataFrame(columns=RATIO_COLUMNS), table.reindex(columns=TEST_COLUMNS), {}), PARAMS)
    assert reasons("churn", [told])
    return told.key


def test_the_answer_to_a_failed_test_is_told_with_what_it_left():
    assert drift("none", 0.5, 0.5, 0.2) == "drift.none"
    assert drift("none", 0.5, 0.01, 0.01) == "drift.small"
    assert drift("windows", 0.01, 0.5, 0.2) == "drift.windows"
    assert drift("windows", 0.01, 0.01, -0.01) == "drift.windows_small"
    assert drift("windows", 0.01, 0.01, -0.2) == "drift.windows_left"
    assert drift("strata", 0.01, 0.5, 0.2) == "drift.strata"


def test_only_a_small_p_is_called_a_failure_at_first():
    def failed(p):
        rows = [{"stage": s, "covariate": "channel", "p_adjusted": p, "drift": 0.2, "answer": "windows"} for s in ("before", "after")]
        (told,) = tell_drifts(CoxStory(pd.DataFrame(columns=RATIO_COLUMNS), pd.DataFrame(rows).reindex(columns=TEST_COLUMNS), {}), PARAMS)
        return reasons("churn", [told])[0]

    assert "failed the test (adjusted p 0.049)" in failed(0.049)
    assert "at first (adjusted p 0.050)" in failed(0.05)


def start(days, founded=None, last=310):
    told = tell_start(FIRST_DAY + pd.to_timedelta(pd.Series(days), unit="D"), founded, day(last))
    assert not told or reasons("churn", told)
    return told[0].key if told else ""


STEADY = list(range(0, 310, 5))


def test_a_company_that_begins_with_its_log_has_its_first_orders():
    assert start(STEADY, day(-31)) == "start.known"
    assert start(STEADY, day(-32)) == "start.later"


def test_many_new_customers_at_first_are_old_ones():
    assert start([*STEADY, *[0] * 50]) == "start.unknown"


def test_as_many_new_customers_at_first_as_later_are_new_ones():
    assert start(STEADY) == "start.steady"


def test_nobody_who_joins_later_is_a_chosen_cohort():
    assert start([0, 10, 20]) == "start.closed"


def test_without_an_order_there_is_no_start():
    assert start([]) == ""
