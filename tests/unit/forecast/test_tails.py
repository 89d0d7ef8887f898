"""Points of spend read off earlier dates."""

import numpy as np
import pytest

from analysis.forecast.tails import fit_tail


def outcomes(size=20_000, seed=1):
    generator = np.random.default_rng(seed)
    chance = generator.beta(1, 2, size)
    each = generator.lognormal(0, 1, size)
    return chance, chance * np.exp(0.5), np.where(generator.random(size) < chance, each, 0.0)


def test_a_tenth_lies_above_the_high_point():
    chance, expected, _ = outcomes()
    high = fit_tail(0.9, *([part] for part in outcomes())).points(chance, expected)
    spend = outcomes(seed=1)[2]
    assert (spend > high)[high > 0].mean() == pytest.approx(0.1, abs=0.01)


def test_is_zero_where_no_order_is_likely_enough():
    tail = fit_tail(0.9, *([part] for part in outcomes()))
    assert list(tail.points(np.array([0.09, 0.5]), np.array([1.0, 1.0])) > 0) == [False, True]


def test_an_unknown_level_widens():
    parts = [[part] for part in outcomes()]
    at = np.array([0.95]), np.array([1.0])
    assert fit_tail(0.9, *parts, spread=0.5).points(*at) > fit_tail(0.9, *parts).points(*at)
    assert fit_tail(0.1, *parts, spread=0.5).points(*at) <= fit_tail(0.1, *parts).points(*at)


def test_too_few_alike_give_none():
    assert fit_tail(0.1, [np.full(500, 0.5)], [np.ones(500)], [np.ones(500)]) is None
