from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments.composition import (
    count_flows,
    expect,
    forecast_composition,
    grade_composition,
    pick,
    spread,
    sum_up_grades,
    tabulate_composition,
)
from analysis.segments.replay import ABSENT, ClassHistory

CHOSEN = {"transitions": 3, "min_transitions": 2, "graded_months": 2, "horizon_months": 2, "bootstrap": 30}
PARAMS = load_params({"movement": CHOSEN}).movement
LABELS = ("vip", "ordinary", "potential", "not_enough_data")


def make_history(codes: np.ndarray) -> ClassHistory:
    months = tuple(str(month) for month in pd.period_range("2020-01", periods=codes.shape[1], freq="M"))
    ids = pd.Index([f"c{number:04d}" for number in range(len(codes))])
    return ClassHistory(ids, months, {"tier": codes.astype(np.int8)}, {"tier": LABELS})


def make_walk(seed: int, customers: int, months: int) -> ClassHistory:
    """Customers who come at random and then move or stay by the same chances every month."""
    rng = np.random.default_rng(seed)
    codes = np.full((customers, months), ABSENT)
    begin = rng.integers(0, months, customers)
    for month in range(months):
        stay = rng.random(customers) < 0.8
        drawn = rng.integers(0, 3, customers)
        before = codes[:, month - 1] if month else np.full(customers, ABSENT)
        codes[:, month] = np.where(month < begin, ABSENT, np.where((before != ABSENT) & stay, before, drawn))
    return make_history(codes)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 80), st.integers(2, 8), st.integers(0, 5))
def test_flows_conserve_customers(seed, customers, months, resamples):
    flows = count_flows(make_walk(seed, customers, months), "tier", resamples, seed)
    assert flows.between.sum(axis=2) + flows.entered == pytest.approx(flows.stood[:, 1:])
    assert flows.between.sum(axis=3) == pytest.approx(flows.stood[:, :-1])
    if not resamples:
        assert flows.stood[0, -1].sum() == customers


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(2, 60))
def test_expectation_holds_all_customers_and_entries(seed, customers):
    flows = count_flows(make_walk(seed, customers, 6), "tier")
    ahead = expect(flows, 3)[0]
    assert ahead.sum() == pytest.approx(flows.stood[0, -1].sum() + 3 * flows.entered[0].sum() / 5)
    assert (ahead >= 0).all()


def test_known_chances_are_followed():
    # half of the VIPs become ordinary each month, nobody comes: 8, 4, 2, then 1 and 0.5
    codes = np.array([[0, 0, 0]] * 2 + [[0, 0, 1]] * 2 + [[0, 1, 1]] * 4)
    flows = count_flows(make_history(codes), "tier")
    assert expect(flows, 2)[0] == pytest.approx([0.5, 7.5, 0, 0])


def test_class_that_nobody_was_in_keeps_its_people():
    codes = np.array([[0, 0, 2], [0, 0, 0]])
    assert expect(count_flows(make_history(codes), "tier"), 5)[0][2] >= 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 99))
def test_order_of_customers_changes_nothing(seed, shuffle):
    history = make_walk(seed, 50, 6)
    mixed = make_history(history.codes["tier"][np.random.default_rng(shuffle).permutation(50)])
    pd.testing.assert_frame_equal(forecast_composition(mixed, "tier", PARAMS), forecast_composition(history, "tier", PARAMS))


def test_forecast_of_a_closed_month_sees_nothing_later():
    history = make_walk(3, 200, 8)
    later = history.codes["tier"].copy()
    later[:, 6:] = 0
    first, changed = (grade_composition(each, "tier", PARAMS).iloc[0] for each in (history, make_history(later)))
    assert first["made_in"] == changed["made_in"] == "2020-05"
    assert first["month"] == "2020-07"
    a, b = (count_flows(each, "tier").window(1, 4) for each in (history, make_history(later)))
    assert expect(a, 2) == pytest.approx(expect(b, 2))


def test_interval_holds_about_its_share_of_what_comes():
    hits = every = 0
    for seed in range(6):
        grades = grade_composition(make_walk(seed, 400, 12), "tier", PARAMS)
        hits, every = hits + grades["count_inside"].sum(), every + grades["count_classes"].sum()
    assert 0.5 < hits / every <= 1.0


def test_spread_is_none_where_nothing_is_uncertain():
    history = make_history(np.tile([[0], [1], [1], [2]], (5, 5)))
    flows = count_flows(history, "tier")
    assert np.ptp(spread(flows, flows, 2, 1), axis=0) == pytest.approx(0)


def test_too_few_months_are_not_forecast_nor_graded():
    history = make_walk(1, 40, 2)
    assert forecast_composition(history, "tier", PARAMS) is None
    grades = sum_up_grades(history, ("tier",), PARAMS)
    assert grades.empty
    assert tabulate_composition(history, grades, PARAMS) is None
    assert pick(None, "tier") is None


def test_what_misled_on_closed_months_is_left_out():
    history = make_walk(1, 100, 8)
    grades = sum_up_grades(history, ("tier",), PARAMS)
    assert tabulate_composition(history, grades.assign(verdict="worse"), PARAMS) is None
    kept = tabulate_composition(history, grades.assign(verdict="same"), PARAMS)
    assert set(pick(kept, "tier")["class"]) <= set(LABELS)
    assert (kept["low"] <= kept["expected"]).all()
    assert (kept["expected"] <= kept["high"]).all()
