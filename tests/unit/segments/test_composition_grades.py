from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.params import load_params
from analysis.segments.composition import pick
from analysis.segments.composition_grades import (
    BETTER,
    SAME,
    WORSE,
    grade_composition,
    sum_up_coverage,
    sum_up_grades,
    tabulate_composition,
)
from class_walk import LABELS, make_history, make_walk

CHOSEN = {"transitions": 3, "min_transitions": 2, "graded_months": 2, "horizon_months": 2, "bootstrap": 30, "error_months": 2}
PARAMS, LONG = (load_params({"movement": {**CHOSEN, "graded_months": months}}).movement for months in (2, 12))


def test_months_are_graded_once_they_have_come():
    grades = grade_composition(make_walk(3, 200, 8), "tier", PARAMS)
    assert list(grades["made_in"]) == ["2020-05", "2020-06"]
    assert list(grades["month"]) == ["2020-07", "2020-08"]
    assert grades["error"].between(0, 1).all()
    assert grades["difference"].to_numpy() == pytest.approx((grades["error"] - grades["error_stays"]).to_numpy())


def test_interval_holds_about_its_share_of_what_comes():
    grades = pd.concat([grade_composition(make_walk(seed, 400, 20), "tier", LONG) for seed in range(8)])
    assert 0.7 < grades["count_inside"].sum() / grades["count_classes"].sum() < 0.97


def test_interval_widens_where_months_differ_more_than_chance():
    rng = np.random.default_rng(5)
    codes = np.zeros((300, 24), dtype=int)
    for month in range(1, 24):
        # in a quiet month nearly nobody moves, in a loud one half of them: no common share tells which is next
        moves = rng.random(300) < (0.5 if rng.random() < 0.5 else 0.02)
        codes[:, month] = np.where(moves, rng.integers(0, 3, 300), codes[:, month - 1])
    grades = grade_composition(make_history(codes), "tier", LONG)
    assert grades["count_inside"].sum() / grades["count_classes"].sum() > 0.7


def test_too_few_months_are_not_graded():
    history = make_walk(1, 40, 2)
    grades = sum_up_grades(history, ("tier",), PARAMS)
    assert grades.empty
    assert tabulate_composition(history, grades, PARAMS) is None
    assert sum_up_coverage(grades)["every"] == 0


def test_few_months_show_no_difference():
    row = sum_up_grades(make_walk(1, 100, 7), ("tier",), LONG).iloc[0]
    assert row["count_months"] < 2 * LONG.horizon_months
    assert np.isnan(row["difference_low"])
    assert row["verdict"] == SAME


def test_verdict_says_whether_the_forecast_or_staying_was_nearer():
    leaves = np.linspace(1, 20, 60).astype(int)
    goes_on = make_history(np.array([[0] * month + [1] * (20 - month) for month in leaves]))
    stopped = make_history(np.array([[0] * month + [1] * (8 - month) for month in np.tile([1, 2, 8], 20)]))
    never = make_history(np.zeros((60, 20), dtype=int))
    verdicts = [sum_up_grades(history, ("tier",), LONG).iloc[0]["verdict"] for history in (goes_on, stopped, never)]
    assert verdicts == [BETTER, WORSE, SAME]


def test_what_misled_on_closed_months_is_left_out():
    history = make_walk(1, 100, 8)
    grades = sum_up_grades(history, ("tier",), PARAMS)
    assert tabulate_composition(history, grades.assign(verdict=WORSE), PARAMS) is None
    kept = tabulate_composition(history, grades.assign(verdict=SAME), PARAMS)
    assert set(pick(kept, "tier")["class"]) <= set(LABELS)


def test_coverage_adds_up_over_classifications():
    grades = pd.DataFrame({"count_months": [12, 9], "count_classes": [36, 14], "count_inside": [30, 10]})
    assert sum_up_coverage(grades) == {"inside": 40, "every": 50, "share": 0.8, "months": 12}
