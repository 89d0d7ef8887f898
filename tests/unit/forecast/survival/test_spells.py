import numpy as np
import pandas as pd
import pytest

from analysis.forecast.candidates import Snapshot
from analysis.forecast.survival.spells import COVARIATES, Usual, order_days, read_spells, sample
from order_days import FIRST, day, make_days, make_snapshot

USUAL = Usual(gap_days=10.0, amount=10.0)


def column(x, name):
    return x[:, COVARIATES.index(name)]


def test_a_spell_lasts_to_the_next_order_day_or_to_the_end():
    spells, running = read_spells(make_days([[0, 10, 40], [5]], last=50), FIRST + 50)
    assert spells.duration.tolist() == [10, 30, 10, 45]
    assert spells.closed.tolist() == [True, True, False, False]
    assert spells.number.tolist() == [1, 2, 3, 1]
    assert running.open.duration.tolist() == [10, 45]


def test_covariates_know_only_what_came_before_the_spell():
    amounts = [[10, 1000, 10], [10]]
    before, _ = read_spells(make_days([[0, 10, 40], [5]], 50, amounts), FIRST + 50, USUAL)
    later, _ = read_spells(make_days([[0, 10, 45], [5]], 50, [[10, 1000, 7], [10]]), FIRST + 50, USUAL)
    assert before.x[:2] == pytest.approx(later.x[:2], abs=0)


def test_the_usual_gap_is_drawn_to_the_companys():
    spells, _ = read_spells(make_days([[0, 10, 40]], 50), FIRST + 50, USUAL)
    # one own gap of 10 and one usual of 10; then gaps of 10 and 30 and one usual of 10
    assert column(spells.x, "log_gap") == pytest.approx([0.0, 0.0, np.log(50 / 3 / 10)])


def test_the_spell_that_follows_counts_todays_silence_as_a_gap():
    _, running = read_spells(make_days([[0, 10]], 50), FIRST + 50, USUAL)
    x = running.following(5.0)
    assert column(x, "log_gap") == pytest.approx(np.log((50 + 5 + 10) / 3 / 10))
    assert column(x, "later").tolist() == [1.0]


def test_a_watch_begins_inside_a_spell():
    spells, _ = read_spells(make_days([[0, 10, 40], [5]], 50), FIRST + 50)
    watched = sample(spells, pd.Index(["a", "b"]), 10, 20, FIRST + 50)
    # the spell that ended on day 10 is over before the watch, the one that ends on day 40 enters it after 20 days
    assert watched.entry.tolist() == [20, 0, 25]
    assert watched.duration.tolist() == [30, 10, 45]


def test_a_spell_of_no_length_says_nothing():
    spells, running = read_spells(make_days([[0, 50]], 50), FIRST + 50)
    assert len(sample(spells, pd.Index(["a"]), 10, 100, FIRST + 50)) == 1
    assert running.open.duration.tolist() == [0]


def test_a_sample_holds_all_spells_of_its_customers():
    days = make_days([[0, 10, 20]] * 400, 50)
    spells, _ = read_spells(days, FIRST + 50)
    chosen = sample(spells, make_snapshot(days).statistics.index, 200, 100, FIRST + 50)
    counts = np.unique(chosen.customer, return_counts=True)[1]
    assert set(counts) == {3}
    assert 140 < len(counts) < 260


def test_a_snapshot_without_order_days_is_refused():
    known = make_snapshot(make_days([[0]], 10)).statistics
    with pytest.raises(ValueError, match="without order days"):
        order_days(Snapshot(day(10), known))
