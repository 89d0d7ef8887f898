"""Spend per order day."""

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.gamma_gamma import MIN_SHAPE, _loss, fit_spend, log_likelihood


def simulated(size=3000, p=4.0, q=3.0, v=60.0, seed=11):
    generator = np.random.default_rng(seed)
    orders = generator.integers(1, 12, size).astype(float)
    rate = generator.gamma(q, 1 / v, size)
    return pd.Series(orders), pd.Series(generator.gamma(p * orders, 1 / rate) / orders)


def test_the_true_parameters_of_a_simulation_lie_within_their_intervals():
    table = fit_spend(*simulated()).estimate.table(z=2.6)
    assert ((table["low"] <= [4.0, 3.0, 60.0]) & (table["high"] >= [4.0, 3.0, 60.0])).all()


def test_the_currency_s_unit_changes_nothing_but_the_unit():
    orders, mean = simulated(500)
    assert fit_spend(orders, mean * 1e4).predict().to_numpy() == pytest.approx(fit_spend(orders, mean).predict() * 1e4, rel=1e-4)


def test_a_forecast_lies_between_the_customer_s_and_everybody_s_mean():
    orders, mean = simulated(500)
    spend = fit_spend(orders, mean)
    p, q, v = spend.estimate.parameters
    everybody = p * v / (q - 1)
    expected = spend.predict().to_numpy()
    assert (expected >= np.minimum(mean, everybody) - 1e-9).all()
    assert (expected <= np.maximum(mean, everybody) + 1e-9).all()


def test_spend_of_zero_or_below_is_left_out_and_counted():
    orders, mean = simulated(100)
    mean.iloc[:3] = [0.0, -5.0, 1.0]
    spend = fit_spend(orders, mean)
    assert spend.count_excluded == 2
    assert spend.estimate.count == 98
    assert (spend.predict() > 0).all()


def test_without_a_finite_mean_the_customer_s_own_stands():
    generator = np.random.default_rng(5)
    orders, mean = pd.Series([3.0] * 200 + [0.0]), pd.Series(np.append(np.exp(generator.standard_cauchy(200).clip(-8, 8)), 0.0))
    spend = fit_spend(orders, mean)
    assert spend.estimate.parameters[1] <= MIN_SHAPE
    assert spend.predict().iloc[0] == mean.iloc[0]
    assert spend.predict().iloc[-1] == pytest.approx(mean.iloc[:-1].mean())


@pytest.mark.parametrize("amounts", [[], [0.0], [12.0], [12.0, 12.0, 12.0]])
def test_very_few_amounts_give_a_finite_forecast(amounts):
    spend = fit_spend(pd.Series([1.0] * len(amounts), dtype=float), pd.Series(amounts, dtype=float))
    assert np.isfinite(spend.predict()).all()
    if amounts and amounts[0] > 0:
        assert spend.predict().to_numpy() == pytest.approx(12.0, abs=0.5)


def test_the_loss_is_the_mean_of_the_likelihood_and_its_slope():
    orders, mean = (np.asarray(part) for part in simulated(60))
    point = np.log([3.0, 2.5, 40.0])
    loss = _loss(orders, mean)
    assert loss(point)[0] == pytest.approx(-log_likelihood(np.exp(point), orders, mean).mean(), abs=1e-10)
    for i, slope in enumerate(loss(point)[1]):
        move = np.eye(3)[i] * 1e-5
        assert slope == pytest.approx((loss(point + move)[0] - loss(point - move)[0]) / 2e-5, abs=1e-7)
