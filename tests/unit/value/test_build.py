import numpy as np
import pandas as pd
import pytest

from analysis.churn import know_by
from analysis.contracts import DERIVED
from analysis.forecast.candidates import Snapshot
from analysis.forecast.chance import Calibration
from analysis.forecast.scoring import fit_snapshot
from analysis.history import summarise
from analysis.params import load_params
from analysis.value import build_value, sum_by_group, sum_exactly, value_customers
from spell_frames import day, simulate

PARAMS = load_params()
LAST = 485  # 2021-04-30, the end of a month


def fit_model(customers):
    return fit_snapshot(Snapshot(day(LAST), summarise(customers)), PARAMS.forecast)


@pytest.fixture(scope="module")
def month():
    spells = know_by(simulate(250, seed=50), day(LAST))
    rng = np.random.default_rng(51)
    spells = spells.assign(amount=rng.gamma(3, 20, len(spells)))
    by = spells.groupby("customer_id")
    first, last = by["started_on"].min(), by["started_on"].max()
    repeat = spells[spells["order_number"] > 1].groupby("customer_id")["amount"].mean()
    customers = pd.DataFrame(
        {
            "count_order_days": by.size(),
            "days_first_to_last_order": (last - first).dt.days,
            "days_as_customer": (pd.Timestamp(day(LAST)) - first).dt.days,
            "spend_mean": by["amount"].mean(),
            "spend_total": by["amount"].sum(),
            "mean_repeat_spend": repeat.reindex(first.index).fillna(0.0),
        }
    ).reset_index()
    return customers, spells


@pytest.fixture(scope="module")
def value(month):
    return build_value(*month, fit_model(month[0]), day(LAST), PARAMS)


def test_one_row_per_customer_and_the_contracts_columns(month, value):
    assert value["customer_id"].tolist() == sorted(month[0]["customer_id"])
    assert set(DERIVED["value"].names) <= set(value.columns)
    assert value.notna().all().all()


def test_the_contracts_identity(value):
    assert (value["clv_low"] <= value["clv"]).all()
    assert (value["clv"] <= value["clv_high"]).all()


def test_value_at_risk_is_between_nothing_and_the_value(month, value):
    assert (value["value_at_risk"] >= 0).all()
    assert (value["value_at_risk"] <= value["clv"]).all()


def test_value_at_risk_is_value_times_the_chance_of_no_order_in_all_its_months(month, value):
    days = (day(LAST).replace(year=2022) - day(LAST)).days
    chance = fit_model(month[0]).predict(days)["p_order"].reindex(value["customer_id"]).to_numpy()
    assert value["p_silent"].to_numpy() == pytest.approx(1 - chance)
    assert value["value_at_risk"].to_numpy() == pytest.approx(value["clv"].to_numpy() * (1 - chance), abs=0.0051)


def test_chances_of_silence_are_those_of_the_calibration(month):
    model = fit_model(month[0])
    never, ever = (build_value(*month, model, day(LAST), PARAMS, calibration=Calibration(offset, 0.0)) for offset in (-50.0, 50.0))
    is_open = never["p_silent"] != ever["p_silent"]
    assert is_open.any()
    assert never.loc[is_open, "value_at_risk"].to_numpy() == pytest.approx(never.loc[is_open, "clv"].to_numpy())
    assert (ever.loc[is_open, "value_at_risk"] == 0).all()


def test_total_is_historic_and_predicted(value):
    assert value["value_total"].to_numpy() == pytest.approx((value["value_historic"] + value["clv"]).to_numpy(), abs=0.005)


def test_amounts_are_whole_cents_so_that_group_sums_are_exact(value):
    groups = pd.Series(np.array(["x", "y", "z"])[np.arange(len(value)) % 3], index=value["customer_id"])
    assert sum_exactly(sum_by_group(value, groups)["clv"]) == sum_exactly(value["clv"])
    assert (np.abs(value["clv"] * 100 - np.round(value["clv"] * 100)) < 1e-6).all()


def test_row_order_changes_nothing(month, value):
    shuffled = [table.sample(frac=1, random_state=6) for table in month]
    pd.testing.assert_frame_equal(build_value(*shuffled, fit_model(shuffled[0]), day(LAST), PARAMS), value, rtol=1e-9, atol=0.011)


def test_without_costs_the_page_can_say_that_value_is_revenue(month):
    assert value_customers(*month, fit_model(month[0]), day(LAST), PARAMS).margin.basis == "revenue"
