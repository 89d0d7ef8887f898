"""The reporting month: the only month arithmetic in the project."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_MONTH = re.compile(r"(?!0000)([0-9]{4})-(0[1-9]|1[0-2])")


class PeriodError(ValueError):
    """A period that is not written YYYY-MM, or that the data do not cover."""


@dataclass(frozen=True, order=True)
class Period:
    """A calendar month.

    Attributes
    ----------
    year : int
        Four digits.
    month : int
        1 to 12.
    """

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``YYYY-MM``; anything else raises `PeriodError` in one line."""
        if isinstance(text, cls):
            return text
        match = _MONTH.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise PeriodError(f"period {text!r} is not a month; write it as YYYY-MM, for example 2016-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The month that holds `day`."""
        return cls(day.year, day.month)

    @classmethod
    def last_covered(cls, covered_until: date) -> Period:
        """The last month whose every day is on or before `covered_until` (inclusive)."""
        month = cls.of(covered_until)
        return month if month.as_of == covered_until else month.shift(-1)

    @property
    def starts_on(self) -> date:
        """First day, inclusive."""
        return date(self.year, self.month, 1)

    @property
    def as_of(self) -> date:
        """Last day, inclusive: what was known at the end of it is what the report may use."""
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        """Number of days of the month (28 to 31)."""
        return calendar.monthrange(self.year, self.month)[1]

    def shift(self, months: int) -> Period:
        """The month `months` later (earlier when negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)

    @property
    def previous(self) -> Period:
        """The month before."""
        return self.shift(-1)

    def to(self, last: Period) -> list[Period]:
        """Months from this one to `last`, both inclusive; empty when `last` is earlier."""
        count = (last.year - self.year) * 12 + last.month - self.month
        return [self.shift(i) for i in range(count + 1)]

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def months_between(start: date, end: date) -> float:
    """Calendar months from `start` to `end`, the last one in part: 31 January to 28 February is one month, to 14 March 1.45.

    A month is over on the day of the same number, or on its last day where it has none of that number; the part of a month is
    in days of that month. Negative where `end` is before `start`.
    """
    if end < start:
        return -months_between(end, start)
    whole = (end.year - start.year) * 12 + end.month - start.month
    while _shift_day(start, whole) > end:
        whole -= 1
    begin, close = _shift_day(start, whole), _shift_day(start, whole + 1)
    return whole + (end - begin).days / (close - begin).days


def _shift_day(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day."""
    month = Period.of(day).shift(months)
    return date(month.year, month.month, min(day.day, month.days))
