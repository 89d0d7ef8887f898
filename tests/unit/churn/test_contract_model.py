"""The chance of an end: models, windows, cross-validation."""

import numpy as np
import pytest

from analysis.churn.contract_check import check_ends
from analysis.churn.contract_model import fit_ends
from analysis.churn.contract_table import list_contract_ratios, list_contract_tests
from analysis.params import load_params
from contract_frames import make_contracts

PARAMS = load_params()
TERMS = PARAMS.contracts


def simulate(seed, count=1500, ratio=3.0, fades=False):
    """Contracts whose plan `plus` multiplies the hazard; where it `fades`, only within the first ten months."""
    rng = np.random.default_rng(seed)
    plus = rng.random(count) < 0.5
    hazard = 0.03 * np.where(plus, ratio, 1.0)
    length = rng.exponential(1 / hazard)
    if fades:
        length = np.where(plus & (length > 10), 10 + rng.exponential(1 / 0.03, count), length)
    watched = rng.uniform(1, 40, count)
    rows = [(min(a, b), bool(a <= b)) for a, b in zip(length, watched, strict=True)]
    return make_contracts(*rows, plan=np.where(plus, "plus", "basic").tolist())


def test_a_ratio_is_found_within_its_interval():
    model = fit_ends(simulate(1), TERMS)
    row = list_contract_ratios(model, PARAMS).iloc[0]
    truth = 3.0 if row["level"] == "plus" else 1 / 3
    assert row["low"] < truth < row["high"]
    assert model.drifting == ()
    assert list_contract_tests(model).empty


def test_a_ratio_that_fades_gets_one_for_each_window():
    model = fit_ends(simulate(2, 4000, fades=True), TERMS)
    table = list_contract_ratios(model, PARAMS)
    assert len(table) == 2
    assert table["window"].str[0].tolist() == ["\u2264", ">"]


def test_too_few_ends_leave_tenure_alone():
    model = fit_ends(simulate(1, 60), TERMS)
    assert model.kind == "curve"
    assert list_contract_ratios(model, PARAMS) is None
    assert check_ends(simulate(1, 60), model, 3, TERMS) is None


def test_without_an_end_there_is_no_model():
    assert fit_ends(make_contracts((3, False)), TERMS) is None


def test_chances_of_lasting_fall_and_stay_chances():
    contracts = simulate(1)
    lasting = fit_ends(contracts, TERMS).survive(contracts[~contracts["is_ended"]], np.arange(0, 121), TERMS)
    assert (np.diff(lasting, axis=1) <= 1e-12).all()
    assert lasting[:, 0] == pytest.approx(1)
    assert (lasting[:, -1] < 0.6).all()  # the hazard is held beyond the longest tenure on record
    assert lasting.min() >= 0


def test_a_level_that_never_ended_is_no_reason_for_certainty():
    contracts = simulate(1)
    contracts.loc[contracts["plan"] == "basic", "is_ended"] = False
    model = fit_ends(contracts, TERMS)
    assert np.isfinite(model.beta).all()
    assert np.sqrt(np.diag(model.covariance)).max() < TERMS.prior_spread


def test_forecasts_of_unseen_contracts_are_calibrated():
    contracts = simulate(5, 3000)
    check = check_ends(contracts, fit_ends(contracts, TERMS), 3, TERMS)
    assert check.expected == pytest.approx(1, abs=0.05)
    assert check.auc > 0.6
    assert check.brier < check.brier_flat
    assert check.table["count_forecasts"].sum() == check.count_forecasts


def test_a_check_is_the_same_whatever_the_order_of_rows():
    contracts = simulate(5, 600)
    mixed = contracts.sample(frac=1, random_state=2).reset_index(drop=True)
    one, other = (check_ends(rows, fit_ends(rows, TERMS), 3, TERMS) for rows in (contracts, mixed))
    assert one.brier == pytest.approx(other.brier, rel=1e-9)
