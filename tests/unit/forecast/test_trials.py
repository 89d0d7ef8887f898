"""Which model of orders, whether corrected, which chances and which amounts."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.bg_nbd import BG_NBD, MBG_NBD, BgNbd
from analysis.forecast.clock import FLAT
from analysis.forecast.contest import chosen
from analysis.forecast.gamma_gamma import fit_spend
from analysis.forecast.origins import Origin
from analysis.forecast.own_rate import OWN_RATE
from analysis.forecast.pareto_nbd import PARETO_NBD
from analysis.forecast.trials import contest_chances, contest_correction, contest_models, hold_trials
from analysis.history.past import Past, read_past
from analysis.params import load_params
from clean_ledger import write_clean
from simulated_shop import shop

PARAMS = load_params().forecast
AS_OF = date(2020, 3, 31)


def origin(as_of, size=2000, seed=1, effect=0.6):
    """An origin on which half of the customers order `effect` more, on the log scale, than was expected of them."""
    generator = np.random.default_rng(seed)
    group = generator.integers(0, 2, size).astype(float)
    expected = generator.gamma(2, 0.4, size)
    actual = generator.poisson(expected * np.exp(effect * (group - 0.5))).astype(float)
    base = pd.DataFrame({"expected_orders": expected, "p_order": -np.expm1(-expected)})
    spends = fit_spend(pd.Series([1.0, 2.0]), pd.Series([1.0, 1.0]))
    return Origin(as_of, np.arange(size), base, pd.DataFrame({"group": group}), spends, np.ones(size), actual, actual)


def origins(effects, seed=0):
    return [origin(30 * number, seed=seed + number, effect=effect) for number, effect in enumerate(effects)]


def test_an_effect_that_lasts_is_worth_it_and_noise_is_not():
    lasting, *noise = (
        contest_correction(hold_trials(origins([effect] * 4, seed), 30, PARAMS), "M", True, 30)
        for effect, seed in ((0.6, 0), (0.0, 10), (0.0, 20), (0.0, 30), (0.0, 40))
    )
    assert chosen(lasting) == "M, corrected"
    # one standard error lets every sixth pass that is worth nothing
    assert [chosen(one) for one in noise].count("M") >= 3


def test_an_effect_that_turns_is_not():
    table = contest_correction(hold_trials(origins([0.6, 0.6, 0.6, -0.6]), 30, PARAMS), "M", True, 30)
    assert chosen(table) == "M"


def test_a_trial_is_taught_by_origins_whose_horizon_was_over():
    trials = hold_trials(origins([0.6] * 6), 60, PARAMS)
    assert all(teacher.as_of + 60 <= one.pupil.as_of for one in trials for teacher in one.teachers)
    assert [one.pupil.as_of for one in trials] == [90, 120, 150]


def test_where_no_horizon_was_over_half_of_the_customers_teach_the_other():
    (one,) = hold_trials(origins([0.6, 0.6]), 90, PARAMS)
    assert not set(one.pupil.customer) & set(one.teachers[0].customer)


def test_nothing_to_learn_from_says_why():
    assert contest_correction([], "M", False, 30)["reason"].iloc[0] == "no_closed_dates"
    assert contest_correction([], "M", True, 30)["reason"].iloc[0] == "too_few_orders"


def test_chances_follow_the_model_of_orders_unless_others_are_better():
    trials = hold_trials(origins([0.6] * 4), 30, PARAMS)
    assert chosen(contest_chances(trials, True, "M", 30)) == "M, corrected"
    assert contest_chances(trials, False, "M", 30)["reason"].tolist() == ["same_as_orders"]


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    ledger = write_clean(tmp_path_factory.mktemp("shop"), {"order_lines": shop(size=400)}, covered_until="2020-06-30")
    return read_past(ledger, AS_OF)


def test_a_model_in_which_nobody_leaves_loses_to_one_in_which_they_do(past):
    table, *_ = contest_models([OWN_RATE, MBG_NBD], past, FLAT, 90, PARAMS)
    assert chosen(table) == "MBG/NBD"
    assert table["count_dates"].tolist() == [PARAMS.contest_dates] * 2


def test_types_that_differ_are_fitted_apart_and_types_by_lot_are_not(past):
    count = pd.Series(np.bincount(past.customer, minlength=len(past.ids)), index=past.ids)
    busy = pd.Series(np.where(count > count.median(), "much", "little"), index=past.ids, dtype=object)
    lot = pd.Series(np.resize(["one", "other"], len(past.ids)), index=past.ids, dtype=object)
    table, winner, fitted = contest_models([MBG_NBD], past, FLAT, 90, PARAMS, busy)
    assert table["step"].tolist() == ["model", "types", "types"]
    assert winner.name == fitted.name == "MBG/NBD by customer type"
    assert contest_models([MBG_NBD], past, FLAT, 90, PARAMS, lot)[1] is MBG_NBD


def test_types_too_few_to_be_fitted_apart_are_no_contest(past):
    few = pd.Series(["one", *["other"] * (len(past.ids) - 1)], index=past.ids, dtype=object)
    assert contest_models([MBG_NBD], past, FLAT, 90, PARAMS, few)[0]["step"].tolist() == ["model"]


def test_models_that_say_the_same_leave_the_simplest(past):
    assert chosen(contest_models([BgNbd("first", 1), BgNbd("second", 1)], past, FLAT, 90, PARAMS)[0]) == "first"


def test_without_an_origin_models_are_judged_by_likelihood(past):
    early = Past(date(2018, 3, 31), past.ids, past.customer, past.ordered, past.known, past.amount)
    table, *_ = contest_models([MBG_NBD, BG_NBD, PARETO_NBD, OWN_RATE], early, FLAT, 90, PARAMS)
    assert table["count_dates"].tolist() == [0] * 4
    assert table["score"].notna().tolist() == [True, True, True, False]
    assert table["is_chosen"].sum() == 1
    assert table["reason"].iloc[-1] == "not_reached"
