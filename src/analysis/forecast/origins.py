"""Origins of a rolling back-test: earlier dates, what was expected on them with what was known then, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate, Fitted, Snapshot, fit_near
from analysis.forecast.chance import Calibration, correct_chance
from analysis.forecast.clock import Clock
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.correction import Correction, Features, Grid, Lesson
from analysis.forecast.features import describe
from analysis.forecast.gamma_gamma import FittedSpend, fit_spend
from analysis.forecast.spend_history import fit_spend_history
from analysis.history import WEEK_DAYS
from analysis.history.past import EPOCH, Days, Past, statistics
from analysis.params import ForecastParams
from analysis.period import Period

WINSOR = 0.99
"""Amounts above this point of the buyers' teach no more than it."""
FAINT = 1e-9


@dataclass(frozen=True)
class Clocked:
    """A model of orders fitted in the company's own time."""

    fitted: Fitted
    clock: Clock
    as_of: int

    @classmethod
    def fit(cls, candidate: Candidate, ids: pd.Index, days: Days, clock: Clock, near: Fitted | None = None) -> Clocked:
        """Fit `candidate` to the order days of customers; `near` is it fitted to some of them, from which a fit may start."""
        return cls(fit_near(candidate, near, clocked(days, ids, clock), has_errors=True), clock, days.as_of)

    def refit(self, candidate: Candidate, ids: pd.Index, days: Days) -> Clocked:
        """Fit to other order days, of which these parameters are only the start, if the model can start from any."""
        return Clocked(fit_near(candidate, self.fitted, clocked(days, ids, self.clock)), self.clock, days.as_of)

    def apply(self, ids: pd.Index, days: Days) -> Clocked:
        """The same parameters and clock for other order days, on their own day."""
        return Clocked(self.fitted.apply(clocked(days, ids, self.clock)), self.clock, days.as_of)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """As of `Fitted`, the horizon being as long as its season says."""
        return self.fitted.predict(self.stretch(horizon_days))

    def stretch(self, horizon_days: float) -> float:
        """Days of mean activity in the `horizon_days` after `as_of`."""
        return self.clock.stretch(self.as_of, horizon_days)


def dated(days: Days, ids: pd.Index) -> Snapshot:
    """The snapshot of `days`, in calendar time."""
    return Snapshot(EPOCH + timedelta(days=days.as_of), statistics(days, ids), days=days.of_its_customers())


def clocked(days: Days, ids: pd.Index, clock: Clock) -> Snapshot:
    """The snapshot of `days` with all times in mean activity: weeks in the statistics, days in `Snapshot.days`."""
    plain = dated(days, ids)
    if clock.is_flat or not len(days.day) or plain.days is None:
        return plain
    begin = int(days.day.min())
    shown = clock.readings(begin, days.as_of)
    at = shown[days.day - begin]
    start = days.start
    first, last = at[start[:-1]], at[start[1:] - 1]
    known = plain.statistics.assign(t_x=(last - first) / WEEK_DAYS, T=(shown[-1] - first) / WEEK_DAYS)
    return Snapshot(plain.as_of, known, days=replace(plain.days, day=at))


@dataclass(frozen=True)
class Origin:
    """One earlier date; arrays have one entry per customer with an order by then.

    Attributes
    ----------
    as_of : int
        Day number.
    customer : array of int
        Positions in `Past.ids`.
    base : DataFrame
        What the model of orders, fitted to what was known then, expected: `expected_orders`, `p_order`.
    features : DataFrame
        As known then, see `features.describe`.
    spends : FittedSpend
        Model of amounts, fitted to what was known then.
    amount : array
        Amount of an order that it expected, or that another model of amounts did (see `with_history`).
    orders, spend : array
        What came within the horizon.
    ratio, chance, expected_spend : array
        Correction (1 as long as there is none) and forecasts, see `correct` and `finish`.
    parts : array, optional
        Features by a grid, see `cut`.
    """

    as_of: int
    customer: Whole
    base: pd.DataFrame
    features: pd.DataFrame
    spends: FittedSpend
    amount: Floats
    orders: Floats
    spend: Floats
    ratio: Floats | float = 1.0
    chance: Floats = field(default_factory=lambda: np.ones(0))
    expected_spend: Floats = field(default_factory=lambda: np.ones(0))
    parts: Floats | None = None

    @classmethod
    def of(cls, past: Past, then: Days, days: Days, model: Clocked, horizon_days: int, near: FittedSpend | None = None) -> Origin:
        """What `model`, fitted to the days that `past` showed `then`, expected, and what came of it within `horizon_days` by `days`.

        The fit of amounts starts `near`.
        """
        known = statistics(then, past.ids)
        base = model.predict(horizon_days)
        orders, spend = what_came(days, then, len(past.ids), horizon_days)
        features = describe(then, horizon_days, base["expected_orders"].to_numpy())
        spends = fit_spend(known["x"] + 1, known["mean"], near)
        return cls(then.as_of, then.who, base, features, spends, spends.predict().to_numpy(), orders, spend)

    def with_history(self, past: Past) -> Origin:
        """The same with amounts by `spend_history`, fitted to what `past` shows on the day; for a whole origin, not a part."""
        then = past.days(EPOCH + timedelta(days=self.as_of))
        return replace(self, amount=fit_spend_history(dated(then, past.ids), self.spends).predict().to_numpy())

    def part(self, rows: slice) -> Origin:
        """Some of its customers."""
        arrays = (self.amount[rows], self.orders[rows], self.spend[rows])
        parts = None if self.parts is None else self.parts[rows]
        base, features = self.base.iloc[rows], self.features.iloc[rows]
        return Origin(self.as_of, self.customer[rows], base, features, self.spends, *arrays, parts=parts)

    @property
    def seen(self) -> Features:
        """Features as trees look at them."""
        return self.features if self.parts is None else self.parts

    @property
    def expected(self) -> Floats:
        """Orders that the model expected."""
        return self.base["expected_orders"].to_numpy()

    @property
    def level(self) -> float:
        """How many orders came for each expected one."""
        return float(self.orders.sum() / max(self.expected.sum(), FAINT))

    @property
    def corrected_orders(self) -> Floats:
        """Corrected expectations, brought to the total that came."""
        return self.expected * self.ratio * self.level

    @property
    def trimmed_spend(self) -> Floats:
        """What came, no order counting for more than the `WINSOR` point of the buyers' mean amounts."""
        each = np.where(self.orders > 0, self.spend / np.maximum(self.orders, 1), 0.0)
        most = np.quantile(each[self.orders > 0], WINSOR) if (self.orders > 0).any() else 0.0
        return np.minimum(each, most) * self.orders

    @property
    def order_lesson(self) -> Lesson:
        """What it teaches of orders."""
        return Lesson(self.seen, self.expected, self.orders)

    @property
    def happened(self) -> Floats:
        """1 where an order came, else 0."""
        return (self.orders > 0).astype(np.float64)

    def raw_chance(self, is_corrected: bool = True) -> Floats:
        """Chances of an order at the level that came, not yet calibrated."""
        ratio = self.ratio if is_corrected else 1.0
        return correct_chance(self.base["p_order"].to_numpy(), ratio * self.level)

    @property
    def corrected_spend(self) -> Floats:
        """Spend expected of corrected orders."""
        return self.corrected_orders * self.amount


def make_origins(
    past: Past, dates: Sequence[date], days: Days, orders: Clocked, candidate: Candidate, spends: FittedSpend, horizon_days: int
) -> list[Origin]:
    """Origins of `dates`, each refitted to what `past` showed then; the fit of each date starts from that of the date after it."""
    found: list[Origin] = []
    for as_of in reversed(dates):
        then = past.days(as_of)
        orders = orders.refit(candidate, past.ids, then)
        found.append(Origin.of(past, then, days, orders, horizon_days, spends))
        spends = found[-1].spends
    return found[::-1]


def cut(origins: Sequence[Origin]) -> tuple[list[Origin], Grid]:
    """The same with their features cut by one grid, and the grid."""
    grid = Grid.of([one.features for one in origins], [one.expected for one in origins])
    return [replace(one, parts=grid.cut(one.features)) for one in origins], grid


def correct(origins: Sequence[Origin], correction: Correction) -> list[Origin]:
    """The same with `ratio` set."""
    ratios = correction.ratios([one.seen for one in origins], [one.expected for one in origins])
    return [replace(one, ratio=ratio) for one, ratio in zip(origins, ratios, strict=True)]


def finish(origins: Sequence[Origin], calibration: Calibration, is_corrected: bool) -> list[Origin]:
    """The same with calibrated `chance` and with `expected_spend` set."""
    chances = [np.minimum(calibration.apply(one.raw_chance(is_corrected)), one.corrected_orders) for one in origins]
    return [replace(one, chance=chance, expected_spend=one.corrected_spend) for one, chance in zip(origins, chances, strict=True)]


def what_came(days: Days, then: Days, size: int, horizon_days: int) -> tuple[Floats, Floats]:
    """Orders and spend within `horizon_days` after `then.as_of` of each of its customers; `size` customers exist in all."""
    after = (days.day > then.as_of) & (days.day <= then.as_of + horizon_days)
    orders, spend = (
        np.asarray(np.bincount(days.customer[after], weights, minlength=size)[then.who], dtype=np.float64)
        for weights in (np.ones(int(after.sum())), days.amount[after])
    )
    return orders, spend


def origin_dates(days: Days, as_of: date, horizon_days: int, count: int) -> list[date]:
    """The last `count` month ends whose horizon is over by `as_of`, with as much history before them: see `backtest.closed_dates`."""
    if not len(days.day):
        return []
    begin = EPOCH + timedelta(days=int(days.day.min()))
    last = Period.last_covered(as_of - timedelta(days=horizon_days))
    ends = [last.shift(-back).as_of for back in range(count - 1, -1, -1)]
    return [end for end in ends if end - timedelta(days=horizon_days) >= begin]


def taught_days(days: Days, as_of: date, params: ForecastParams) -> int:
    """Horizon to learn from: the forecast's own, or half of it, or a quarter ..., until some dates' horizon was over."""
    taught = params.horizon_days
    while len(origin_dates(days, as_of, taught, params.origins)) < params.min_origins and taught >= 2 * params.min_taught_days:
        taught //= 2
    return taught
