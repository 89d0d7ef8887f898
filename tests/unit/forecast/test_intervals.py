"""Points of the predictive distribution of spend."""

import numpy as np
import pytest

from analysis.forecast.counts import Buying, count_orders
from analysis.forecast.intervals import spend_points, spend_variance

SHAPE, RATE, WEEKS = np.array([0.4, 3.0, 40.0]), np.array([5.0, 20.0, 30.0]), 13.0
P, OWN_SHAPE, SCALE = 2.0, np.array([4.0, 9.0, 80.0]), np.array([60.0, 200.0, 900.0])
COUNTS = count_orders(Buying.for_weeks(SHAPE, RATE, WEEKS, 0.8, np.array([2.5, 5.0, 40.0]))).scaled(np.array([0.9, 0.7, 0.99]))
GROUP = np.arange(3)


def drawn(size=200_000, seed=2):
    """Futures drawn from the model itself, customer by customer."""
    generator = np.random.default_rng(seed)
    for group, active in enumerate((0.9, 0.7, 0.99)):
        process = generator.poisson(generator.gamma(SHAPE[group], 1 / RATE[group], size) * WEEKS)
        leaving = generator.geometric(np.maximum(generator.beta(0.8, (2.5, 5.0, 40.0)[group], size), 1e-9))
        orders = np.where(generator.random(size) < active, np.minimum(process, leaving), 0)
        rate = generator.gamma(OWN_SHAPE[group], 1 / SCALE[group], size)
        yield np.where(orders > 0, generator.gamma(np.maximum(P * orders, 1)) / rate, 0.0)


def test_points_leave_the_asked_share_of_simulated_futures_below():
    levels = (0.1, 0.5, 0.9, 0.99)
    points = spend_points(COUNTS, GROUP, P, OWN_SHAPE, SCALE, levels)
    for group, spend in enumerate(drawn()):
        for level, point in zip(levels, points, strict=True):
            expected = max(level, COUNTS.none[group])
            assert (spend <= point[group]).mean() == pytest.approx(expected, abs=0.004)


def test_a_point_is_zero_where_no_order_is_that_likely():
    low, high = spend_points(COUNTS, GROUP, P, OWN_SHAPE, SCALE, (0.1, 0.9))
    assert COUNTS.none[0] > 0.1
    assert low[0] == 0
    assert low[2] > 0
    assert (high >= low).all()


def test_variance_is_that_of_simulated_futures():
    variance = spend_variance(COUNTS, GROUP, P, OWN_SHAPE, SCALE)
    simulated = np.array([spend.var() for spend in drawn()])
    assert variance[1:] / simulated[1:] == pytest.approx(1.0, abs=0.15)


def test_customers_with_the_same_history_have_points_in_proportion_to_their_scale():
    points = spend_points(COUNTS, np.array([1, 1]), P, np.array([9.0, 9.0]), np.array([100.0, 300.0]), (0.9,))[0]
    assert points[1] == pytest.approx(3 * points[0], rel=1e-12)


def test_amounts_that_do_not_vary_have_points_at_whole_orders():
    points = spend_points(COUNTS, GROUP, 1e5, np.full(3, 1e5), np.full(3, 20.0), (0.9,))[0]
    assert points / 20 == pytest.approx(np.round(points / 20), abs=0.15)
