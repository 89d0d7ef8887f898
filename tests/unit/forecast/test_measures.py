"""Grades of forecasts."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from analysis.forecast.measures import (
    auc,
    calibration_table,
    gini,
    measure_chance,
    measure_interval,
    measure_orders,
    measure_spend,
    rank_correlation,
)
from analysis.history.rates import wilson


def test_a_perfect_forecast_of_orders_has_no_deviance():
    grades = measure_orders(np.array([1.0, 3.0]), np.array([1.0, 3.0]))
    assert grades["orders_deviance"] == pytest.approx(0, abs=1e-12)
    assert grades["orders_bias"] == 0


def test_deviance_of_orders_that_did_not_come():
    assert measure_orders(np.array([0.5, 1.5]), np.array([0.0, 2.0]))["orders_deviance"] == pytest.approx(
        (2 * 0.5 + 2 * (2 * np.log(2 / 1.5) - 0.5)) / 2, abs=1e-12
    )


def test_auc_counts_ties_half():
    assert auc(np.array([0.2, 0.5, 0.5, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])) == 0.875


def test_auc_needs_both_outcomes():
    assert np.isnan(auc(np.array([0.2, 0.5]), np.array([1.0, 1.0])))


def test_gini_is_one_for_the_true_ranking_and_minus_one_for_the_reverse():
    value = np.array([0.0, 1.0, 5.0, 2.0])
    assert gini(value, value) == 1
    assert gini(-value, value) == pytest.approx(-1)


def test_a_constant_ranks_nobody():
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))


def test_tails_are_judged_only_where_they_are_not_degenerate():
    low, high, actual = np.array([0.0, 0.0, 2.0, 3.0]), np.array([0.0, 5.0, 6.0, 6.0]), np.array([9.0, 9.0, 1.0, 4.0])
    grades = measure_interval(low, high, actual)
    assert grades["spend_above_high"] == pytest.approx(1 / 3)
    assert grades["spend_below_low"] == 0.5


def test_calibration_counts_everybody_once():
    generator = np.random.default_rng(1)
    chance = generator.random(503)
    table = calibration_table(chance, (generator.random(503) < chance).astype(float))
    assert table["count_customers"].sum() == 503
    assert (table["low"] <= table["share_bought"]).all()
    assert (table["share_bought"] <= table["high"]).all()
    assert table["p_mean"].is_monotonic_increasing


def test_shares_of_a_tenth_have_the_projects_wilson_interval():
    table = calibration_table(np.full(10, 0.3), np.zeros(10))
    low, high = wilson([0], [10])
    assert table.loc[0, ["low", "high"]].tolist() == [low[0], high[0]]


def test_one_chance_for_all_is_one_tenth():
    table = calibration_table(np.full(20, 0.3), np.array([1.0] * 6 + [0.0] * 14))
    assert len(table) == 1
    assert table.loc[0, "share_bought"] == 0.3


@pytest.mark.skipif(not os.environ.get("SHARED"), reason="SHARED names no folder with evaluate.py")
@pytest.mark.parametrize("seed", [1, 2])
def test_grades_are_those_of_the_outside_evaluator(seed):
    spec = importlib.util.spec_from_file_location("evaluate", Path(os.environ["SHARED"]) / "evaluate.py")
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    generator = np.random.default_rng(seed)
    rate = generator.gamma(0.5, 2, 700)
    orders = generator.poisson(rate).astype(float)
    spend = np.where(orders > 0, generator.gamma(np.maximum(orders, 1) * 2, 30), 0.0)
    expected = np.round(rate * generator.gamma(5, 0.2, 700), 2)
    forecast, chance = expected * generator.gamma(20, 3, 700), -np.expm1(-expected)
    low, high = np.where(expected > 2, forecast / 3, 0.0), np.where(expected > 0.1, forecast * 2, 0.0)
    theirs = evaluate.measure(expected, forecast, chance, orders, spend, low, high)
    ours = measure_orders(expected, orders) | measure_spend(forecast, spend)
    ours |= measure_chance(chance, (orders > 0).astype(float)) | measure_interval(low, high, spend)
    assert ours.keys() - theirs.keys() == {"p_log", "spend_abs_bias"}
    assert {name: ours[name] for name in theirs} == pytest.approx(theirs, rel=1e-4, abs=1e-4)
