"""Chances that agree with corrected expectations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.forecast.chance import Calibration, calibrate_chances, correct_chance

CHANCE = st.floats(0, 1)


@given(CHANCE, CHANCE, st.floats(0.1, 10))
def test_a_rate_keeps_the_order_and_stays_a_chance(one, two, rate):
    low, high = correct_chance(np.array(sorted([one, two])), np.full(2, rate))
    assert 0 <= low <= high <= 1


def test_twice_the_rate_is_two_independent_chances():
    assert correct_chance(np.array([0.5]), np.array([2.0])) == pytest.approx(0.75)


def test_a_certain_order_stays_finite():
    assert np.isfinite(correct_chance(np.array([1.0]), np.array([0.5]))).all()


def test_calibration_finds_what_is_wrong():
    generator = np.random.default_rng(1)
    true = generator.beta(1, 3, 20_000)
    happened = (generator.random(20_000) < true).astype(float)
    calibration = calibrate_chances([true / (true + 2 * (1 - true))], [happened])
    assert calibration.offset == pytest.approx(np.log(2), abs=0.1)
    assert calibration.slope == pytest.approx(1, abs=0.05)


def test_few_buyers_calibrate_nothing():
    assert calibrate_chances([np.full(200, 0.2)], [np.repeat([0.0, 1.0], [190, 10])]) == Calibration()


def test_certainties_stay():
    assert list(Calibration(1.0, 2.0).apply(np.array([0.0, 1.0]))) == [0.0, 1.0]
