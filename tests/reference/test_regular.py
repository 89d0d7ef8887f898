"""MBG/CNBD-k against its own definition: the likelihood by numeric integration, the forecast by simulation.

The published fits are of the grocery panel of the R package BTYDplus, which is not among the shared data.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.special import beta, expit, gamma, gammaincc

from analysis.forecast.regular import Regular, fit_statistics, log_likelihood

PARAMETERS = np.array([0.8, 3.0, 0.9, 4.0])

# gaps in weeks, and weeks of silence since the last order
HISTORIES = [([], 0.0), ([], 20.0), ([3.0], 27.0), ([4.0, 5.5], 1.0), ([4.0, 4.0, 3.5, 4.5, 4.0], 3.5), ([0.5] * 25, 1.5)]


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize(("gaps", "silent"), HISTORIES)
def test_the_likelihood_is_the_mixture_of_its_definition(k, gaps, silent):
    r, alpha, a, b = PARAMETERS
    x, t_x = len(gaps), float(sum(gaps))

    # both densities have a pole at an end, which logarithm and log odds stretch: there the trapezoid rule is exact enough
    log_rate, odds = np.linspace(-60, 6, 20_001), np.linspace(-60, 40, 20_001)
    rate, p = np.exp(log_rate), expit(odds)

    def over_rates(kept):
        density = np.prod([rate**k * gap ** (k - 1) * np.exp(-rate * gap) / gamma(k) for gap in gaps], axis=0)
        return np.trapezoid(density * kept * np.exp(-alpha * rate) * alpha**r / gamma(r) * rate**r, log_rate)

    def over_chances(chance):
        return np.trapezoid(chance * p**a * expit(-odds) ** b / beta(a, b), odds)

    gone = over_chances(p * (1 - p) ** x) * over_rates(1.0)
    here = over_chances((1 - p) ** (x + 1)) * over_rates(gammaincc(k, rate * silent))
    one = [np.array([value]) for value in (float(x), t_x, t_x + silent, float(np.log(gaps).sum()))]
    assert log_likelihood(PARAMETERS, k, *one)[0] == pytest.approx(np.log(gone + here), abs=1e-8)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(("gaps", "silent"), HISTORIES)
def test_the_forecast_is_what_simulated_customers_with_that_silence_do(k, gaps, silent):
    r, alpha, a, b = PARAMETERS
    x, t_x, weeks, size = len(gaps), float(sum(gaps)), 13.0, 400_000
    given = pd.DataFrame({"x": [float(x)], "t_x": [t_x], "T": [t_x + silent]})
    fitted = fit_statistics(given, Regular(regularity=k)).with_parameters(PARAMETERS)
    generator = np.random.default_rng(20 + x)
    rate, leave = generator.gamma(r + k * x, 1 / (alpha + t_x), size), generator.beta(a, b + x, size)
    is_here = generator.random(size) >= leave
    at = generator.gamma(k, 1 / rate) - silent
    seen = ~is_here | (at > 0)
    active, count = is_here & seen, np.zeros(size)
    ordering = active & (at <= weeks)
    while ordering.any():
        count += ordering
        ordering &= generator.random(size) >= leave
        at += generator.gamma(k, 1 / rate)
        ordering &= at <= weeks
    kept = int(seen.sum())

    def near(draws):
        return pytest.approx(draws.mean(), abs=4.5 * draws.std() / np.sqrt(kept) + 1e-9)

    forecast = fitted.predict(weeks * 7).iloc[0]
    assert forecast["expected_orders"] == near(count[seen])
    assert forecast["p_order"] == near((count[seen] > 0).astype(float))
    assert fitted.p_active()["p_active"].iloc[0] == near(active[seen].astype(float))
    counts, _ = fitted.counts(weeks * 7)
    assert 1 - counts.none[0] - counts.probability[0] == near((count[seen] > 1).astype(float))
