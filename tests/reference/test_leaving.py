"""Competing reasons and cured fractions against lifelines."""

import numpy as np
import pytest

from analysis.churn.cure import LOG_NORMAL, WEIBULL, fit_cure
from analysis.churn.incidence import accumulate

DAYS = [30, 100, 200]


@pytest.fixture(scope="module")
def watched():
    """Days without ties, and who left for the first reason (1), for the second (2) or not at all (0)."""
    rng = np.random.default_rng(7)
    first, second, end = rng.exponential(100, 300), rng.exponential(200, 300), rng.uniform(0, 300, 300)
    days = np.minimum(np.minimum(first, second), end)
    return days, np.where(days == end, 0, np.where(days == first, 1, 2))


@pytest.mark.parametrize("cause", [1, 2])
def test_incidence_and_its_variance_are_those_of_lifelines(watched, cause):
    from lifelines import AalenJohansenFitter

    theirs = AalenJohansenFitter(calculate_variance=True).fit(*watched, event_of_interest=cause)
    incidence, variance = accumulate(*watched, DAYS)
    for found, frame in ((incidence, theirs.cumulative_density_), (variance, theirs.variance_)):
        steps = np.asarray(frame, dtype=float).ravel()
        expected = [steps[np.searchsorted(frame.index, day, side="right") - 1] for day in DAYS]
        assert found[cause - 1] == pytest.approx(expected, abs=1e-9)


def test_one_reason_alone_has_the_variance_of_greenwood(watched):
    from analysis.churn.kaplan_meier import estimate

    days, cause = np.ceil(watched[0] / 10), watched[1] > 0
    incidence, variance = accumulate(days, cause.astype(int), [5, 20])
    curve = estimate(days, cause)
    assert incidence[0] == pytest.approx(1 - curve.at([5, 20]), abs=1e-12)
    assert variance[0] == pytest.approx(curve.at([5, 20]) ** 2 * curve.greenwood([5, 20]), abs=1e-12)


@pytest.mark.parametrize("family", [WEIBULL, LOG_NORMAL])
def test_the_cured_fraction_and_its_error_are_those_of_lifelines(family):
    from lifelines import LogNormalFitter, MixtureCureFitter, WeibullFitter

    rng = np.random.default_rng(1)
    wait = np.where(rng.random(1500) < 0.3, np.inf, np.ceil(rng.weibull(0.8, 1500) * 60))
    end = rng.integers(1, 900, 1500)
    days, closed = np.minimum(wait, end), wait <= end
    base = WeibullFitter() if family == WEIBULL else LogNormalFitter()
    theirs = MixtureCureFitter(base_fitter=base).fit(days, closed)
    ours = fit_cure(days, closed, np.arange(1500), family)
    assert ours.never == pytest.approx(theirs.cured_fraction_, abs=1e-4)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_, abs=0.01)
    error = np.sqrt(ours.covariance[0, 0]) * ours.never * (1 - ours.never)
    # theirs is by the information, ours by the sandwich: equal where the model is true, near it where it is not
    assert error == pytest.approx(theirs.summary.loc["cured_fraction_", "se(coef)"], abs=0.001)
