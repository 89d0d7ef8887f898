from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from analysis.forecast.clock import YEAR_MONTHS, Clock
from analysis.forecast.origins import clocked
from analysis.forecast.own_rate import FittedOwnRate
from analysis.forecast.survival import ACCELERATED, COX, CURED
from analysis.forecast.survival.fitted import FittedSpells
from order_days import make_days, make_snapshot, simulate

CANDIDATES = [ACCELERATED, COX, CURED]


def gap(generator, number, pace):
    return np.inf if generator.random() < 0.2 else 25 * np.exp(pace / 2) * generator.exponential()


@pytest.fixture(scope="module")
def days():
    return simulate(400, 9, 450, gap)


@pytest.fixture(scope="module", params=CANDIDATES, ids=lambda candidate: candidate.name)
def fitted(request, days):
    return request.param.fit(make_snapshot(days))


def test_the_candidate_fits(fitted):
    assert isinstance(fitted, FittedSpells)


def test_survival_falls_from_one_and_agrees_with_the_chance_of_an_order(fitted):
    curve = fitted.survive(np.array([0.0, 30.0, 90.0, 365.0]))
    assert curve[0.0].to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert (np.diff(curve.to_numpy(), axis=1) <= 1e-12).all()
    assert (1 - curve[90.0]).to_numpy() == pytest.approx(fitted.predict(90)["p_order"].to_numpy())


def test_longer_horizons_bring_more_orders(fitted):
    tables = [fitted.predict(days) for days in (7, 30, 128, 129, 365)]
    for shorter, longer in pairwise(tables):
        assert (longer["p_order"] >= shorter["p_order"] - 1e-9).all()
        assert longer["expected_orders"].sum() > shorter["expected_orders"].sum()
    assert all((table["expected_orders"] >= table["p_order"] - 1e-9).all() for table in tables)


def test_counts_hold_the_same_chances_and_expectations(fitted):
    counts, group = fitted.counts(90)
    table = fitted.predict(90)
    assert 1 - counts.none[group] == pytest.approx(table["p_order"].to_numpy())
    assert counts.moment(1)[group] == pytest.approx(table["expected_orders"].to_numpy(), rel=1e-4, abs=1e-5)
    total = np.bincount(counts.group, counts.probability, minlength=len(counts.none)) + counts.none
    assert total == pytest.approx(1.0)


def test_activity_lies_inside_its_interval(fitted):
    table = fitted.p_active()
    assert ((table["p_active_low"] <= table["p_active"]) & (table["p_active"] <= table["p_active_high"])).all()
    assert (table["p_active_high"] > table["p_active_low"]).any()


def test_applied_to_its_own_snapshot_it_answers_the_same(fitted, days):
    again = fitted.apply(make_snapshot(days)).predict(90)
    assert again.to_numpy() == pytest.approx(fitted.predict(90).to_numpy(), abs=0)


def test_applied_to_some_customers_they_get_what_they_got_among_all(fitted, days):
    some = days.customer < 50
    part = replace(days, customer=days.customer[some], day=days.day[some], amount=days.amount[some])
    alone = fitted.apply(make_snapshot(part)).predict(90)
    assert alone.to_numpy() == pytest.approx(fitted.predict(90).iloc[:50].to_numpy())


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_with_few_completed_spells_the_candidate_abstains(candidate):
    few = candidate.fit(make_snapshot(make_days([[0, 10, 20]] * 40, 50)))
    assert isinstance(few, FittedOwnRate)
    assert few.name == "own past rate"


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.name)
def test_in_the_companys_own_time_spells_end_where_its_clock_stands(candidate, days):
    snapshot = make_snapshot(days)
    year = Clock(0, np.zeros(0), np.where(np.arange(YEAR_MONTHS) < 6, 0.3, -0.3))
    inside = candidate.fit(clocked(days, snapshot.statistics.index, year))
    silence = (inside.running.open.duration, (snapshot.statistics["T"] - snapshot.statistics["t_x"]).to_numpy() * 7)
    assert silence[0].min() >= 0
    assert np.abs(np.log((silence[0] + 1) / (silence[1] + 1))).max() < 0.4
    assert isinstance(inside, FittedSpells)
