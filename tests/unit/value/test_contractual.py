"""Value of customers who pay until they end their contracts."""

from datetime import date

import numpy as np
import pytest

from analysis.churn.contract_model import fit_ends
from analysis.contracts.check import check
from analysis.params import load_params
from analysis.value.clv import discount_factors
from analysis.value.contract_total import _share_errors, total_contracts
from analysis.value.contractual import sum_by_contract, value_contracts
from contract_frames import make_contracts

PARAMS = load_params()
TODAY = date(2020, 12, 31)
CERTAIN = float(discount_factors(PARAMS.value.clv_months, PARAMS.value.discount_rate).sum())


@pytest.fixture(scope="module")
def contracts():
    rng = np.random.default_rng(1)
    length, watched = rng.exponential(20, 300), rng.uniform(1, 40, 300)
    rows = [(min(a, b), bool(a <= b)) for a, b in zip(length, watched, strict=True)]
    return make_contracts(*rows, plan=rng.choice(["a", "b"], 300).tolist())


@pytest.fixture(scope="module")
def value(contracts):
    return value_contracts(contracts, fit_ends(contracts, PARAMS.contracts), TODAY, PARAMS)


def test_the_table_keeps_its_contract(value):
    check("value", value)


def test_who_has_left_is_worth_nothing(contracts, value):
    gone = value["customer_id"].isin(contracts.loc[contracts["is_ended"], "customer_id"])
    assert (value.loc[gone, ["clv", "clv_high", "value_at_risk", "monthly_fee"]] == 0).all().all()
    assert (value.loc[~gone, "clv"] > 0).all()


def test_nobody_is_worth_more_than_all_months_paid(value):
    assert value["clv_high"].max() <= round(10 * CERTAIN, 2)


def test_where_no_contract_ever_ended_every_month_is_paid():
    row = value_contracts(make_contracts((5, False)), None, TODAY, PARAMS).iloc[0]
    assert row[["clv", "clv_low", "clv_high"]].tolist() == [round(10 * CERTAIN, 2)] * 3
    assert row["value_at_risk"] == 0
    assert row["value_historic"] == 50


def test_limits_are_quantiles_of_what_is_paid(contracts):
    model = fit_ends(contracts, PARAMS.contracts)
    one = contracts[~contracts["is_ended"]].head(1)
    row = value_contracts(one, model, TODAY, PARAMS).iloc[0]
    lasting = model.survive(one, np.arange(1, 13), PARAMS.contracts)[0]
    rng = np.random.default_rng(0)
    months = (rng.random(100_000)[:, None] < lasting).sum(axis=1)
    paid = 10 * np.concatenate(([0], np.cumsum(discount_factors(12, PARAMS.value.discount_rate))))[months]
    assert row["clv"] == pytest.approx(paid.mean(), abs=0.5)
    assert row["clv_low"] == pytest.approx(np.quantile(paid, 0.1), abs=0.01)
    assert row["clv_high"] == pytest.approx(np.quantile(paid, 0.9), abs=0.01)


def test_the_company_is_worth_the_sum_of_its_customers(contracts, value):
    total, low, high = total_contracts(contracts, fit_ends(contracts, PARAMS.contracts), PARAMS)
    assert total == pytest.approx(value["clv"].sum(), abs=0.005 * len(value))
    assert low < total < high


def resample(contracts, seed):
    rows = np.random.default_rng(seed).integers(0, len(contracts), len(contracts))
    return contracts.iloc[rows].reset_index(drop=True)


def test_the_interval_holds_the_error_of_the_model_that_all_contracts_share(contracts):
    """A bootstrap, each sample with a model of its own that values the same contracts, gives the part that chance alone does not."""
    model = fit_ends(contracts, PARAMS.contracts)
    drawn = [fit_ends(resample(contracts, seed), PARAMS.contracts) for seed in range(16)]
    totals = [value_contracts(contracts, other, TODAY, PARAMS)["clv"].sum() for other in drawn]
    shared = sum(_share_errors(contracts, model, PARAMS)) ** 0.5
    assert shared == pytest.approx(np.std(totals), rel=0.4)


def test_a_company_without_contracts_is_worth_nothing_by_them(contracts):
    nobody = contracts.iloc[:0]
    assert value_contracts(nobody, None, TODAY, PARAMS).empty
    assert total_contracts(nobody, None, PARAMS) == (0.0, 0.0, 0.0)


def test_groups_share_out_the_value(contracts, value):
    table = sum_by_contract(contracts, value, PARAMS)
    assert set(table["by"]) == {"plan"}
    assert table["clv"].sum() == pytest.approx(value["clv"].sum())
    assert table["count_customers"].sum() == len(value)


def test_two_contracts_of_a_customer_are_one_customer():
    two = make_contracts((5, False), (7, True), customer_id=["c", "c"])
    table = value_contracts(two, None, TODAY, PARAMS)
    assert len(table) == 1
    assert table["monthly_fee"].iloc[0] == 10
