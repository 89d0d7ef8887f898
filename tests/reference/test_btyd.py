"""BG/NBD, MBG/NBD and Pareto/NBD against the literature and against numeric integration of the models' own definitions.

CDNOW, 39 weeks, zero-dollar days kept. Sample of 2,357 customers: Fader, Hardie and Lee (2005), table 2, and Fader and
Hardie's notes. All 23,570 customers: computed independently for this project with scipy's 2F1.
"""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import gamma, gammaln
from scipy.stats import beta as beta_distribution

from analysis.forecast import bg_nbd, pareto_nbd
from analysis.forecast.bg_nbd import BG_NBD, MBG_NBD
from analysis.history import read_statistics
from clean_ledger import write_clean

CALIBRATION_END = date(1997, 9, 30)
needs_cdnow = pytest.mark.skipif(not os.environ.get("DATA_MIRROR"), reason="DATA_MIRROR names no folder with cdnow/")


def cdnow(folder, file, columns, skip):
    raw = pd.read_csv(
        Path(os.environ["DATA_MIRROR"]) / "cdnow" / file, sep=r"\s+", header=None, skiprows=skip, dtype=str,
        names=columns, usecols=["customer_id", "ordered_on", "amount"],
    )  # fmt: skip
    raw["ordered_on"] = pd.to_datetime(raw["ordered_on"], format="%Y%m%d")
    days = raw.assign(amount=raw["amount"].astype(float)).groupby(["customer_id", "ordered_on"], as_index=False)["amount"].sum()
    ledger = write_clean(folder, {"order_lines": days[days["ordered_on"] <= pd.Timestamp(CALIBRATION_END)].round(4)})
    return read_statistics(ledger, CALIBRATION_END, keep_free=True)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return cdnow(tmp_path_factory.mktemp("sample"), "CDNOW_sample.txt", ["master", "customer_id", "ordered_on", "discs", "amount"], 0)


@needs_cdnow
def test_the_sample_has_its_known_size(sample):
    assert len(sample) == 2357
    assert (sample["x"] > 0).sum() == 946 + (sample.loc[sample["x"] > 0, "m"] == 0).sum()


@needs_cdnow
@pytest.mark.parametrize(
    ("fit", "parameters", "log_likelihood"),
    [
        (lambda s: bg_nbd.fit_statistics(s, BG_NBD), (0.243, 4.414, 0.793, 2.426), -9582.43),
        (lambda s: bg_nbd.fit_statistics(s, MBG_NBD), (0.525, 6.183, 0.891, 1.614), -9582.14),
        (pareto_nbd.fit_statistics, (0.553, 10.578, 0.606, 11.669), -9594.98),
    ],
    ids=["BG/NBD", "MBG/NBD", "Pareto/NBD"],
)
def test_parameters_and_likelihood_of_the_sample(sample, fit, parameters, log_likelihood):
    estimate = fit(sample).estimate
    assert estimate.parameters == pytest.approx(parameters, abs=0.005)
    assert estimate.log_likelihood == pytest.approx(log_likelihood, abs=0.01)


@needs_cdnow
def test_likelihoods_of_the_whole_cohort(tmp_path):
    whole = cdnow(tmp_path, "CDNOW_master.txt", ["customer_id", "ordered_on", "discs", "amount"], 1)
    found = [
        bg_nbd.fit_statistics(whole, BG_NBD).estimate.log_likelihood,
        bg_nbd.fit_statistics(whole, MBG_NBD).estimate.log_likelihood,
        pareto_nbd.fit_statistics(whole).estimate.log_likelihood,
    ]
    assert found == pytest.approx([-95368.4, -95337.0, -95415.1], abs=0.06)


# literal histories, (x, t_x, T) in weeks: never back, back early, back late, regular, heavy
HISTORIES = [(0, 0.0, 20.0), (1, 3.0, 30.0), (2, 25.0, 26.0), (9, 30.0, 31.0), (25, 12.0, 39.0)]
BG_PARAMETERS = np.array([0.6, 5.0, 0.8, 2.5])
PARETO_PARAMETERS = np.array([0.6, 5.0, 0.7, 12.0])


@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD], ids=lambda m: m.name)
@pytest.mark.parametrize(("x", "t_x", "end"), HISTORIES)
def test_bg_likelihood_is_the_mixture_of_its_definition(model, x, t_x, end):
    r, alpha, a, b = BG_PARAMETERS
    chances = x + model.first_chance

    def over_rates(silent_from):
        # the density of rates has a pole at 0, which the weight takes
        density, _ = quad(
            lambda rate: rate**x * np.exp(-(alpha + silent_from) * rate), 0, 20, weight="alg", wvar=(r - 1, 0), epsabs=0, limit=200
        )
        return density * alpha**r / gamma(r)

    def over_chances(given):
        return quad(lambda p: given(p) * beta_distribution.pdf(p, a, b), 0, 1, epsabs=0, epsrel=1e-10, limit=200)[0]

    whole = over_chances(lambda p: (1 - p) ** chances) * over_rates(end)
    if chances:
        whole += over_chances(lambda p: p * (1 - p) ** (chances - 1)) * over_rates(t_x)
    ours = bg_nbd.log_likelihood(BG_PARAMETERS, *(np.array([float(v)]) for v in (x, t_x, end)), model)[0]
    assert ours == pytest.approx(np.log(whole), abs=1e-6)


@pytest.mark.parametrize(("x", "t_x", "end"), HISTORIES)
def test_pareto_likelihood_is_the_mixture_of_its_definition(x, t_x, end):
    r, alpha, s, beta = PARETO_PARAMETERS
    left, _ = quad(lambda t: (alpha + t) ** -(r + x) * s * (beta + t) ** -(s + 1), t_x, end, epsabs=0, epsrel=1e-11)
    whole = left + (alpha + end) ** -(r + x) * (beta + end) ** -s
    expected = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(whole)
    ours = pareto_nbd.log_likelihood(PARETO_PARAMETERS, *(np.array([float(v)]) for v in (x, t_x, end)))[0]
    assert ours == pytest.approx(expected, abs=1e-8)


def fitted(module, parameters):
    statistics = pd.DataFrame(HISTORIES, columns=["x", "t_x", "T"], index=list("abcde")).astype(float)
    return module.fit_statistics(statistics).with_parameters(parameters)


def test_bg_expectation_is_the_integral_over_active_customers():
    r, alpha, a, b = BG_PARAMETERS
    weeks = 13
    predicted = fitted(bg_nbd, BG_PARAMETERS).predict(7 * weeks)["expected_orders"].to_numpy()
    for (x, t_x, end), ours in zip(HISTORIES, predicted, strict=True):
        # given p, orders come until the first leaving: E = E_rate[(1 - exp(-rate p t)) / p]
        def given(p, x=x, end=end):
            return (1 - (1 + p * weeks / (alpha + end)) ** -(r + x)) / p * beta_distribution.pdf(p, a, b + x)

        alive, _ = quad(given, 0, 1, epsabs=0, epsrel=1e-10, limit=400)
        odds = a / (b + x - 1) * ((alpha + end) / (alpha + t_x)) ** (r + x) if x else 0.0
        assert ours == pytest.approx(alive / (1 + odds), abs=1e-6)


@pytest.mark.parametrize(("module", "parameters"), [(bg_nbd, BG_PARAMETERS), (pareto_nbd, PARETO_PARAMETERS)], ids=["BG/NBD", "Pareto/NBD"])
def test_chance_of_an_order_is_the_ratio_of_likelihoods(module, parameters):
    x, t_x, end = (np.array(column, dtype=float) for column in zip(*HISTORIES, strict=True))
    now, later = module.log_likelihood(parameters, x, t_x, end), module.log_likelihood(parameters, x, t_x, end + 13)
    ours = fitted(module, parameters).predict(7 * 13)["p_order"]
    assert ours.to_numpy() == pytest.approx(1 - np.exp(later - now), abs=1e-9)
