"""How far all customers' forecasts are off together."""

import numpy as np
import pytest

from analysis.forecast.level import BEYOND, Closed, Level
from analysis.forecast.level import fit_level as fit_with
from analysis.history.past import Days
from analysis.params import load_params

NOW = 1000
PARAMS = load_params().forecast


def fit_level(closed, days, expected, horizon_days):
    return fit_with(closed, days, expected, horizon_days, horizon_days, PARAMS)


def days(counts, customers=50):
    """One order each on `counts` = {day: number}, dealt to customers in turn; sorted as `Days` wants it."""
    day = np.repeat(list(counts), list(counts.values()))
    customer = np.arange(len(day)) % customers
    order = np.lexsort((day, customer))
    return Days(NOW, customer[order].astype(np.int64), day[order].astype(np.int64), np.ones(len(day)))


RECENT = days({NOW - 200 + step: 5 for step in range(200)})


def test_nothing_known_changes_nothing():
    level = fit_level([], RECENT, 100.0, 90)
    assert (level.log, level.weight_above) == (0.0, 0.0)


def test_a_lasting_error_is_taken_out_almost():
    closed = [Closed(NOW - 90 - 30 * back, 1000.0, 800.0) for back in range(7, -1, -1)]
    assert np.log(0.8) < fit_level(closed, RECENT, 1000.0, 90).log < 0.6 * np.log(0.8)


def test_the_latest_error_counts_most():
    falling = [Closed(NOW - 90 - 60 * back, 1000.0, 1000.0 - 50 * (7 - back)) for back in range(7, -1, -1)]
    rising = [Closed(one.as_of, 1000.0, two.actual) for one, two in zip(falling, reversed(falling), strict=True)]
    assert fit_level(falling, RECENT, 1000.0, 90).log < fit_level(rising, RECENT, 1000.0, 90).log


def test_few_orders_prove_no_error():
    few = [Closed(NOW - 90, 10.0, 5.0)]
    many = [Closed(NOW - 90, 1000.0, 500.0)]
    assert fit_level(many, RECENT, 10.0, 90).log < fit_level(few, RECENT, 10.0, 90).log < 0


def yearly(until=NOW):
    """Two years and a half, with a busy quarter: the 90 days from a year before today were three times as busy."""
    return {day: (15 if (NOW - day) % 365 >= 275 else 5) for day in range(NOW - 900, until)}


def joining(counts):
    """The same with ever new customers: each order comes from one of those so far, or from the next one."""
    day = np.sort(days(counts, customers=1).day)
    customer = np.random.default_rng(1).integers(0, np.arange(len(day)) // 5 + 1)
    order = np.lexsort((day, customer))
    return Days(NOW, customer[order].astype(np.int64), day[order], np.ones(len(day)))


def test_last_years_season_comes_back():
    closed = [Closed(NOW - 90 - 30 * back, 300.0, 300.0) for back in range(7, -1, -1)]
    level = fit_level(closed, joining(yearly()), 300.0, 90)
    assert level.weight_above > 0.3


def test_of_a_closed_cohort_totals_say_nothing():
    closed = [Closed(NOW - 90 - 30 * back, 300.0, 300.0) for back in range(7, -1, -1)]
    assert fit_level(closed, days(yearly()), 300.0, 90).weight_above == 0.0


def test_without_a_year_there_is_no_witness_from_above():
    level = fit_level([Closed(NOW - 90, 300.0, 300.0)], joining(dict.fromkeys(range(NOW - 300, NOW), 5)), 300.0, 90)
    assert np.isnan(level.above)
    assert level.log == pytest.approx(0.0)


def test_what_follows_the_horizon_makes_up_the_year():
    level = Level(np.log(0.5), 0.1).reach(Level(np.log(0.8), 0.1), 100.0, 400.0)
    assert 100 * level.factor + 300 * level.factor_beyond == pytest.approx(400 * 0.8, abs=1e-9)


def test_what_follows_the_horizon_stays_near_what_was_found():
    level = Level(np.log(0.5), 0.1).reach(Level(np.log(2.0), 0.1), 300.0, 400.0)
    assert level.factor_beyond == pytest.approx(2.0 * BEYOND, abs=1e-9)
    assert Level(0.1, 0.1).reach(Level(0.5, 0.1), 100.0, 100.0).factor_beyond == Level(0.1, 0.1).factor
