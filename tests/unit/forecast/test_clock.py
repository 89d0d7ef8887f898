"""Calendar time as customers live it."""

from datetime import date

import numpy as np
import pytest

from analysis.forecast.clock import FLAT, Clock, fit_clock
from analysis.history.past import day_number, read_past
from clean_ledger import write_clean
from simulated_shop import shop

AS_OF = date(2020, 6, 30)
SEASON = {11: 2.0, 12: 2.0, 2: 0.5, 3: 0.5}


def clock_of(tmp_path, as_of=AS_OF, **shape):
    ledger = write_clean(tmp_path, {"order_lines": shop(**shape)}, covered_until="2020-06-30")
    return fit_clock(read_past(ledger, as_of).days(as_of), as_of)


def test_no_whole_year_no_season(tmp_path):
    assert clock_of(tmp_path, date(2018, 11, 30), season=SEASON).is_flat


def test_finds_a_season(tmp_path):
    ahead = clock_of(tmp_path, size=1500, season=SEASON).ahead
    busy, quiet = ahead[[10, 11]].mean(), ahead[[1, 2]].mean()
    assert busy - quiet == pytest.approx(np.log(4), abs=0.35)


def test_a_growing_base_is_no_season(tmp_path):
    ahead = clock_of(tmp_path, size=1500).ahead
    assert np.abs(ahead).max() < 0.3
    assert np.abs(ahead).mean() < 0.12


def test_a_flat_clock_shows_days():
    assert list(FLAT.readings(10, 14)) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_month_seen_is_itself_and_a_later_one_is_a_year_after():
    month = 2020 * 12
    clock = Clock(month, np.array([np.log(2.0)]), np.full(12, np.log(3.0)))
    shown = np.diff(clock.readings(day_number(date(2020, 1, 30)), day_number(date(2020, 2, 2))))
    assert shown == pytest.approx([2.0, 3.0, 3.0])
