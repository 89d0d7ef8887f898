from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from analysis.forecast.clock import FLAT, YEAR_MONTHS, Clock
from analysis.forecast.survival.cox import Baseline, Pieces, cut_spells, fit_cox, month_ends
from analysis.forecast.survival.spells import read_spells, sample
from analysis.history.past import EPOCH
from order_days import FIRST, make_days, make_snapshot, simulate


def learn(days, end):
    spells, _ = read_spells(days, FIRST + end)
    return sample(spells, make_snapshot(days).statistics.index, 10_000, 10_000, FIRST + end)


def pieces_of(*rows):
    spell, start, stop, event = (np.array(part) for part in zip(*rows, strict=True))
    return Pieces(spell, start.astype(float), stop.astype(float), event)


def test_a_cut_keeps_the_event_with_the_last_piece():
    cut = pieces_of((0, 0, 10, True), (1, 0, 3, True)).split(np.array([4.0, 4.0]))
    rows = sorted(zip(cut.spell.tolist(), cut.start.tolist(), cut.stop.tolist(), cut.event.tolist(), strict=True))
    assert rows == [(0, 0, 4, False), (0, 4, 10, True), (1, 0, 3, True)]


def test_a_cut_at_the_end_of_a_piece_cuts_nothing():
    assert len(pieces_of((0, 0, 10, True)).split(np.array([10.0])).spell) == 1


def test_months_end_on_their_last_day():
    january = (np.datetime64("2020-01-15") - np.datetime64("1970-01-01")).astype(int)
    ends, months = month_ends(january, january + 40)
    assert [EPOCH + timedelta(days=int(end)) for end in ends] == [EPOCH.replace(2020, 1, 31), EPOCH.replace(2020, 2, 29)]
    assert (months % YEAR_MONTHS).tolist() == [0, 1]


def test_pieces_cover_every_spell_once():
    spells = learn(simulate(50, 2, 500, lambda generator, number, pace: generator.exponential(40)), 500)
    year = Clock(0, np.zeros(0), np.linspace(-0.1, 0.1, YEAR_MONTHS))
    pieces = cut_spells(spells, (10.0, 30.0), year, FIRST + 500)
    assert np.bincount(pieces.spell, pieces.stop - pieces.start) == pytest.approx(spells.duration - spells.entry)
    assert pieces.event.sum() == spells.closed.sum()


def test_beyond_the_record_hazard_falls_as_one_by_silence():
    baseline = Baseline(np.array([0.0, 0.1, 0.2]), tail=0.4)
    assert baseline.at(np.array([1.0, 2.0, 4.0, 8.0])) == pytest.approx([0.1, 0.2, 0.2 + 0.4 * np.log(2), 0.2 + 0.4 * np.log(4)])


@pytest.fixture(scope="module")
def paced():
    """Customers with a pace of their own, constant hazards."""
    return learn(simulate(400, 6, 500, lambda generator, number, pace: generator.exponential(30 * np.exp(pace))), 500)


def test_who_was_quick_is_quick(paced):
    law = fit_cox(paced, FLAT, FIRST + 500)
    gap = law.names.index("log_gap")
    assert law.theta[gap] + 3 * np.sqrt(law.covariance[gap, gap]) < 0


def test_a_covariate_that_never_varies_is_left_out(paced):
    assert "log_amount" not in fit_cox(paced, FLAT, FIRST + 500).names


def test_november_is_not_august(paced):
    busy = Clock(0, np.zeros(0), np.where(np.arange(YEAR_MONTHS) == 10, 0.7, 0.0))
    law = fit_cox(paced, FLAT, FIRST + 500)
    seasonal = replace(law, names=(*law.names, "season"), theta=np.append(law.theta, 1.0), clock=busy)
    one, stage, silence = paced.x[:1], paced.stage[:1], np.array([5.0])
    november, august = ((np.datetime64(f"2020-{month}-31") - np.datetime64("1970-01-01")).astype(int) for month in ("10", "07"))
    quiet = seasonal.on(float(august)).log_survival(one, stage, silence, np.array([30.0]))
    eager = seasonal.on(float(november)).log_survival(one, stage, silence, np.array([30.0]))
    assert eager / quiet == pytest.approx(np.exp(0.7))


def test_an_order_within_the_horizon_meets_its_own_season(paced):
    busy = Clock(0, np.zeros(0), np.where(np.arange(YEAR_MONTHS) == 10, 0.7, 0.0))
    law = fit_cox(paced, FLAT, FIRST + 500)
    october = float((np.datetime64("2020-09-30") - np.datetime64("1970-01-01")).astype(int))
    seasonal = replace(law, names=(*law.names, "season"), theta=np.append(law.theta, 1.0), clock=busy).on(october)
    one, stage, fresh = paced.x[:1], paced.stage[:1], np.zeros(1)
    # a spell that begins after 31 days lies in November
    assert seasonal.log_survival(one, stage, fresh, np.array([30.0]), 31.0) == pytest.approx(
        np.exp(0.7) * seasonal.log_survival(one, stage, fresh, np.array([30.0]))
    )


def test_cut_points_do_not_move_a_chance_that_is_asked_in_two_steps(paced):
    law = fit_cox(paced, FLAT, FIRST + 500)
    x, stage, silence = paced.x[:20], paced.stage[:20], np.arange(20.0)
    whole = law.log_survival(x, stage, silence, np.array([60.0]))
    first = law.log_survival(x, stage, silence, np.array([17.0]))
    second = law.log_survival(x, stage, silence + 17.0, np.array([43.0]))
    assert first + second == pytest.approx(whole)


def test_a_single_order_is_a_spell_of_the_first_stage():
    assert learn(make_days([[0]], 10), 10).stage.tolist() == [0]
