import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from analysis.forecast.survival.renewal import MAX_STEPS, renew, step_ends


def constant(rate):
    """Survival of one kind of customer whose spells have a constant hazard."""
    return lambda ahead, begin: np.exp(-rate * ahead)[None, :]


def counts(renewals, rate):
    first = -np.diff(np.exp(-rate * renewals.ends), prepend=1.0)[None, :]
    return renewals.at_least_orders(first, np.zeros(1, dtype=np.int64))[0]


def test_daily_orders_with_the_same_chance_every_day_are_binomial():
    renewals = renew(30, constant(0.2), constant(0.2))
    at_least = counts(renewals, 0.2)
    k = np.arange(1, len(at_least) + 1)
    assert at_least == pytest.approx(binom.sf(k - 1, 30, -np.expm1(-0.2)), abs=1e-6)


def test_steps_of_several_days_come_close_to_a_poisson_process():
    renewals = renew(360, constant(1 / 20), constant(1 / 20))
    at_least = counts(renewals, 1 / 20)
    k = np.arange(1, len(at_least) + 1)
    assert at_least == pytest.approx(poisson.sf(k - 1, 18), abs=0.02)


def test_the_second_spell_has_its_own_law():
    never = renew(30, constant(1e-12), constant(5.0))
    assert counts(never, 0.2)[1:] == pytest.approx(0.0, abs=1e-6)


@given(st.integers(1, 800))
def test_steps_end_with_the_horizon(horizon):
    ends = step_ends(horizon)
    assert ends[-1] == horizon
    assert len(ends) <= MAX_STEPS
    assert (np.diff(ends) > 0).all()
