"""Gamma-Gamma against Fader and Hardie (2013): the 946 repeat buyers of the CDNOW sample, and numeric integration."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import gamma as gamma_distribution

from analysis.forecast import gamma_gamma
from analysis.forecast.gamma_gamma import fit_spend
from analysis.history import read_statistics
from clean_ledger import write_clean


@pytest.mark.skipif(not os.environ.get("DATA_MIRROR"), reason="DATA_MIRROR names no folder with cdnow/")
def test_parameters_and_likelihood_of_the_repeat_buyers(tmp_path):
    raw = pd.read_csv(Path(os.environ["DATA_MIRROR"]) / "cdnow/CDNOW_sample.txt", sep=r"\s+", header=None, dtype=str)
    lines = pd.DataFrame({"customer_id": raw[1], "ordered_on": pd.to_datetime(raw[2], format="%Y%m%d"), "amount": raw[4]})
    ledger = write_clean(tmp_path, {"order_lines": lines[lines["ordered_on"] <= "1997-09-30"]})
    s = read_statistics(ledger, date(1997, 9, 30), keep_free=True)
    found = fit_spend(s["x"], s["m"])
    assert found.estimate.count == 946
    assert found.estimate.parameters == pytest.approx([6.250, 3.744, 15.444], abs=0.005)
    assert found.estimate.log_likelihood == pytest.approx(-4055.92, abs=0.01)


@pytest.mark.parametrize(("orders", "mean"), [(1, 8.0), (3, 30.0), (12, 4.5)])
def test_likelihood_is_the_mixture_of_its_definition(orders, mean):
    p, q, v = 6.25, 3.74, 15.44

    def given(rate):
        return gamma_distribution.pdf(mean, p * orders, scale=1 / (orders * rate)) * gamma_distribution.pdf(rate, q, scale=1 / v)

    whole, _ = quad(given, 0, 20, epsabs=0, epsrel=1e-10, limit=400)
    ours = gamma_gamma.log_likelihood(np.array([p, q, v]), np.array([float(orders)]), np.array([mean]))[0]
    assert ours == pytest.approx(np.log(whole), abs=1e-7)
