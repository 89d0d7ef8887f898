from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.segments.cluster_scales import _find_power, _find_spread, fit_scale


def fit(values, evidence=1.0, noise=0.0, is_log=False, is_rate=False):
    values = np.asarray(values, dtype=float)
    return fit_scale("a", values, np.where(np.isnan(values), 0.0, evidence), noise, is_log, is_rate)


def test_the_power_is_scipys():
    from scipy.stats import yeojohnson_normmax

    values = np.random.default_rng(2).gamma(2.0, 1.0, 500)
    assert _find_power(values / values.mean()) == pytest.approx(yeojohnson_normmax(values / values.mean()), abs=2e-3)


def test_skew_is_taken_out():
    values = np.random.default_rng(1).lognormal(0, 1.2, 2000)
    moved = fit(values).move(values, np.ones(2000))
    assert abs(pd.Series(moved).skew()) < 0.4 < pd.Series(values).skew()


def test_without_noise_nobody_is_drawn():
    values = np.array([1.0, 2.0, 6.0])
    assert fit(values).steady(values, np.ones(3)) == pytest.approx(values)


def test_without_evidence_a_customer_is_the_mean():
    scale = fit([1.0, 2.0, 6.0, np.nan], noise=0.5)
    assert scale.steady(np.array([np.nan]), np.zeros(1)) == pytest.approx(scale.centre)
    assert scale.share_known == 0.75


def test_as_much_evidence_as_the_strength_draws_half_the_way():
    values = np.random.default_rng(1).normal(10, 2, 300)
    scale = fit(values, evidence=3.0, noise=4.0)
    assert scale.steady(np.array([20.0]), np.array([scale.strength])) == pytest.approx((20.0 + scale.centre) / 2)


def test_logarithms_are_drawn_as_logarithms():
    values = np.exp(np.random.default_rng(1).normal(2, 1, 300))
    scale = fit(values, evidence=3.0, noise=1.0, is_log=True)
    assert scale.steady(np.array([100.0]), np.array([scale.strength])) == pytest.approx(np.sqrt(100.0 * np.exp(scale.centre)))


def test_the_variance_between_customers_is_what_noise_leaves():
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 9, 20_000).astype(float)
    values = rng.normal(0, 1.5, 20_000) + rng.normal(0, 1, 20_000) * np.sqrt(2.0 / counts)
    centre, between = _find_spread(values, 2.0 / counts, None)
    assert centre == pytest.approx(0, abs=0.05)
    assert between == pytest.approx(1.5**2, rel=0.05)


def test_differences_of_chance_alone_leave_no_variance():
    values = np.random.default_rng(3).normal(0, 0.9, 500)
    assert _find_spread(values, np.ones(500), None)[1] == 0
    assert fit(values + 10, evidence=1.0, noise=1.0) is None


def test_the_mean_of_a_rate_is_that_of_all_evidence():
    assert _find_spread(np.array([0.0, 1.0]), np.array([1.0, 0.1]), np.array([1.0, 9.0]))[0] == 0.9


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=30).filter(lambda v: max(v) - min(v) > 1e-3), st.floats(0, 10))
def test_with_the_same_evidence_the_order_of_customers_is_kept(values, noise):
    scale = fit(values, noise=noise)
    if scale is not None:
        assert (np.diff(scale.move(np.sort(np.asarray(values)), np.ones(len(values)))) >= -1e-9).all()
