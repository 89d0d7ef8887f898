"""Samples of customers and dates behind the intervals of grades."""

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.bootstrap import Resampled, draw_weights, resample_dates, sample_customers
from analysis.forecast.measures import measure_chance, measure_interval, measure_orders, measure_spend

IDS = pd.Index([f"c{number:04d}" for number in range(400)], dtype=object, name="customer_id")


def forecast(seed=1, ids=IDS):
    generator = np.random.default_rng(seed)
    rate = np.round(generator.gamma(0.7, 1.5, len(ids)), 2)
    orders = generator.poisson(rate).astype(float)
    spend = np.where(orders > 0, generator.gamma(np.maximum(orders, 1) * 2, 30), 0.0)
    expected = rate * 60
    return pd.DataFrame(
        {
            "p_order": -np.expm1(-rate), "expected_orders": rate, "expected_spend": expected,
            "spend_low": np.where(rate > 2, expected / 3, 0.0), "spend_high": np.where(rate > 0.1, expected * 2, 0.0),
            "count_order_days": orders, "spend": spend,
        },
        index=ids,
    )  # fmt: skip


def test_a_sample_of_everybody_once_has_the_measures_themselves():
    table = forecast()
    orders, spend = table["count_order_days"].to_numpy(), table["spend"].to_numpy()
    whole = Resampled(orders, spend, np.ones((len(table), 1))).grade(table)
    direct = measure_orders(table["expected_orders"].to_numpy(), orders) | measure_spend(table["expected_spend"].to_numpy(), spend)
    direct |= measure_chance(table["p_order"].to_numpy(), (orders > 0).astype(float))
    direct |= measure_interval(table["spend_low"].to_numpy(), table["spend_high"].to_numpy(), spend)
    assert {name: value[0] for name, value in whole.items()} == pytest.approx({name: direct[name] for name in whole}, abs=1e-12)


def test_a_weight_of_two_is_a_customer_who_stands_there_twice():
    table = forecast()
    twice = pd.concat([table.iloc[[index, index] if index % 3 == 0 else [index]] for index in range(len(table))])
    weights = np.where(np.arange(len(table)) % 3 == 0, 2.0, 1.0)[:, np.newaxis]
    weighted = Resampled(table["count_order_days"].to_numpy(), table["spend"].to_numpy(), weights).grade(table)
    doubled = Resampled(twice["count_order_days"].to_numpy(), twice["spend"].to_numpy(), np.ones((len(twice), 1))).grade(twice)
    for name in sorted(set(weighted) - {"spend_rmse_capped", "p_calibration"}):  # their cap and borders are those of the table given
        assert weighted[name][0] == pytest.approx(doubled[name][0], rel=1e-9), name


def test_weights_follow_the_customer_whatever_the_order_of_rows():
    shuffled = IDS[np.random.default_rng(2).permutation(len(IDS))]
    one = pd.DataFrame(draw_weights(IDS, 5, 3), index=IDS)
    other = pd.DataFrame(draw_weights(shuffled, 5, 3), index=shuffled)
    pd.testing.assert_frame_equal(one, other.loc[IDS])


def test_another_seed_draws_others_and_the_same_seed_the_same():
    assert (draw_weights(IDS, 5, 3) == draw_weights(IDS, 5, 3)).all()
    assert (draw_weights(IDS, 5, 3) != draw_weights(IDS, 5, 4)).any()


def test_weights_are_poisson_with_mean_one_and_samples_differ():
    weights = draw_weights(pd.Index([f"x{n}" for n in range(5000)], dtype=object), 40, 1)
    assert weights.mean() == pytest.approx(1, abs=0.01)
    assert weights.var() == pytest.approx(1, abs=0.02)
    assert abs(np.corrcoef(weights[:, 0], weights[:, 1])[0, 1]) < 0.05
    assert abs(np.corrcoef(weights[0], weights[1])[0, 1]) < 0.6


def test_nobody_of_few_is_left_out_and_many_are_thinned_alike_every_time():
    assert len(sample_customers(IDS, 1000)) == len(IDS)
    chosen = set(IDS[sample_customers(IDS, 100)])
    assert 60 < len(chosen) < 140
    assert set(IDS[::-1][sample_customers(IDS[::-1], 100)]) == chosen


def test_dates_come_in_blocks_of_neighbours():
    picks = resample_dates(9, 3, 50, 1)
    assert picks.shape == (50, 9)
    steps = np.diff(picks.reshape(50, 3, 3), axis=2) % 9
    assert (steps == 1).all()
    assert set(picks.ravel()) == set(range(9))


def test_a_block_is_cut_to_half_of_the_dates_so_that_samples_differ():
    assert len(np.unique(np.sort(resample_dates(4, 9, 50, 1), axis=1), axis=0)) > 1
    assert (resample_dates(1, 3, 5, 1) == 0).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """A known chance for all: the Brier score of customers to come is 0.3 x 0.7; 90 % intervals from 60 companies."""
    generator = np.random.default_rng(7)
    held = 0
    for company in range(60):
        ids = pd.Index([f"{company}-{n}" for n in range(300)], dtype=object)
        table = forecast(ids=ids).assign(p_order=0.3, count_order_days=(generator.random(300) < 0.3).astype(float))
        grades = Resampled.of(table, 200, company).grade(table)["p_brier"]
        low, high = np.quantile(grades, [0.05, 0.95])
        held += low <= 0.21 <= high
    assert 47 <= held <= 60
