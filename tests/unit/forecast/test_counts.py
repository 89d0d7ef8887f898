"""Distributions of the number of orders."""

import numpy as np
import pytest
from scipy.special import hyp2f1
from scipy.stats import nbinom

from analysis.forecast.counts import Buying, count_orders, expect_orders

SHAPE, RATE, WEEKS = np.array([0.3, 2.5, 40.0]), np.array([4.0, 30.0, 60.0]), 13.0


def test_without_leaving_orders_are_negative_binomial():
    counts = count_orders(Buying.for_weeks(SHAPE, RATE, WEEKS))
    for group in range(3):
        entries = counts.group == group
        expected = nbinom.pmf(counts.number[entries], SHAPE[group], RATE[group] / (RATE[group] + WEEKS))
        assert counts.probability[entries] == pytest.approx(expected, abs=1e-9)


def test_chances_sum_to_one():
    counts = count_orders(Buying.for_weeks(SHAPE, RATE, WEEKS, 0.8, np.array([2.4, 4.4, 42.0])))
    assert counts.none + np.bincount(counts.group, counts.probability) == pytest.approx(np.ones(3), abs=1e-12)


@pytest.mark.parametrize("leave", [0.3, 0.999, 1.7, 20.0])
def test_the_expectation_is_the_hypergeometric_one(leave):
    b = np.array([1.4, 4.4, 42.0])
    top = (leave + b - 1) / (leave - 1)
    share = WEEKS / (RATE + WEEKS)
    published = top * (1 - (1 - share) ** SHAPE * hyp2f1(SHAPE, b, leave + b - 1, share))
    assert expect_orders(Buying.for_weeks(SHAPE, RATE, WEEKS, leave, b)) == pytest.approx(published, abs=1e-6)


def test_the_expectation_is_finite_where_the_hypergeometric_one_has_a_pole():
    near = [expect_orders(Buying.for_weeks(SHAPE, RATE, WEEKS, leave, SHAPE + 0.1)) for leave in (0.999999, 1.0, 1.000001)]
    assert near[1] == pytest.approx((near[0] + near[2]) / 2, abs=1e-6)


def test_a_heavy_buyer_does_not_overflow():
    heavy = Buying.for_weeks(np.array([400.5]), np.array([104.0]), 52.0, 0.5, np.array([400.1]))
    assert 0.5 * 200 < expect_orders(heavy)[0] < 400.5 / 104 * 52


def test_moments_are_those_of_the_distribution():
    counts = count_orders(Buying.for_weeks(SHAPE, RATE, WEEKS))
    mean = SHAPE / RATE * WEEKS
    assert counts.moment(1) == pytest.approx(mean, abs=1e-6)
    assert counts.moment(2) - counts.moment(1) ** 2 == pytest.approx(mean * (1 + WEEKS / RATE), abs=1e-5)


def test_who_may_have_left_orders_less():
    counts = count_orders(Buying.for_weeks(SHAPE, RATE, WEEKS))
    half = counts.scaled(np.full(3, 0.5))
    assert half.none == pytest.approx(0.5 + 0.5 * counts.none, abs=1e-12)
    assert half.moment(1) == pytest.approx(counts.moment(1) / 2, abs=1e-12)


def test_groups_can_be_taken_in_any_order():
    counts = count_orders(Buying.for_weeks(SHAPE, RATE, WEEKS))
    taken = counts.take(np.array([2, 0, 2]))
    assert taken.moment(1) == pytest.approx(counts.moment(1)[[2, 0, 2]], abs=0)


def test_no_time_is_no_orders():
    counts = count_orders(Buying.for_weeks(SHAPE, RATE, 0.0))
    assert list(counts.none) == [1.0, 1.0, 1.0]
    assert len(counts.probability) == 0
