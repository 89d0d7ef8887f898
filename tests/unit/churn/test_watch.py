"""Who is on the list, and for how long: literal months of a few customers."""

import numpy as np
import pandas as pd
import pytest

from analysis.churn.watch import replay_watch, value_risk, weigh_reasons
from analysis.params import load_params

PARAMS = load_params()
EDGE = PARAMS.churn.warning_quantile
KEEP = EDGE * (1 - PARAMS.churn.warning_ease)
MONTHS = [f"2021-{month:02d}" for month in range(1, 13)]


def with_churn(**choices):
    return PARAMS.model_copy(update={"churn": PARAMS.churn.model_copy(update=choices)})


def months(*silences, months=MONTHS, spend=None):
    """One customer "a" of the given silence percentiles month by month, among nine ordinary ones."""
    frames = []
    for month, silence in zip(months, silences, strict=False):
        ids = ["a", *(f"x{i}" for i in range(9))]
        frame = pd.DataFrame({"customer_id": ids, "month": month, "order_group": "third+", "count_gaps": 3, "is_silent": np.nan})
        frame["silence_percentile"] = [silence, *([0.1] * 9)]
        frame["silence_days"], frame["usual_spend"], frame["p_order"], frame["p_order_before"] = 9, 100.0, 0.5, 0.5
        frame["p_silent"], frame["p_silent_usual"] = 0.6, 0.5
        frames.append(frame[frame["silence_percentile"].notna()])
    return pd.concat(frames, ignore_index=True)


def replay(signs, merges=None, params=PARAMS):
    return replay_watch(signs, {month: (merges or {}).get(month, {}) for month in signs["month"].unique()}, params)


def warned(watch, customer="a"):
    return [month for month in watch.months if customer in set(watch.listed(month)["customer_id"])]


def test_a_warning_begins_at_the_threshold_and_not_below():
    assert warned(replay(months(EDGE - 1e-9, EDGE))) == ["2021-02"]


def test_who_wavers_about_the_threshold_stays_on_the_list():
    assert warned(replay(months(EDGE, EDGE - 0.02, EDGE, EDGE - 0.02, EDGE))) == MONTHS[:5]


@pytest.mark.parametrize(("then", "expected"), [(KEEP, MONTHS[:2]), (KEEP - 1e-9, MONTHS[:1])])
def test_a_warning_ends_below_the_easier_threshold(then, expected):
    assert warned(replay(months(EDGE, then))) == expected


def test_a_warning_that_is_not_renewed_ends_when_the_memory_does():
    memory = PARAMS.churn.warning_memory_months
    assert warned(replay(months(EDGE, *([KEEP] * 6)))) == MONTHS[:memory]


def test_the_first_month_is_that_of_the_present_run():
    watch = replay(months(EDGE, 0.1, EDGE, KEEP, EDGE))
    assert watch.listed("2021-01")["first_warned"].tolist() == ["2021-01"]
    assert watch.listed("2021-05")["first_warned"].tolist() == ["2021-03"]
    assert watch.listed("2021-05")["or_earlier"].tolist() == [False]


def test_a_renewal_in_the_month_in_which_the_memory_ends_keeps_the_first_month():
    memory = PARAMS.churn.warning_memory_months
    watch = replay(months(EDGE, *([KEEP] * (memory - 1)), EDGE))
    assert watch.listed(MONTHS[memory])["first_warned"].tolist() == ["2021-01"]


def test_a_run_from_before_the_replayed_months_is_marked():
    short = with_churn(warning_graded_months=1)
    watch = replay(months(*([EDGE] * 8)), params=short)
    last = watch.listed("2021-08").iloc[0]
    assert (last["first_warned"], last["or_earlier"]) == (watch.months[0], True)


def test_a_month_off_the_active_customers_ends_the_warning():
    assert warned(replay(months(EDGE, np.nan, KEEP))) == ["2021-01"]


def test_a_later_month_changes_no_earlier_list():
    short = replay(months(EDGE, KEEP, EDGE))
    longer = replay(months(EDGE, KEEP, EDGE, 0.1, EDGE))
    for month in short.months:
        pd.testing.assert_frame_equal(short.listed(month), longer.listed(month))


def test_a_merged_customer_keeps_the_warning_under_the_new_name():
    signs = months(EDGE, KEEP)
    signs.loc[(signs["month"] == "2021-02") & (signs["customer_id"] == "a"), "customer_id"] = "b"
    watch = replay(signs, {"2021-02": {"a": "b"}})
    assert watch.listed("2021-02")[["customer_id", "first_warned"]].to_numpy().tolist() == [["b", "2021-01"]]


def test_row_order_changes_nothing():
    signs = months(EDGE, KEEP, EDGE)
    pd.testing.assert_frame_equal(replay(signs.sample(frac=1, random_state=1)).signs, replay(signs).signs)


def test_the_list_takes_the_share_with_most_at_risk_and_keeps_a_larger_one():
    signs = months(EDGE, EDGE)
    signs["silence_percentile"], signs["usual_spend"] = EDGE, np.tile(np.arange(10.0), 2) + 1
    signs.loc[(signs["month"] == "2021-02") & (signs["customer_id"] == "x8"), "usual_spend"] = 8.5
    watch = replay(signs)
    assert warned(watch, "x8") == MONTHS[:2]
    assert warned(watch, "x7") == ["2021-02"]
    assert warned(watch, "x6") == []


def test_nothing_at_risk_is_no_warning():
    assert warned(replay(months(0.99).assign(p_silent=0.5))) == []


def test_two_reasons_are_urgent():
    signs = months(EDGE, EDGE).assign(has_complaint=False)
    signs.loc[(signs["month"] == "2021-02") & (signs["customer_id"] == "a"), "has_complaint"] = True
    watch = replay(signs)
    assert [watch.listed(month)["warning"].item() for month in MONTHS[:2]] == ["watch", "urgent"]
    assert watch.listed("2021-02")["reasons"].item() == "own_rhythm|complaint"


def test_spend_at_risk_is_the_usual_spend_times_the_added_chance_of_silence():
    assert value_risk(months(EDGE), {}, PARAMS.churn)[0] == pytest.approx(100 * (0.6 - 0.5))


def test_a_reason_adds_its_log_odds():
    signs = months(EDGE).assign(has_complaint=True)
    odds = 0.6 / 0.4 * 2
    assert value_risk(signs, {"complaint": np.log(2)}, PARAMS.churn)[0] == pytest.approx(100 * (odds / (1 + odds) - 0.5))


def closed(cases):
    """Rows of one month and one chance: (has_complaint, is_silent, how many)."""
    rows = [(complaint, silent) for complaint, silent, count in cases for _ in range(count)]
    frame = pd.DataFrame(rows, columns=["has_complaint", "is_silent"])
    return frame.assign(month="2021-01", p_order=0.5, p_order_before=0.5, count_gaps=3, silence_percentile=0.1)


def test_in_one_stratum_the_odds_ratio_is_the_plain_one_with_woolfs_variance():
    found = weigh_reasons(closed([(True, 1, 40), (True, 0, 20), (False, 1, 30), (False, 0, 60)]), PARAMS.churn, 1).iloc[0]
    error = 1.959964 * np.sqrt(1 / 40 + 1 / 20 + 1 / 30 + 1 / 60)
    assert (found["count"], found["odds_ratio"]) == (60, pytest.approx(4.0))
    assert found["high"] == pytest.approx(4.0 * np.exp(error), abs=1e-5)
    assert 0 < found["log_odds"] < np.log(4.0)


def test_a_reason_takes_no_warning_away_and_without_cases_weighs_nothing():
    fewer = weigh_reasons(closed([(True, 1, 10), (True, 0, 40), (False, 1, 50), (False, 0, 50)]), PARAMS.churn, 1)
    assert fewer["odds_ratio"].iloc[0] < 1
    assert (fewer["log_odds"] == 0).all()
    assert (weigh_reasons(closed([(False, 1, 5), (False, 0, 5)]), PARAMS.churn, 1)["log_odds"] == 0).all()
