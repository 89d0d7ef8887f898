"""Calendar time as customers live it: a busy month is long, a quiet one short.

Given when a customer came, when they were last seen and how often they ordered in between, the orders in between fall
where the company's customers were busy: under any mixture of Poisson buyers who may leave after any order, each of them
is an independent draw from (first, last) with a density in proportion to the activity of the day. Neither how customers
differ, nor how many came when, nor who has left enters that likelihood, so that a growing company does not look like a
season. What also depends on a customer's age (the first weeks are eager) is fitted beside it and not penalised: what age
can explain is not called season, which is the case of a single cohort.

Models of buying till one leaves are then fitted in that time, and their horizon is as long as its season says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analysis.forecast.collapse import Floats, Whole
from analysis.history.past import EPOCH, Days, day_number

YEAR_MONTHS = 12
SPREAD = 0.3
"""Prior standard deviation of a month's log activity: seasons of a third either way are common, of a factor of three rare."""
AGE_MONTHS = (1, 2, 4, 7, 13)
"""Ages (calendar months since the first order) at which a new age effect begins."""
MIN_INSIDE = 200
"""Fewer orders inside customers' spans than this say nothing of twelve months."""
MAX_CUSTOMERS = 20_000


@dataclass(frozen=True)
class Clock:
    """Length of each calendar month's days in days of mean activity.

    Attributes
    ----------
    first_month : int
        Months since year 0 of the first entry.
    log_activity : array
        One entry per calendar month of the past; months outside of it are a year's cycle away, damped (see `ahead`).
    ahead : array of 12
        Log activity expected of future months, January first.
    """

    first_month: int
    log_activity: Floats
    ahead: Floats

    @property
    def is_flat(self) -> bool:
        """Whether every day is as long as any other."""
        return not (self.log_activity.any() or self.ahead.any())

    def lengths(self, months: Whole) -> Floats:
        """Length of a day in each of `months` (months since year 0)."""
        position = months - self.first_month
        inside = (position >= 0) & (position < len(self.log_activity))
        own = self.log_activity[np.clip(position, 0, max(len(self.log_activity) - 1, 0))] if len(self.log_activity) else 0.0
        return np.exp(np.where(inside, own, self.ahead[months % YEAR_MONTHS]))

    def readings(self, first: int, last: int) -> Floats:
        """What the clock shows at the end of each day from day number `first` to `last`, inclusive; 0 at the end of the first."""
        days = np.arange(first, last + 1).astype("datetime64[D]")
        length = self.lengths(days.astype("datetime64[M]").astype(np.int64) + 1970 * YEAR_MONTHS)
        return np.concatenate([[0.0], np.cumsum(length[1:])])

    def stretch(self, as_of: int, horizon_days: float) -> float:
        """Days of mean activity in the `horizon_days` after day number `as_of`."""
        return horizon_days if self.is_flat else float(self.readings(as_of, as_of + round(horizon_days))[-1])


def month_number(day: date) -> int:
    """Months since year 0."""
    return day.year * YEAR_MONTHS + day.month - 1


FLAT = Clock(0, np.zeros(0), np.zeros(YEAR_MONTHS))


def fit_clock(days: Days, as_of: date, doubt: float = 1 / 3) -> Clock:
    """Fit the activity of every calendar month up to `as_of`; without a whole year of data every day is as long as any other.

    A season seen in n years counts n / (n + `doubt`) in the years to come: the shrinkage of a mean of n observations whose
    variance from year to year is `doubt` times that between months.
    """
    if not len(days.day):
        return FLAT
    begin = EPOCH + timedelta(days=int(days.day.min()))
    first_month, last_month = month_number(begin), month_number(as_of)
    if (as_of - begin).days < 360:
        return FLAT
    found = _activity(days, first_month, last_month)
    if found is None:
        return FLAT
    theta, is_seen = found
    of_year = np.arange(first_month, last_month + 1) % YEAR_MONTHS
    seen = np.bincount(of_year[is_seen], minlength=YEAR_MONTHS)
    total = np.bincount(of_year[is_seen], theta[is_seen], minlength=YEAR_MONTHS)
    ahead = total / (seen + doubt)
    return Clock(first_month, np.where(is_seen, theta, ahead[of_year]), ahead)


def _activity(days: Days, first_month: int, last_month: int) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Penalised maximum of the conditional likelihood, mean 0 over the last twelve months seen, and which months were seen."""
    from scipy.optimize import minimize

    start = days.start
    count = np.diff(start)
    chosen = np.flatnonzero(count >= 3)
    chosen = chosen[:: -(-len(chosen) // MAX_CUSTOMERS)] if len(chosen) else chosen
    if (count[chosen] - 2).sum() < MIN_INSIDE:
        return None
    size = last_month - first_month + 1
    month_starts = np.array([day_number(date((first_month + i) // 12, (first_month + i) % 12 + 1, 1)) for i in range(size + 1)])
    lengths = np.diff(month_starts).astype(float)
    joined, left = (np.searchsorted(month_starts, days.day[at], side="right") - 1 for at in (start[chosen], start[chosen + 1] - 1))
    row = np.repeat(np.arange(len(chosen)), count[chosen])
    position = np.concatenate([np.arange(start[c], start[c + 1]) for c in chosen])
    month = np.searchsorted(month_starts, days.day[position], side="right") - 1
    inside = (month > joined[row]) & (month < left[row])
    observed = np.bincount(row[inside] * size + month[inside], minlength=len(chosen) * size).reshape(len(chosen), size).astype(float)
    months = np.arange(size)[None, :]
    exposure = np.where((months > joined[:, None]) & (months < left[:, None]), lengths[None, :], 0.0)
    age = np.searchsorted(AGE_MONTHS, months - joined[:, None], side="right")
    ages = len(AGE_MONTHS) + 1
    by_month, by_age = observed.sum(axis=0), np.bincount(age.ravel(), observed.ravel(), minlength=ages)
    events = observed.sum(axis=1)

    def loss(point: Floats) -> tuple[float, Floats]:
        theta, gamma = point[:size], point[size:]
        weight = exposure * np.exp(theta)[None, :] * np.exp(gamma)[age]
        total = np.maximum(weight.sum(axis=1), 1e-300)
        expected = weight * (events / total)[:, None]
        value = (events * np.log(total)).sum() - by_month @ theta - by_age @ gamma
        value += 0.5 * (theta**2).sum() / SPREAD**2 + 0.005 * (gamma**2).sum()
        slope = [expected.sum(axis=0) - by_month + theta / SPREAD**2]
        slope.append(np.bincount(age.ravel(), expected.ravel(), minlength=ages) - by_age + 0.01 * gamma)
        return float(value) / len(events), np.concatenate(slope) / len(events)

    found = minimize(loss, np.zeros(size + ages), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    is_seen = (exposure * events[:, None]).sum(axis=0) > 0
    theta = found.x[:size]
    return theta - theta[is_seen][-YEAR_MONTHS:].mean(), is_seen
