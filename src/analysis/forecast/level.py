"""The company's level: how far all customers' forecasts are off together, and what the same season was a year ago.

Two witnesses. From below: how far forecasts of earlier dates, made with the same models in the same clocked time, were
off in total; the last ones count most. From above: all orders of the same days a year ago, times the growth over the
year, times the share of orders that come from customers already known. Each is believed as far as its record and its
data go (precision weights). Without a year there is no witness from above, nor for a closed cohort, whose orders only
fall; without a forecast whose horizon is over there is none from below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.history.past import Days
from analysis.params import ForecastParams

YEAR_DAYS = 365
SPREAD_LEVELS = 0.2
"""Standard deviation of lasting levels between companies, about zero."""
SPREAD_DATES = 0.1
"""Least standard deviation of one date's level about its company's lasting one."""
RECORD = 4.0
"""Independent horizons that each prior spread counts for, beside the errors on record."""
STEP_DAYS = 30.4
BEYOND = 1.5
MIN_GROWTH_DAYS = 28
"""Growth over a year is measured on four weeks at least."""
MIN_ORDERS = 100
"""Fewer orders in last year's window than this make no season."""
CLOSED_SHARE = 0.99
"""Where more of the orders than this come from customers already known, nobody new arrives: a cohort, not a company."""


@dataclass(frozen=True)
class Closed:
    """A forecast of an earlier date whose horizon is over: day number, expected and actual orders of all customers."""

    as_of: int
    expected: float
    actual: float

    @property
    def error(self) -> float:
        """Log of actual by expected; one order added to both, so that none is no infinity."""
        return float(np.log((self.actual + 1) / (self.expected + 1)))


@dataclass(frozen=True)
class Level:
    """What to multiply all forecasts with.

    Attributes
    ----------
    log : float
        Its logarithm.
    spread : float
        Standard deviation of that logarithm.
    below, above : float
        What each witness says; `above` is NaN where there is none.
    weight_above : float
        How far the one from above is believed, 0 to 1.
    log_beyond : float, optional
        Logarithm of the level after the horizon's end; without it that of the horizon goes on.
    """

    log: float
    spread: float
    below: float = 0.0
    above: float = float("nan")
    weight_above: float = 0.0
    log_beyond: float | None = None

    @property
    def factor(self) -> float:
        """Of all forecasts within the horizon."""
        return float(np.exp(self.log))

    @property
    def factor_beyond(self) -> float:
        """Of what is expected after its end."""
        return self.factor if self.log_beyond is None else float(np.exp(self.log_beyond))

    def reach(self, year: Level, expected: float, expected_year: float) -> Level:
        """The same with the level after the horizon that makes up the level of a whole `year`.

        `expected` and `expected_year` are orders in all by the model, within the horizon and within a year. A season or a
        passing slump within the horizon so ends with it, and what a year was found to be stands. The level beyond is
        within a factor of `BEYOND` of the two.
        """
        rest = expected_year - expected
        if rest <= 0:
            return self
        beyond = (expected_year * year.factor - expected * self.factor) / rest
        low, high = sorted((self.factor, year.factor))
        return replace(self, log_beyond=float(np.log(np.clip(beyond, low / BEYOND, high * BEYOND))))


def fit_level(closed: Sequence[Closed], days: Days, expected: float, ahead_days: int, horizon_days: int, params: ForecastParams) -> Level:
    """Estimate the level of a forecast of `expected` orders in all within `ahead_days` after `days.as_of`.

    `closed` is in order of dates, each with a horizon of `horizon_days`; `days` holds what is
    known now, of which earlier dates see what lay before them.
    """
    below, record = _below(closed, days.as_of, horizon_days, params.spread_below**2 * (1 - horizon_days / ahead_days)), []
    for one in closed:
        known = [other for other in closed if other.as_of + horizon_days <= one.as_of]
        if known:
            record.append(one.error - _below(known, one.as_of, horizon_days))
    variance_below = _on_record(record, params.spread_below, horizon_days)
    above, variance = _above(closed, days, days.as_of, expected, ahead_days, horizon_days, params.spread_above)
    if not np.isfinite(above):
        return Level(below, float(np.sqrt(variance_below)), below)
    record = []
    for one in closed:
        known = [other for other in closed if other.as_of + horizon_days <= one.as_of]
        said, _ = _above(known, days, one.as_of, one.expected, horizon_days, horizon_days, params.spread_above)
        if np.isfinite(said):
            record.append(one.error - said)
    variance_above = variance + _on_record(record, params.spread_above, horizon_days)
    weight = variance_below / (variance_below + variance_above)
    # both stand on the same orders: their errors are taken to be one error, which a mean makes no smaller
    spread = float(weight * np.sqrt(variance_above) + (1 - weight) * np.sqrt(variance_below))
    return Level(float(weight * above + (1 - weight) * below), spread, below, above, float(weight))


def _on_record(errors: Sequence[float], spread: float, horizon_days: int) -> float:
    """Variance of a witness: its prior and the errors on record, which overlap where the horizon is longer than their step."""
    each = min(1.0, STEP_DAYS / horizon_days)
    return float((RECORD * spread**2 + each * np.square(errors).sum()) / (RECORD + each * len(errors)))


def _below(closed: Sequence[Closed], now: int, horizon_days: int, unseen: float = 0.0) -> float:
    """Weighted mean of earlier errors, half as much a horizon before, shrunken to zero by what it may owe to chance.

    `unseen` is the variance of what lies beyond the horizon that was seen.
    """
    if not closed:
        return 0.0
    errors = np.array([one.error for one in closed])
    weight = 0.5 ** (np.array([now - one.as_of for one in closed]) / horizon_days)
    weight /= weight.sum()
    mean = float(weight @ errors)
    independent = min(1 / float(np.square(weight).sum()), 1 + (closed[-1].as_of - closed[0].as_of) / horizon_days)
    chance = 1 / max(float(np.mean([one.actual for one in closed])), 1.0)
    noise = max(float(weight @ np.square(errors - mean)), SPREAD_DATES**2) + chance + unseen
    return mean * independent * SPREAD_LEVELS**2 / (independent * SPREAD_LEVELS**2 + noise)


def _above(
    closed: Sequence[Closed], days: Days, now: int, expected: float, ahead_days: int, horizon_days: int, spread: float
) -> tuple[float, float]:
    """Level that last year's orders imply on day `now`, and the variance of its growth and counts; NaN where there is none."""
    nothing = float("nan"), float("nan")
    ahead = min(ahead_days, YEAR_DAYS)
    if not len(days.day) or expected <= 0 or now - YEAR_DAYS < int(days.day.min()) - 1:
        return nothing
    share = _known_share(closed, days, now, horizon_days)
    before = _count(days, now - YEAR_DAYS, now - YEAR_DAYS + ahead)
    if before < MIN_ORDERS or not share < CLOSED_SHARE:
        return nothing
    width = min(ahead, now - YEAR_DAYS - int(days.day.min()) + 1)
    if width >= MIN_GROWTH_DAYS:
        recent, then = (_count(days, end - width, end) + 1 for end in (now, now - YEAR_DAYS))
        growth = float(np.log(recent / then))
        # growth may stop half way, and may have been measured on a part of the horizon only
        variance = (growth / 2) ** 2 + 1 / recent + 1 / then + spread**2 * (ahead / width - 1)
    else:
        # no growth can be measured: the year may have grown by half of what its halves differ by
        half = YEAR_DAYS // 2
        late, early = (_count(days, end - half, end) + 1 for end in (now, now - half))
        growth, variance = 0.0, (np.log(late / early) / 2) ** 2
    total = before * np.exp(growth) * ahead_days / ahead
    # the longer the horizon, the more of its orders come from customers who are not here yet; of a horizon that has
    # not been seen the share is between the one seen and its power, in the middle of the two
    log_share = float(np.log(share))
    longest = log_share * max(1.0, ahead / horizon_days)
    share = float(np.exp((log_share + longest) / 2))
    variance += ((longest - log_share) / 4) ** 2
    return float(np.log(total * share / expected)), float(variance + 1 / before)


def _known_share(closed: Sequence[Closed], days: Days, now: int, ahead: int) -> float:
    """Share of orders that came from customers known at the date, over the closed dates, the last ones counting most."""
    joined = np.repeat(days.day[days.start[:-1]], np.diff(days.start))
    shares, weights = [], []
    for one in closed:
        within = (days.day > one.as_of) & (days.day <= one.as_of + ahead)
        if within.sum() >= MIN_ORDERS / 4:
            shares.append(float((joined[within] <= one.as_of).mean()))
            weights.append(0.5 ** ((now - one.as_of) / ahead))
    return float(np.average(shares, weights=weights)) if shares else float("nan")


def _count(days: Days, after: int, until: int) -> float:
    return float(((days.day > after) & (days.day <= until)).sum())
