from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.candidates import Snapshot
from analysis.forecast.scoring import fit_snapshot
from analysis.history import summarise
from analysis.params import load_params
from analysis.value.clv import discount_factors, discount_orders, expect_value
from analysis.value.margin import find_margin

AS_OF = date(2021, 1, 31)
PARAMS = load_params()


def make_customers(count=300, seed=40):
    rng = np.random.default_rng(seed)
    orders = 1 + rng.geometric(0.4, count)
    orders[: count // 3] = 1
    age = rng.integers(60, 700, count)
    span = np.where(orders > 1, (age * rng.random(count)).astype(int).clip(1), 0)
    # a level of the customer's own, and the chance of as many orders as there were
    spend = rng.gamma(3, 20, count) * rng.gamma(3 * orders) / (3 * orders)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:03d}" for i in range(count)],
            "count_order_days": orders,
            "days_first_to_last_order": span,
            "days_as_customer": age,
            "spend_mean": spend,
            "mean_repeat_spend": np.where(orders > 1, spend, 0.0),
            "spend_total": spend * orders,
        }
    )


def fit_model(customers):
    return fit_snapshot(Snapshot(AS_OF, summarise(customers)), PARAMS.forecast)


@pytest.fixture(scope="module")
def fitted():
    return fit_model(make_customers())


@pytest.fixture(scope="module")
def value(fitted):
    return expect_value(fitted, find_margin(make_customers(), PARAMS.value), AS_OF, PARAMS)


def test_a_unit_at_the_end_of_a_year_is_discounted_by_the_yearly_rate():
    assert discount_factors(12, 0.1)[-1] == pytest.approx(1 / 1.1)
    assert discount_factors(12, 0.1)[5] == pytest.approx(1.1**-0.5)


def test_discounting_by_hand():
    # one order in the first month, two in the second, at 21 % a year
    assert discount_orders(np.array([[1.0, 3.0]]), 0.21)[0] == pytest.approx(1.21 ** (-1 / 12) + 2 * 1.21 ** (-2 / 12))


def test_without_discount_clv_is_orders_times_amount_times_margin(fitted):
    params = load_params({"value": {"discount_rate": 0.0, "margin_share": 0.4}})
    made = expect_value(fitted, find_margin(make_customers(), params.value), AS_OF, params)
    year = fitted.predict(365.0)
    assert made["clv"].to_numpy() == pytest.approx(0.4 * year["expected_spend"].to_numpy(), rel=1e-9)


def test_a_leap_year_is_a_day_longer(fitted):
    margin = find_margin(make_customers(), PARAMS.value)
    leap = expect_value(fitted, margin, date(2020, 1, 31), PARAMS)["expected_orders"]
    assert leap.sum() == pytest.approx(fitted.predict(366.0)["expected_orders"].sum())


def test_the_interval_holds_the_value(value):
    assert (value["clv_low"] <= value["clv"]).all()
    assert (value["clv"] <= value["clv_high"]).all()
    assert (value["clv_low"] >= 0).all()


def test_the_interval_is_wider_than_chance_alone(fitted, value):
    error = fitted.parameter_error(365)
    assert (error > 0).all()
    worth = value["clv"] / (value["expected_orders"] * value["expected_amount"])
    alone = fitted.interval(365.0, PARAMS.forecast.interval)["spend_high"] * worth
    assert (value["clv_high"] >= alone * (1 - 1e-9)).all()


def test_parameter_error_is_that_of_moved_parameters(fitted):
    # brute force: draw log parameters from a tenth of their errors, where an expectation is a straight line of them
    known_spend = replace(fitted.spend, estimate=replace(fitted.spend.estimate, covariance=np.zeros((3, 3))))
    error = replace(fitted, spend=known_spend).parameter_error(365)
    estimate = fitted.orders.estimate
    draws = np.random.default_rng(41).multivariate_normal(np.log(estimate.parameters), estimate.covariance / 100, 200)
    logs = [np.log(fitted.orders.with_parameters(np.exp(draw)).predict(365.0)["expected_orders"].to_numpy()) for draw in draws]
    assert np.median(np.std(logs, axis=0) / (error / 10)) == pytest.approx(1.0, abs=0.1)


def test_a_model_that_is_not_fitted_has_no_parameter_error_in_orders():
    few = make_customers(80)
    made = fit_model(few)
    value = expect_value(made, find_margin(few, PARAMS.value), AS_OF, PARAMS)
    assert value["clv"].notna().all()
    assert (value["clv_low"] <= value["clv_high"]).all()


def test_row_order_changes_nothing(value):
    shuffled = make_customers().sample(frac=1, random_state=5)
    made = expect_value(fit_model(shuffled), find_margin(shuffled, PARAMS.value), AS_OF, PARAMS)
    pd.testing.assert_frame_equal(made.loc[value.index], value, rtol=1e-9)
