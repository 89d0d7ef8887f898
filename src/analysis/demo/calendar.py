"""The simulated time: whole months that end on the company's last day, and twelve more that stay unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.demo.company import LAST_DAY, MONTHS_AFTER, SEASON

DAY = 86_400
NEVER = np.iinfo(np.int64).min
"""A date or time that does not exist: an empty cell."""


@dataclass(frozen=True)
class Calendar:
    """Days are counted from the first day of the data, 0; `edges` are the first days of the months and the end."""

    start: date
    edges: np.ndarray
    months: int

    @property
    def days(self) -> int:
        """Days of the data."""
        return int(self.edges[self.months])

    @property
    def horizon(self) -> int:
        """Days of the data and of the unseen year after them."""
        return int(self.edges[-1])

    @property
    def epoch(self) -> int:
        """The first day, in days since 1970-01-01."""
        return (self.start - date(1970, 1, 1)).days

    def month_of(self, day: np.ndarray) -> np.ndarray:
        """The number of the month of each day, from 0."""
        return np.searchsorted(self.edges, day, side="right") - 1

    def day_of(self, when: date) -> int:
        """The number of a date."""
        return (when - self.start).days

    def moments(self, day: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Local seconds since 1970 of second `second` of each day."""
        return (np.floor(day).astype(np.int64) + self.epoch) * DAY + second.astype(np.int64)

    def dates(self, day: np.ndarray) -> np.ndarray:
        """Days since 1970; NEVER where the day is not finite."""
        known = np.isfinite(day)
        return np.where(known, np.floor(np.where(known, day, 0)).astype(np.int64) + self.epoch, NEVER)

    def years(self, day: np.ndarray) -> np.ndarray:
        """Calendar years since the first one: how often prices have risen."""
        january = np.array([self.day_of(date(year, 1, 1)) for year in range(self.start.year + 1, LAST_DAY.year + 3)])
        return np.searchsorted(january, day, side="right")

    def demand(self, exponent: float, is_business: bool) -> np.ndarray:
        """Cumulated demand at the start of each day, in average months: season (to a power) and weekday."""
        day = np.arange(self.horizon)
        month = self.start.month - 1 + self.month_of(day)
        weekend = (self.start.weekday() + day) % 7 >= 5
        weight = np.asarray(SEASON)[month % 12] ** exponent * np.where(weekend, 0.2 if is_business else 1.25, 1.0)
        scale = (np.asarray(SEASON) ** exponent).mean() * (5.4 if is_business else 7.5) / 7
        return np.concatenate([[0.0], np.cumsum(weight / scale)]) / 30.4375


def make_calendar(months: int) -> Calendar:
    """The calendar of `months` whole months up to the last day."""
    last = LAST_DAY.year * 12 + LAST_DAY.month - 1
    firsts = [date(month // 12, month % 12 + 1, 1) for month in range(last - months + 1, last + MONTHS_AFTER + 2)]
    return Calendar(firsts[0], np.array([(first - firsts[0]).days for first in firsts]), months)
