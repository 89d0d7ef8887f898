"""The champion: a model of buying till one leaves in the company's own time, corrected by what earlier dates taught.

Five parts, each of which falls away where its data are missing: the clock (season), the model of orders fitted in clocked
time, the correction that tells customers apart, the level of all together, and the amounts. Everything is learnt from
earlier dates whose horizon was over by `as_of`, with what is known on `as_of`; the models of those dates are refitted to
what was known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.candidates import Candidate, Fitted, Snapshot
from analysis.forecast.chance import Calibration, calibrate_chances, correct_chance
from analysis.forecast.clock import Clock, fit_clock
from analysis.forecast.collapse import Floats
from analysis.forecast.correction import NEUTRAL, Correction, Lesson, is_worth_it, learn
from analysis.forecast.features import describe, typical_log_amount
from analysis.forecast.gamma_gamma import FittedSpend, fit_spend
from analysis.forecast.intervals import spend_points, spend_variance
from analysis.forecast.level import Closed, Level, fit_level
from analysis.forecast.likelihood import Estimate
from analysis.forecast.past import EPOCH, Days, Past, read_past, statistics
from analysis.forecast.scoring import Choice, Forecast, choose, fit_snapshot
from analysis.forecast.tails import Tail, fit_tail
from analysis.forecast.uncertainty import parameter_error
from analysis.history import WEEK_DAYS
from analysis.params import ForecastParams
from analysis.period import Period

SNAPSHOTS = 8
"""Earlier month ends to learn from: more of them are older, and overlap."""
MAX_CUSTOMERS = 20_000
"""Customers to learn from; all are forecast."""
AMOUNT_TREES, AMOUNT_LEAVES = 30, 4
"""The correction of spend is a smaller one: amounts are noisier than counts."""
WINSOR = 0.99
"""Amounts above this point of the buyers' teach no more than it."""
MIN_DATES = 2
"""Closed dates to learn from; with fewer, shorter horizons that have been over are learnt from instead."""
SHORTEST_DAYS = 30
FAINT = 1e-9
Z80 = 1.2815515655446004

Correcting = Literal["corrected", "no_closed_dates", "not_worth_it"]


@dataclass(frozen=True)
class Clocked:
    """A model of orders fitted in the company's own time."""

    fitted: Fitted
    clock: Clock
    as_of: int

    @classmethod
    def fit(cls, candidate: Candidate, ids: pd.Index, days: Days, clock: Clock) -> Clocked:
        """Fit `candidate` to the order days of customers."""
        return cls(candidate.fit(clocked(days, ids, clock)), clock, days.as_of)

    def apply(self, ids: pd.Index, days: Days) -> Clocked:
        """The same parameters and clock for other order days, on their own day."""
        return Clocked(self.fitted.apply(clocked(days, ids, self.clock)), self.clock, days.as_of)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """As of `Fitted`, the horizon being as long as its season says."""
        return self.fitted.predict(self.stretch(horizon_days))

    def stretch(self, horizon_days: float) -> float:
        """Days of mean activity in the `horizon_days` after `as_of`."""
        if self.clock.is_flat:
            return horizon_days
        return float(self.clock.readings(self.as_of, self.as_of + round(horizon_days))[-1])


@dataclass(frozen=True)
class Held:
    """What a champion was taught and holds when it is applied to other orders.

    Attributes
    ----------
    taught_days : int
        Horizon that it learnt from and that features are scaled by.
    orders, amounts : Correction
        With their scale.
    typical_log_amount : float
        See `features.describe`.
    """

    taught_days: int = 0
    orders: Correction = NEUTRAL
    amounts: Correction = NEUTRAL
    typical_log_amount: float = 0.0


@dataclass(frozen=True)
class Champion:
    """The champion of one date; all results are one row per customer, in the order of `index`.

    Attributes
    ----------
    choice : Choice
        Model of orders and why it is one.
    orders : Clocked
        It, fitted.
    spend : FittedSpend
        Model of the amount of an order day.
    level : Level
        Of all customers together.
    ratio, amount_ratio : array
        Each customer's correction of orders and of the amount of an order.
    calibration : Calibration
        Of chances.
    tails : tuple
        Points of spend by level, low and high; without them the model's own.
    correcting : str
        Why there is a correction or none: `corrected`, `no_closed_dates`, `not_worth_it`.
    closed : tuple
        Earlier dates that taught it.
    held : Held
        What `apply` holds beside the above.
    """

    choice: Choice
    orders: Clocked
    spend: FittedSpend
    index: pd.Index
    level: Level
    ratio: Floats
    amount_ratio: Floats
    calibration: Calibration
    tails: tuple[Tail | None, Tail | None]
    correcting: Correcting
    closed: tuple[Closed, ...] = field(default=(), repr=False)
    held: Held = field(default_factory=lambda: Held(), repr=False)

    def apply(self, past: Past, as_of: date) -> Champion:
        """The same model, all its parameters held, for what `past` shows of customers at the end of `as_of` (inclusive).

        The season moves on with the date; the level, the corrections and their scale, the calibration and the tails stay.
        A customer's forecast then depends on that customer's own orders alone.
        """
        days = past.days(as_of)
        orders = self.orders.apply(past.ids, days)
        known = statistics(days, past.ids)
        spend = self.spend.apply(known["x"] + 1, known["mean"])
        expected = orders.predict(self.held.taught_days)["expected_orders"].to_numpy()
        features = describe(days, self.held.taught_days, expected, self.held.typical_log_amount)
        ratio, amount_ratio = self.held.orders.held(features), self.held.amounts.held(features)
        return replace(self, orders=orders, spend=spend, index=known.index, ratio=ratio, amount_ratio=amount_ratio)

    @property
    def name(self) -> str:
        """As in the column `model`."""
        return (
            f"{self.orders.fitted.name} + Gamma-Gamma, corrected"
            if self.correcting == "corrected"
            else f"{self.orders.fitted.name} + Gamma-Gamma"
        )

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """Forecast the `horizon_days` after `as_of`: `p_order`, `expected_orders`, `expected_spend`."""
        base = self.orders.predict(horizon_days)
        return _forecast(base, self.ratio, float(np.exp(self.level.log)), self.calibration, self.amount().to_numpy())

    @property
    def estimates(self) -> dict[str, Estimate | None]:
        """Fitted parameters of the models of `orders` (in clocked time) and `spend`."""
        return {"orders": getattr(self.orders.fitted, "estimate", None), "spend": self.spend.estimate}

    def amount(self) -> pd.Series:
        """Expected amount of each customer's order."""
        return self.spend.predict() * self.amount_ratio

    def p_active(self) -> pd.DataFrame:
        """`p_active`, `p_active_low`, `p_active_high` at the end of `as_of`."""
        return self.orders.fitted.p_active()

    def parameter_error(self, horizon_days: float) -> Floats:
        """Standard error of the logarithm of expected spend, from the fitted parameters of the two models alone."""
        return parameter_error(self.orders.fitted, self.spend, self.orders.stretch(horizon_days))

    def interval(self, horizon_days: float, share: float = 0.8) -> pd.DataFrame:
        """Central `share` of each customer's predictive distribution of spend: `spend_low`, `spend_high`."""
        table = self.predict(horizon_days)
        chance, expected = table["p_order"].to_numpy(), table["expected_spend"].to_numpy()
        levels = ((1 - share) / 2, (1 + share) / 2)
        found = {tail.level: tail for tail in self.tails if tail is not None}
        if all(any(np.isclose(level, known) for known in found) for level in levels):
            points = [next(t for k, t in found.items() if np.isclose(level, k)).points(chance, expected) for level in levels]
        else:
            points = self._model_points(horizon_days, levels)
            for position, level in enumerate(levels):
                for known, tail in found.items():
                    if np.isclose(level, known):
                        points[position] = tail.points(chance, expected)
        return pd.DataFrame({"spend_low": np.minimum(*points), "spend_high": np.maximum(*points)}, index=self.index)

    def totals(self, horizon_days: float, z: float = Z80) -> pd.DataFrame:
        """Company totals: one row each for `orders` and `spend`, columns `expected`, `low`, `high`.

        `z` standard errors either side, of customers' own chance and of the level that all share.
        """
        counts, group = self.orders.fitted.counts(self.orders.stretch(horizon_days))
        factor = self.ratio * float(np.exp(self.level.log))
        per_order = float(self.spend.estimate.parameters[0])
        own = np.array(
            [
                ((counts.moment(2) - counts.moment(1) ** 2)[group] * factor**2).sum(),
                (spend_variance(counts, group, per_order, self.spend.shape, self.spend.scale) * (factor * self.amount_ratio) ** 2).sum(),
            ]
        )
        expected = self.predict(horizon_days)[["expected_orders", "expected_spend"]].sum().to_numpy()
        spread = z * np.sqrt(own + (self.level.spread * expected) ** 2)
        low = np.maximum(expected - spread, 0.0)
        return pd.DataFrame({"total": ["orders", "spend"], "expected": expected, "low": low, "high": expected + spread})

    def _model_points(self, horizon_days: float, levels: tuple[float, ...]) -> list[Floats]:
        counts, group = self.orders.fitted.counts(self.orders.stretch(horizon_days))
        factor = self.ratio * float(np.exp(self.level.log)) * self.amount_ratio
        points = spend_points(counts, group, float(self.spend.estimate.parameters[0]), self.spend.shape, self.spend.scale, levels)
        return [point * factor for point in points]


def fit(snapshot: Snapshot, params: ForecastParams, candidate: Candidate | None = None) -> Champion | Forecast:
    """Fit the champion to `snapshot`, for `params.horizon_days`; with too few customers the own past rate (an abstention).

    Raises
    ------
    ValueError
        The snapshot was made without a ledger: earlier dates cannot be read.
    """
    if snapshot.ledger is None:
        raise ValueError(f"the snapshot of {snapshot.as_of} was made without a ledger: the champion learns from earlier dates")
    choice = choose(snapshot.statistics, params)
    if choice.reason != "enough_customers":
        return fit_snapshot(snapshot, params)
    choice = Choice(candidate or MBG_NBD, choice.reason, choice.count_customers, choice.count_repeat_customers)
    past = read_past(snapshot.ledger, snapshot.as_of)
    return fit_past(past, choice, params)


def fit_past(past: Past, choice: Choice, params: ForecastParams) -> Champion:
    """Fit the champion to a `past`, as `fit` does."""
    horizon = params.horizon_days
    everyone = past.days(past.as_of)
    sample = past.sample(MAX_CUSTOMERS)
    days = sample.days(past.as_of)
    clock = fit_clock(days, past.as_of)
    taught = _taught_days(days, past.as_of, horizon)
    lessons = [_Lesson.of(sample, as_of, days, clock, choice.candidate, taught) for as_of in _dates(days, past.as_of, taught)]
    lessons = [lesson for lesson in lessons if lesson.orders.sum() > 0]

    now = _Now.of(past.ids, everyone, clock, choice.candidate)
    base = now.model.predict(horizon)["expected_orders"].to_numpy()
    closed = tuple(Closed(one.as_of, float(one.expected.sum()), float(one.orders.sum())) for one in lessons)
    in_sample = len(days.who) / max(len(everyone.who), 1)
    level = fit_level(closed, days, float(base.sum()) * in_sample, horizon, taught)
    features = describe(everyone, taught, now.model.predict(taught)["expected_orders"].to_numpy())

    correction, correcting = _learn_orders(lessons, taught, params.seed)
    ratio, correction = correction.neutral(features, base)
    for lesson in lessons:
        lesson.correct(correction)
    amount = _learn_amounts(lessons, params.seed) if correcting == "corrected" else NEUTRAL
    amount_ratio, amount = amount.neutral(features, base * ratio * now.spend.predict().to_numpy())
    calibration = calibrate_chances([one.chance for one in lessons], [(one.orders > 0).astype(float) for one in lessons])
    for lesson in lessons:
        lesson.finish(calibration, amount)
    tails = _fit_tails(lessons, params.interval, level.spread)
    held = Held(taught, correction, amount, typical_log_amount(everyone))
    index = now.spend.index
    return Champion(choice, now.model, now.spend, index, level, ratio, amount_ratio, calibration, tails, correcting, closed, held)


@dataclass(frozen=True)
class _Now:
    """Models fitted to the customers of one date."""

    model: Clocked
    spend: FittedSpend

    @classmethod
    def of(cls, ids: pd.Index, days: Days, clock: Clock, candidate: Candidate) -> _Now:
        known = statistics(days, ids)
        return cls(Clocked.fit(candidate, ids, days, clock), fit_spend(known["x"] + 1, known["mean"]))


@dataclass
class _Lesson:
    """An earlier date: what was expected on it, with what was known then, and what came."""

    as_of: int
    base: pd.DataFrame
    features: pd.DataFrame
    amount: Floats
    orders: Floats
    spend: Floats
    ratio: Floats = field(default_factory=lambda: np.ones(0))
    chance: Floats = field(default_factory=lambda: np.ones(0))
    expected_spend: Floats = field(default_factory=lambda: np.ones(0))

    @classmethod
    def of(cls, past: Past, as_of: date, days: Days, clock: Clock, candidate: Candidate, horizon_days: int) -> _Lesson:
        then = past.days(as_of)
        now = _Now.of(past.ids, then, clock, candidate)
        base = now.model.predict(horizon_days)
        after = (days.day > then.as_of) & (days.day <= then.as_of + horizon_days)
        orders, spend = (
            np.asarray(np.bincount(days.customer[after], weights, minlength=len(past.ids))[then.who], dtype=np.float64)
            for weights in (np.ones(int(after.sum())), days.amount[after])
        )
        features = describe(then, horizon_days, base["expected_orders"].to_numpy())
        return cls(then.as_of, base, features, now.spend.predict().to_numpy(), orders, spend)

    @property
    def expected(self) -> Floats:
        return self.base["expected_orders"].to_numpy()

    @property
    def level(self) -> float:
        return float(self.orders.sum() / max(self.expected.sum(), FAINT))

    @property
    def corrected_orders(self) -> Floats:
        return self.expected * self.ratio * self.level

    @property
    def trimmed_spend(self) -> Floats:
        each = np.where(self.orders > 0, self.spend / np.maximum(self.orders, 1), 0.0)
        return np.minimum(each, np.quantile(each[self.orders > 0], WINSOR)) * self.orders

    def correct(self, correction: Correction) -> None:
        self.ratio = correction.ratio(self.features, self.expected)
        self.chance = correct_chance(self.base["p_order"].to_numpy(), self.ratio * self.level)

    def finish(self, calibration: Calibration, amount: Correction) -> None:
        expected = self.corrected_orders * self.amount
        self.expected_spend = expected * amount.ratio(self.features, expected)
        self.chance = np.minimum(calibration.apply(self.chance), self.corrected_orders)


def _forecast(base: pd.DataFrame, ratio: Floats, level: float, calibration: Calibration, amount: Floats) -> pd.DataFrame:
    orders = base["expected_orders"].to_numpy() * ratio * level
    chance = calibration.apply(correct_chance(base["p_order"].to_numpy(), ratio * level))
    # nobody orders at least once more often than they order
    return pd.DataFrame(
        {"p_order": np.minimum(chance, orders), "expected_orders": orders, "expected_spend": orders * amount}, index=base.index
    )


def _dates(days: Days, as_of: date, horizon_days: int) -> list[date]:
    """Month ends whose horizon is over by `as_of`, with as much history before them: see `backtest.closed_dates`."""
    if not len(days.day):
        return []
    begin = EPOCH + timedelta(days=int(days.day.min()))
    last = Period.last_covered(as_of - timedelta(days=horizon_days))
    ends = [last.shift(-back).as_of for back in range(SNAPSHOTS - 1, -1, -1)]
    return [end for end in ends if end - timedelta(days=horizon_days) >= begin]


def _taught_days(days: Days, as_of: date, horizon_days: int) -> int:
    """Horizon to learn from: the forecast's own, or half of it, or a quarter ..., until some dates' horizon was over."""
    taught = horizon_days
    while len(_dates(days, as_of, taught)) < MIN_DATES and taught >= 2 * SHORTEST_DAYS:
        taught //= 2
    return taught


def clocked(days: Days, ids: pd.Index, clock: Clock) -> Snapshot:
    """The snapshot of `days` with all times in mean activity: weeks in the statistics, days in `Snapshot.days`."""
    known = statistics(days, ids)
    as_of = EPOCH + timedelta(days=days.as_of)
    own = days.of_its_customers()
    if clock.is_flat or not len(days.day):
        return Snapshot(as_of, known, days=own)
    begin = int(days.day.min())
    shown = clock.readings(begin, days.as_of)
    at = shown[days.day - begin]
    start = days.start
    first, last = at[start[:-1]], at[start[1:] - 1]
    known = known.assign(t_x=(last - first) / WEEK_DAYS, T=(shown[-1] - first) / WEEK_DAYS)
    return Snapshot(as_of, known, days=replace(own, day=at))


def _learn_orders(lessons: Sequence[_Lesson], horizon_days: int, seed: int) -> tuple[Correction, Correcting]:
    if not lessons:
        return NEUTRAL, "no_closed_dates"
    material = [Lesson(one.features, one.expected, one.orders) for one in lessons]
    found = learn(material, seed)
    if found.is_neutral:
        return NEUTRAL, "no_closed_dates"
    worth, _, _ = is_worth_it(material, [one.as_of for one in lessons], horizon_days, seed)
    return (found, "corrected") if worth else (NEUTRAL, "not_worth_it")


def _learn_amounts(lessons: Sequence[_Lesson], seed: int) -> Correction:
    material = [Lesson(one.features, one.corrected_orders * one.amount, one.trimmed_spend) for one in lessons]
    return learn(material, seed, AMOUNT_TREES, AMOUNT_LEAVES)


def _fit_tails(lessons: Sequence[_Lesson], share: float, spread: float) -> tuple[Tail | None, Tail | None]:
    parts = [one.chance for one in lessons], [one.expected_spend for one in lessons], [one.spend for one in lessons]
    low, high = (fit_tail(level, *parts, spread=spread) for level in ((1 - share) / 2, (1 + share) / 2))
    return low, high
