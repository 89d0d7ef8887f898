"""The champion's forecast."""

import pickle
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analysis.contracts import DERIVED
from analysis.forecast import contest
from analysis.forecast.bg_nbd import BG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.champion import Champion, fit
from analysis.forecast.scorer import score
from analysis.forecast.scoring import fit_snapshot
from analysis.history.past import read_past
from analysis.params import load_params
from clean_ledger import write_clean
from simulated_shop import shop

PARAMS = load_params().forecast
AS_OF = date(2020, 3, 31)
LINES = shop(size=600, season={11: 2.0, 12: 2.0})
PAST = LINES[pd.to_datetime(LINES["ordered_on"]) <= pd.Timestamp(AS_OF)]


def forecast_of(lines, folder, params=PARAMS, as_of=AS_OF):
    ledger = write_clean(folder, {"order_lines": lines}, covered_until="2020-06-30")
    champion = fit(Snapshot.of(ledger, as_of), params)
    return champion, score(champion, as_of, params)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return forecast_of(LINES, tmp_path_factory.mktemp("shop"))


def test_scores_keep_their_contract(made):
    champion, scores = made
    assert isinstance(champion, Champion)
    assert list(scores.columns) == [column.name for column in DERIVED["scores"].columns]
    assert not scores.drop(columns="model").isna().any().any()
    assert scores["customer_id"].is_monotonic_increasing
    assert len(scores) == PAST["customer_id"].nunique()


def test_later_orders_change_nothing(made, tmp_path):
    loud = PAST.assign(ordered_on=date(2020, 4, 1), amount=9999.0)
    pd.testing.assert_frame_equal(forecast_of(pd.concat([PAST, loud]), tmp_path)[1], made[1], check_exact=True)


def test_the_order_of_rows_changes_nothing(made, tmp_path):
    pd.testing.assert_frame_equal(forecast_of(LINES.sample(frac=1, random_state=3), tmp_path)[1], made[1], check_exact=True)


def test_chances_grow_with_the_horizon_and_stay_below_expectations(made):
    champion, scores = made
    near, far = champion.predict(30), champion.predict(90)
    assert (near["p_order"] <= far["p_order"] + 1e-12).all()
    assert (near["expected_orders"] <= far["expected_orders"]).all()
    assert (far["p_order"] <= far["expected_orders"] + 1e-12).all()
    assert (scores["p_order_month"] <= scores["p_order"] + 1e-12).all()


def test_points_are_in_order_and_expectations_within_reason(made):
    scores = made[1]
    assert (scores["spend_low"] <= scores["spend_high"]).all()
    assert np.isfinite(scores.select_dtypes("number")).all().all()


def test_totals_are_sums_of_customers_within_their_interval(made):
    champion, _ = made
    totals = champion.totals(90).set_index("total")
    assert totals.loc["orders", "expected"] == pytest.approx(champion.predict(90)["expected_orders"].sum(), abs=1e-8)
    assert (totals["low"] < totals["expected"]).all()
    assert (totals["expected"] < totals["high"]).all()


def test_few_customers_are_left_to_the_simple_model(tmp_path):
    champion, scores = forecast_of(LINES[LINES["customer_id"] < "c0060"], tmp_path)
    assert champion.choice.reason == "few_customers"
    assert set(scores["model"]) == {"own past rate"}
    assert champion.contest["part"].tolist() == ["orders", "p_order", "spend"]
    assert set(champion.contest["reason"]) == {"few_customers"}


def test_a_young_company_has_no_correction(tmp_path):
    champion, scores = forecast_of(LINES, tmp_path, as_of=date(2018, 8, 31))
    assert champion.correcting == "no_closed_dates"
    assert champion.orders.clock.is_flat
    assert not scores.drop(columns="model").isna().any().any()


def test_a_horizon_that_was_never_over_learns_from_shorter_ones(tmp_path):
    champion, scores = forecast_of(LINES, tmp_path, PARAMS.model_copy(update={"horizon_days": 730}))
    assert len(champion.closed) > 0
    assert all(one.as_of + 730 > (AS_OF - date(1970, 1, 1)).days for one in champion.closed)
    assert (scores["p_order"] <= 1).all()


def test_without_a_ledger_it_says_what_is_missing(made):
    with pytest.raises(ValueError, match="made without a ledger"):
        fit(Snapshot(AS_OF, pd.DataFrame({"x": [], "t_x": [], "T": [], "m": [], "mean": []})), PARAMS)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    return write_clean(tmp_path_factory.mktemp("later"), {"order_lines": LINES}, covered_until="2020-06-30")


@pytest.fixture(scope="module")
def corrected(ledger):
    """A champion that was corrected, whether it is worth it or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            contest, "choose_row", lambda table, *_: table.assign(is_best=False, is_chosen=table.index == len(table) - 1, reason="x")
        )
        return fit(Snapshot.of(ledger, AS_OF), PARAMS)


def test_applied_to_its_own_past_it_says_what_it_said(corrected, ledger):
    champion = corrected
    again = pickle.loads(pickle.dumps(champion)).apply(read_past(ledger, date(2020, 5, 31)), AS_OF)
    assert champion.correcting == "corrected"
    for ask in (lambda one: one.predict(90), lambda one: one.interval(90), lambda one: one.p_active(), lambda one: one.totals(30)):
        pd.testing.assert_frame_equal(ask(again), ask(champion), check_exact=True)


def test_applied_to_a_later_day_each_forecast_depends_on_its_own_customer_alone(corrected, ledger):
    champion = corrected
    later = date(2020, 5, 31)
    every = champion.apply(read_past(ledger, later), later).predict(90)
    half = first_customers(ledger, later)
    pd.testing.assert_frame_equal(champion.apply(half, later).predict(90), every[: len(half.ids)], rtol=1e-12)
    assert len(every) > len(champion.index)


def first_customers(ledger, later):
    """The first 300 customers' past."""
    past = read_past(ledger, later)
    kept = past.customer < 300
    return replace(past, ids=past.ids[:300], **{name: getattr(past, name)[kept] for name in ("customer", "ordered", "known", "amount")})


def test_a_later_day_than_the_past_shows_is_refused(made, ledger):
    with pytest.raises(ValueError, match="knows nothing"):
        made[0].apply(read_past(ledger, AS_OF), date(2020, 4, 30))


def test_the_simple_model_is_applied_like_the_champion(ledger):
    forecast = fit_snapshot(Snapshot.of(ledger, AS_OF), PARAMS)
    again = forecast.apply(read_past(ledger, date(2020, 5, 31)), AS_OF)
    pd.testing.assert_frame_equal(again.predict(90), forecast.predict(90), check_exact=True)
    pd.testing.assert_frame_equal(again.interval(90), forecast.interval(90), check_exact=True)


def test_the_record_says_how_every_part_was_chosen(made):
    contest_of = made[0].contest
    assert list(contest_of.columns) == list(contest.COLUMNS)
    chosen = contest_of[contest_of["is_chosen"]].groupby(["part", "step"]).size()
    assert set(chosen.index) == {("orders", "model"), ("orders", "correction"), ("p_order", "model"), ("spend", "model")}
    assert (chosen == 1).all()
    assert made[0].choice.candidate.name == contest_of.loc[(contest_of["step"] == "model") & contest_of["is_chosen"], "contender"].iloc[0]


def test_a_candidate_that_is_asked_for_is_not_contested(ledger):
    champion = fit(Snapshot.of(ledger, AS_OF), PARAMS, BG_NBD)
    assert champion.orders.fitted.name == "BG/NBD"
    assert champion.contest["reason"].iloc[0] == "asked_for"


def test_expectations_and_chances_grow_beyond_the_horizon_that_was_fitted(corrected):
    tables = [corrected.predict(days) for days in (30, 89, 90, 91, 180, 365)]
    for before, after in pairwise(tables):
        assert (after["expected_orders"] >= before["expected_orders"] - 1e-12).all()
        assert (after["p_order"] >= before["p_order"] - 1e-12).all()


def test_what_follows_the_horizon_has_a_level_of_its_own(corrected):
    raised = replace(corrected, level=replace(corrected.level, log_beyond=corrected.level.log + 1.0))
    assert raised.predict(90)["expected_orders"].sum() == pytest.approx(corrected.predict(90)["expected_orders"].sum(), abs=1e-9)
    assert raised.predict(180)["expected_orders"].sum() > 1.2 * corrected.predict(180)["expected_orders"].sum()
