import numpy as np
import pytest
from scipy.special import expit, logit

from analysis.forecast.survival.cured import CURED, LABELS, fit_cured
from analysis.forecast.survival.fitted import FittedSpells
from analysis.forecast.survival.spells import COVARIATES, read_spells, sample
from order_days import FIRST, make_snapshot, simulate

NEVER, SCALE = 0.3, 25.0


def gap(generator, number, pace):
    return np.inf if generator.random() < NEVER else SCALE * generator.weibull(1.2)


@pytest.fixture(scope="module")
def days():
    return simulate(1500, 3, 600, gap)


@pytest.fixture(scope="module")
def fitted(days):
    return CURED.fit(make_snapshot(days))


def test_the_true_fraction_lies_in_its_interval(days):
    spells, _ = read_spells(days, FIRST + 600)
    law = fit_cured(sample(spells, make_snapshot(days).statistics.index, 5000, 1000, FIRST + 600))
    place = LABELS.index(("cured_", "one"))
    error = np.sqrt(law.covariance[place, place])
    assert law.family == "Weibull"
    assert 0.01 < error < 0.2
    assert abs(law.theta[place] - logit(NEVER)) < 2.6 * error


def test_who_is_silent_for_long_is_gone(fitted):
    active = fitted.p_active()["p_active"].to_numpy()
    silence = fitted.running.open.duration
    truth = (1 - NEVER) * np.exp(-((silence / SCALE) ** 1.2))
    truth /= truth + NEVER
    assert active == pytest.approx(truth, abs=0.12)
    assert active[silence > 200].max() < 0.01


def test_chances_are_those_of_the_truth(fitted):
    silence = fitted.running.open.duration
    lasting = [NEVER + (1 - NEVER) * np.exp(-((at / SCALE) ** 1.2)) for at in (silence, silence + 90)]
    assert fitted.predict(90)["p_order"].mean() == pytest.approx((1 - lasting[1] / lasting[0]).mean(), abs=0.02)


def test_expected_orders_chain_spells_that_may_each_be_the_last(fitted):
    # within two years nearly all who return have done so: 1 / NEVER - 1 more orders after each return
    table = fitted.predict(720)
    ratio = table["expected_orders"].sum() / table["p_order"].sum()
    assert ratio == pytest.approx(1 / NEVER, rel=0.1)


def test_orders_of_a_company_that_nobody_leaves(days):
    stays = simulate(500, 4, 400, lambda generator, number, pace: 20 * generator.weibull(1.2))
    law = CURED.fit(make_snapshot(stays))
    assert isinstance(law, FittedSpells)
    share = expit(law.law.theta[0] + law.running.open.x @ law.law.theta[1 : 1 + len(COVARIATES)])
    assert share.mean() < 0.02
