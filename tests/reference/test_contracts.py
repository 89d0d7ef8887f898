"""Contracts' curves and ratios against lifelines' own, and the published facts of the telco data."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.churn.contract_curves import fit_curve, group_contracts, summarise_contracts
from analysis.churn.contract_reasons import count_reasons
from analysis.churn.delayed_entry import check_late, fit_late
from analysis.params import load_params
from contract_frames import make_contracts

PARAMS = load_params().contracts
MIRROR = pytest.mark.skipif("DATA_MIRROR" not in os.environ, reason="DATA_MIRROR names no folder of public data sets")


@pytest.fixture(scope="module")
def spells():
    """Spells that come under observation late, with ties."""
    rng = np.random.default_rng(7)
    x = np.column_stack([rng.normal(size=600), rng.random(600) < 0.4]).astype(float)
    entry = np.round(rng.uniform(0, 8, 600))
    until = entry + np.ceil(rng.exponential(12 / np.exp(x @ [0.5, -0.7])))
    ended = rng.random(600) < 0.7
    return x, entry, until, ended


def frame(x, entry, until, ended):
    return pd.DataFrame(x, columns=["a", "b"]).assign(entry=entry, until=until, ended=ended)


def test_ratios_with_late_entries_are_those_of_lifelines(spells):
    lifelines = pytest.importorskip("lifelines")
    x, entry, until, ended = spells
    theirs = lifelines.CoxPHFitter().fit(frame(*spells), "until", "ended", entry_col="entry")
    ours = fit_late(x, entry, until, ended)
    assert ours.beta == pytest.approx(theirs.params_.to_numpy(), abs=1e-4)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.standard_errors_.to_numpy(), abs=1e-4)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_, abs=0.01)


def test_the_test_of_proportional_hazards_is_that_of_lifelines(spells):
    lifelines = pytest.importorskip("lifelines")
    from lifelines.statistics import proportional_hazard_test

    x, _, until, ended = spells
    data = frame(x, 0.0, until, ended).drop(columns="entry")
    theirs = proportional_hazard_test(lifelines.CoxPHFitter().fit(data, "until", "ended"), data, time_transform="rank")
    chi_square, p_values, _ = check_late(fit_late(x, np.zeros(600), until, ended))
    # lifelines spreads tied events over Efron's weights in its own way
    assert chi_square == pytest.approx(np.ravel(theirs.test_statistic), abs=0.2)
    assert p_values == pytest.approx(theirs.summary["p"].to_numpy(), abs=0.05)


def test_curves_with_late_entries_are_those_of_lifelines(spells):
    lifelines = pytest.importorskip("lifelines")
    _, entry, until, ended = spells
    contracts = make_contracts(*zip(until, ended, entry, strict=True))
    theirs = lifelines.KaplanMeierFitter().fit(until + 20, ended, entry=entry)  # late enough that nobody is alone at first
    ours = fit_curve(contracts.assign(tenure_months=until + 20))
    assert ours.survival == pytest.approx(theirs.survival_function_at_times(ours.days).to_numpy(), abs=1e-9)


def test_shares_of_reasons_are_those_of_lifelines():
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(3)
    until = rng.exponential(15, 500)  # no ties: lifelines breaks them by chance
    event = rng.integers(0, 3, 500)
    contracts = make_contracts(*zip(until, event > 0, strict=True), end_reason=np.where(event == 1, "price", "moved").tolist())
    ours = count_reasons(contracts, PARAMS).set_index("reason").loc["price"]
    theirs = lifelines.AalenJohansenFitter(calculate_variance=True).fit(pd.Series(until), pd.Series(event), event_of_interest=1)
    before = theirs.cumulative_density_.index <= 12
    assert ours["ended_12"] == pytest.approx(theirs.cumulative_density_[before].iloc[-1, 0], abs=1e-9)
    half = (np.log(-np.log(ours["ended_12_low"])) - np.log(-np.log(ours["ended_12_high"]))) / 2
    error = half / 1.959964 * ours["ended_12"] * -np.log(ours["ended_12"])
    assert error == pytest.approx(float(np.sqrt(theirs.variance_[before].iloc[-1])), rel=0.02)


@pytest.fixture(scope="module")
def telco():
    """The raw file of the telco data, read without the ledger."""
    raw = pd.read_csv(Path(os.environ["DATA_MIRROR"]) / "telco_churn" / "Telco-Customer-Churn.csv")
    rows = zip(raw["tenure"], raw["Churn"] == "Yes", strict=True)
    return make_contracts(*rows, contract_type=raw["Contract"].tolist())


@MIRROR
def test_telco_facts(telco):
    table = summarise_contracts(telco, group_contracts(telco, PARAMS)["contract_type"], PARAMS).set_index("group")
    assert (len(telco), int(telco["is_ended"].sum())) == (7043, 1869)
    assert table["count_ended"].to_dict() == {"Month-to-month": 1655, "Two year": 48, "One year": 166}
    assert table.loc["Month-to-month", "median_months"] == 35
    assert np.isnan(table.loc[["One year", "Two year"], "median_months"]).all()


@MIRROR
def test_telco_curve_is_that_of_lifelines(telco):
    lifelines = pytest.importorskip("lifelines")
    theirs = lifelines.KaplanMeierFitter().fit(telco["tenure_months"], telco["is_ended"])
    ours = fit_curve(telco)
    assert ours.survival == pytest.approx(theirs.survival_function_at_times(ours.days).to_numpy(), abs=1e-12)
