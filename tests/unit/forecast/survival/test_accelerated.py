from dataclasses import replace
from functools import partial

import lifelines
import numpy as np
import pandas as pd
import pytest

from analysis.forecast.survival.accelerated import FITTERS, _log_rows, _start, fit_accelerated, log_likelihood
from analysis.forecast.survival.parametric import Way
from analysis.forecast.survival.spells import COVARIATES, read_spells, sample
from order_days import FIRST, make_snapshot, simulate


@pytest.fixture(scope="module")
def spells():
    days = simulate(400, 1, 500, lambda generator, number, pace: np.exp(3.0 + 0.8 * generator.normal()))
    found, _ = read_spells(days, FIRST + 500)
    return sample(found, make_snapshot(days).statistics.index, 1000, 1000, FIRST + 500)


def test_the_family_of_the_truth_has_the_smallest_aic_and_its_parameters_lie_in_their_intervals(spells):
    law = fit_accelerated(spells)
    assert law.family == "log-normal"
    spread = 3 * np.sqrt(np.diag(law.covariance))
    # gaps were rounded up to whole days: half a day of twenty
    centre = law.theta[-2] + law.theta[COVARIATES.index("later")]
    assert abs(centre - 3.0) < spread[-2] + spread[COVARIATES.index("later")] + 0.03
    assert abs(law.theta[-1] - np.log(0.8)) < spread[-1] + 0.03


@pytest.mark.parametrize("family", ["Weibull", "log-normal", "log-logistic"])
def test_the_likelihood_is_that_of_lifelines(spells, family):
    frame = pd.DataFrame(spells.x, columns=list(COVARIATES)).loc[:, spells.varies]
    theirs = getattr(lifelines, FITTERS[family])().fit(frame.assign(d=spells.duration, e=spells.closed), "d", "e")
    law = fit_accelerated(spells, (family,))
    assert log_likelihood(family, law.theta, spells).sum() == pytest.approx(theirs.log_likelihood_, abs=0.01)


def test_delayed_entry_is_conditioned_on(spells):
    law = fit_accelerated(spells, ("log-normal",))
    late = replace(spells, entry=np.minimum(5.0, spells.duration / 2))
    whole = log_likelihood("log-normal", law.theta, spells)
    before = [law.log_survival(spells.x[[i]], spells.stage[[i]], np.zeros(1), late.entry[[i]])[0, 0] for i in range(5)]
    assert log_likelihood("log-normal", law.theta, late)[:5] == pytest.approx(whole[:5] - before)


def test_slopes_by_linear_predictors_are_those_of_the_likelihood(spells):
    way = Way(partial(_log_rows, "log-logistic"), _start("log-logistic", spells).designs, np.linspace(0.1, 0.7, len(COVARIATES) + 2))
    found, step = way.scores(spells).sum(axis=0), 1e-5
    for i, slope in enumerate(found):
        moved = np.zeros(len(found))
        moved[i] = step
        up, down = (log_likelihood("log-logistic", way.theta + sign * moved, spells).sum() for sign in (1, -1))
        assert slope == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-3)
