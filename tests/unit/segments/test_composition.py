from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments.composition import (
    Closed,
    close_forecasts,
    count_flows,
    count_months,
    deviate,
    expect,
    forecast_composition,
    pick,
    widen,
)
from analysis.segments.replay import ABSENT
from class_walk import make_history, make_walk

CHOSEN = {"transitions": 3, "min_transitions": 2, "graded_months": 2, "horizon_months": 2, "bootstrap": 30, "error_months": 2}
PARAMS = load_params({"movement": CHOSEN}).movement


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 80), st.integers(2, 8))
def test_flows_conserve_customers(seed, customers, months):
    flows = count_flows(make_walk(seed, customers, months), "tier")
    assert flows.between.sum(axis=1) + flows.entered == pytest.approx(flows.stood[1:])
    assert flows.between.sum(axis=2) == pytest.approx(flows.stood[:-1])
    assert flows.stood[-1].sum() == customers


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(2, 60))
def test_expectation_holds_all_customers_and_entries(seed, customers):
    flows = count_flows(make_walk(seed, customers, 6), "tier")
    ahead = expect(flows, 3)
    assert ahead.sum() == pytest.approx(flows.stood[-1].sum() + 3 * flows.entered.sum() / 5)
    assert (ahead >= 0).all()


def test_known_chances_are_followed():
    # half of the VIPs become ordinary each month, nobody comes: 8, 4, 2, then 1 and 0.5
    codes = np.array([[0, 0, 0]] * 2 + [[0, 0, 1]] * 2 + [[0, 1, 1]] * 4)
    flows = count_flows(make_history(codes), "tier")
    assert expect(flows, 2) == pytest.approx([0.5, 7.5, 0, 0])


def test_deviation_is_that_of_independent_moves():
    # of 100 VIPs half leave in the month: the size after another one is binomial, 50 draws of a half
    codes = np.array([[0, 0]] * 50 + [[0, 1]] * 50)
    assert deviate(count_flows(make_history(codes), "tier"), 1)[:2] == pytest.approx(np.sqrt([50 * 0.25, 50 * 0.25]))


def test_entries_vary_as_a_poisson_number():
    codes = np.array([[0, 0]] + [[ABSENT, 2]] * 25)
    assert deviate(count_flows(make_history(codes), "tier"), 1)[2] == pytest.approx(5)


def test_class_that_nobody_was_in_keeps_its_people():
    codes = np.array([[0, 0, 2], [0, 0, 0]])
    assert expect(count_flows(make_history(codes), "tier"), 5)[2] >= 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 99))
def test_order_of_customers_changes_nothing(seed, shuffle):
    history = make_walk(seed, 50, 6)
    mixed = make_history(history.codes["tier"][np.random.default_rng(shuffle).permutation(50)])
    pd.testing.assert_frame_equal(forecast_composition(mixed, "tier", PARAMS), forecast_composition(history, "tier", PARAMS))


def test_forecast_of_a_closed_month_sees_nothing_later():
    history = make_walk(3, 200, 8)
    later = history.codes["tier"].copy()
    later[:, 5:] = 0
    before, after = (close_forecasts(each, "tier", PARAMS) for each in (history, make_history(later)))
    # made in months 2 to 4, none of which knew month 5; that of month 3 came in month 5
    assert [forecast.origin for forecast in before] == [2, 3, 4, 5]
    for one, other in zip(before[:3], after[:3], strict=True):
        assert one.expected == pytest.approx(other.expected)
        assert one.deviation == pytest.approx(other.deviation)
    assert widen(before, 4, PARAMS) == pytest.approx(widen(after, 4, PARAMS))


def make_closed(origin: int, *errors: float) -> Closed:
    expected = np.full(len(errors), 10.0)
    return Closed(origin, expected, np.full(len(errors), 2.0), expected, expected + 2.0 * np.array(errors))


def test_width_is_the_error_that_the_share_does_not_exceed():
    # ten errors, of which the eighth of eleven (nine of 0.8 * 11, rounded up) is the width
    closed = [make_closed(0, *range(1, 6)), make_closed(1, *range(6, 11))]
    assert widen(closed, 3, PARAMS) == 9


def test_width_knows_only_what_had_closed():
    closed = [make_closed(0, 3, 3, 3, 3), make_closed(1, 50, 50, 50, 50)]
    assert widen(closed, 2, PARAMS) == 3
    assert widen(closed, 3, PARAMS) == 50


def test_width_forgets_errors_of_long_ago():
    closed = [make_closed(0, 50, 50, 50, 50), make_closed(1, 3, 3, 3, 3), make_closed(2, 4, 4, 4, 4)]
    assert widen(closed, 4, PARAMS) == 4


@pytest.mark.parametrize("closed", [[], [make_closed(0, 0, 0, 0, 0)]])
def test_width_is_never_below_chance(closed):
    assert widen(closed, 5, PARAMS) == pytest.approx(1.2816, abs=1e-4)


def test_empty_class_is_neither_missed_nor_met():
    nothing = Closed(0, np.array([0.4, 3]), np.ones(2), np.zeros(2), np.array([0.0, 5]))
    assert list(nothing.errors) == [2]


def test_interval_holds_the_expectation_and_no_negative_number():
    table = forecast_composition(make_walk(1, 30, 9), "tier", PARAMS)
    assert (table["low"] <= table["expected"]).all()
    assert (table["expected"] <= table["high"]).all()
    assert (table["low"] >= 0).all()


def test_oldest_month_graded_has_all_that_it_needs():
    closed = close_forecasts(make_walk(1, 30, count_months(PARAMS)), "tier", PARAMS)
    first = closed[-PARAMS.graded_months].origin
    known = [forecast for forecast in closed if forecast.origin + PARAMS.horizon_months <= first][-PARAMS.error_months :]
    assert len(known) == PARAMS.error_months
    assert known[0].origin == PARAMS.transitions


def test_too_few_months_are_not_forecast():
    assert forecast_composition(make_walk(1, 40, 2), "tier", PARAMS) is None
    assert pick(None, "tier") is None
