"""The champion: a model of buying till one leaves in the company's own time, corrected by what earlier dates taught.

Five parts, each of which falls away where its data are missing: the clock (season), the model of orders fitted in clocked
time, the correction that tells customers apart, the level of all together, and the amounts. Everything is learnt from
earlier dates whose horizon was over by `as_of`, with what is known on `as_of`; the models of those dates are refitted to
what was known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate, Snapshot
from analysis.forecast.chance import Calibration, calibrate_chances, correct_chance
from analysis.forecast.clock import fit_clock
from analysis.forecast.collapse import Floats
from analysis.forecast.contest import COLUMNS, chosen, stand
from analysis.forecast.correction import NEUTRAL, Correction, learn
from analysis.forecast.features import describe, typical_log_amount
from analysis.forecast.gamma_gamma import FittedSpend, fit_spend
from analysis.forecast.intervals import spend_points, spend_variance
from analysis.forecast.level import YEAR_DAYS, Closed, Level, fit_level
from analysis.forecast.likelihood import Estimate
from analysis.forecast.origins import Clocked, Origin, correct, cut, dated, finish, make_origins, origin_dates, taught_days
from analysis.forecast.scoring import CANDIDATES, SURVIVAL_CANDIDATES, Choice, Forecast, choose, fit_snapshot
from analysis.forecast.spend_history import FittedSpendHistory, fit_spend_history
from analysis.forecast.strata import read_lasting_levels
from analysis.forecast.tails import Tail, fit_tail
from analysis.forecast.trials import (
    BY_HISTORY,
    CORRECTED,
    GAMMA_GAMMA,
    contest_amounts,
    contest_chances,
    contest_correction,
    contest_models,
    hold_trials,
)
from analysis.forecast.uncertainty import parameter_error
from analysis.history.past import Past, statistics
from analysis.params import ForecastParams
from analysis.threads import one_thread

CONTENDERS = ("MBG/NBD", "BG/NBD", "Pareto/NBD", "MBG/CNBD-k", "MBG/CNBD-k, own k")
"""Models of orders, from the simplest: anybody may leave after any order; not after the first; at any moment, which is an
integral; with regular gaps, which is a parameter more; and with gaps more or less regular, which is several."""
FAINT = 1e-12
LEFT_OUT = stand("p_order", "model", list(SURVIVAL_CANDIDATES), "too_slow", "too_slow").assign(is_chosen=False)
"""Survival models do not contend for chances: each of their fits takes as long as the whole champion. The back-test of all
models grades their chances beside the champion's."""
Z80 = 1.2815515655446004

Correcting = Literal["corrected", "no_closed_dates", "not_worth_it"]


@dataclass(frozen=True)
class Held:
    """What a champion was taught and holds when it is applied to other orders.

    Attributes
    ----------
    horizon_days : int
        Horizon that it was fitted for.
    taught_days : int
        Horizon that it learnt from and that features are scaled by.
    orders : Correction
        With its scale.
    has_corrected_chance : bool
        Whether chances of an order are those of the corrected expectation, or those of the model.
    typical_log_amount : float
        See `features.describe`.
    """

    horizon_days: int = 0
    taught_days: int = 0
    orders: Correction = NEUTRAL
    has_corrected_chance: bool = True
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
    spend : FittedSpend or FittedSpendHistory
        Model of the amount of an order day.
    level : Level
        Of all customers together.
    ratio : array
        Each customer's correction of orders.
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
    contest : DataFrame
        How the parts were chosen: one row per part, step and contender, see `contest.judge`. Steps of `orders` are
        `model` and `correction` (of the model chosen); `p_order` and `spend` have one.
    """

    choice: Choice
    orders: Clocked
    spend: FittedSpend | FittedSpendHistory
    index: pd.Index
    level: Level
    ratio: Floats
    calibration: Calibration
    tails: tuple[Tail | None, Tail | None]
    correcting: Correcting
    closed: tuple[Closed, ...] = field(default=(), repr=False)
    held: Held = field(default_factory=Held, repr=False)
    contest: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COLUMNS)), repr=False, compare=False)

    def apply(self, past: Past, as_of: date) -> Champion:
        """The same model, all its parameters held, for what `past` shows of customers at the end of `as_of` (inclusive).

        The season moves on with the date; the level, the corrections and their scale, the calibration and the tails stay.
        A customer's forecast then depends on that customer's own orders alone.
        """
        days = past.days(as_of)
        orders = self.orders.apply(past.ids, days)
        plain = dated(days, past.ids)
        known = plain.statistics
        spend = self.spend.apply(plain) if isinstance(self.spend, FittedSpendHistory) else self.spend.apply(known["x"] + 1, known["mean"])
        expected = orders.predict(self.held.taught_days)["expected_orders"].to_numpy()
        features = describe(days, self.held.taught_days, expected, self.held.typical_log_amount)
        with one_thread():
            ratio = self.held.orders.held(features)
        return replace(self, orders=orders, spend=spend, index=known.index, ratio=ratio)

    @property
    def name(self) -> str:
        """As in the column `model`."""
        spend = BY_HISTORY if isinstance(self.spend, FittedSpendHistory) else GAMMA_GAMMA
        corrected = CORRECTED if self.correcting == "corrected" else ""
        return f"{self.orders.fitted.name} + {spend}{corrected}"

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """Forecast the `horizon_days` after `as_of`: `p_order`, `expected_orders`, `expected_spend`."""
        base = self.orders.predict(horizon_days)
        orders = base["expected_orders"].to_numpy() * self._factor(horizon_days, base)
        ratio = self.ratio if self.held.has_corrected_chance else 1.0
        within, after = self._split(horizon_days, base, "p_order")
        silent = (1 - correct_chance(within, ratio * self.level.factor)) * (1 - correct_chance(after, ratio * self.level.factor_beyond))
        chance = self.calibration.apply(1 - silent)
        # nobody orders at least once more often than they order
        columns = {"p_order": np.minimum(chance, orders), "expected_orders": orders, "expected_spend": orders * self.amount().to_numpy()}
        return pd.DataFrame(columns, index=base.index)

    @cached_property
    def _at_horizon(self) -> pd.DataFrame:
        """What the model of orders says of the horizon that the champion was fitted for."""
        return self.orders.predict(self.held.horizon_days)

    def _split(self, horizon_days: float, base: pd.DataFrame, column: Literal["p_order", "expected_orders"]) -> tuple[Floats, Floats]:
        """What `base` expects within the champion's own horizon and after it; chances of the rest are given none within."""
        whole = base[column].to_numpy()
        if horizon_days <= self.held.horizon_days:
            return whole, np.zeros(len(whole))
        within = np.minimum(self._at_horizon[column].to_numpy(), whole)
        if column == "expected_orders":
            return within, whole - within
        return within, 1 - (1 - whole) / np.maximum(1 - within, FAINT)

    def _factor(self, horizon_days: float, base: pd.DataFrame) -> Floats:
        """Corrected expectation of orders / the model's."""
        within, after = self._split(horizon_days, base, "expected_orders")
        whole = np.maximum(within + after, FAINT)
        return self.ratio * (within * self.level.factor + after * self.level.factor_beyond) / whole

    @property
    def estimates(self) -> dict[str, Estimate | None]:
        """Fitted parameters of the models of `orders` (in clocked time) and `spend`."""
        return {"orders": getattr(self.orders.fitted, "estimate", None), "spend": self.spend.estimate}

    def amount(self) -> pd.Series:
        """Expected amount of each customer's order."""
        return self.spend.predict()

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
        factor = self._factor(horizon_days, self.orders.predict(horizon_days))
        per_order = float(self.spend.estimate.parameters[0])
        own = np.array(
            [
                ((counts.moment(2) - counts.moment(1) ** 2)[group] * factor**2).sum(),
                (spend_variance(counts, group, per_order, self.spend.shape, self.spend.scale) * factor**2).sum(),
            ]
        )
        expected = self.predict(horizon_days)[["expected_orders", "expected_spend"]].sum().to_numpy()
        spread = z * np.sqrt(own + (self.level.spread * expected) ** 2)
        low = np.maximum(expected - spread, 0.0)
        return pd.DataFrame({"total": ["orders", "spend"], "expected": expected, "low": low, "high": expected + spread})

    def _model_points(self, horizon_days: float, levels: tuple[float, ...]) -> list[Floats]:
        counts, group = self.orders.fitted.counts(self.orders.stretch(horizon_days))
        factor = self._factor(horizon_days, self.orders.predict(horizon_days))
        points = spend_points(counts, group, float(self.spend.estimate.parameters[0]), self.spend.shape, self.spend.scale, levels)
        return [point * factor for point in points]


def fit(snapshot: Snapshot, params: ForecastParams, candidate: Candidate | None = None) -> Champion | Forecast:
    """Fit the champion to `snapshot`, for `params.horizon_days`; with too few customers the own past rate (an abstention).

    Given a `candidate`, it is the model of orders, without a contest.

    Raises
    ------
    ValueError
        The snapshot was made without a ledger: it does not show earlier dates.
    """
    if snapshot.past is None:
        raise ValueError(f"the snapshot of {snapshot.as_of} was made without a ledger: the champion learns from earlier dates")
    choice = choose(snapshot.statistics, params)
    if choice.reason != "enough_customers":
        return fit_snapshot(snapshot, params)
    if candidate is not None:
        with one_thread():
            return fit_past(snapshot.past, replace(choice, candidate=candidate), params, is_open=False)
    types = read_lasting_levels(snapshot.ledger, snapshot.as_of) if snapshot.ledger is not None else None
    with one_thread():
        return fit_past(snapshot.past, choice, params, types)


def fit_past(past: Past, choice: Choice, params: ForecastParams, types: pd.Series | None = None, is_open: bool = True) -> Champion:
    """Fit the champion to a `past`, as `fit` does; the model of orders is contested if `is_open`, also by `types` of customers."""
    horizon = params.horizon_days
    everyone = past.days(past.as_of)
    sample = past.sample(params.max_learners)
    days = sample.days(past.as_of)
    clock = fit_clock(days, past.as_of, params.season_doubt)
    taught = taught_days(days, past.as_of, params)
    if is_open:
        models, winner, near = contest_models(contenders(), past, clock, taught, params, types)
        choice = replace(choice, candidate=winner)
    else:
        models, near = stand("orders", "model", [choice.candidate.name], "asked_for"), None
    orders = Clocked.fit(choice.candidate, past.ids, everyone, clock, near)
    dates = origin_dates(days, past.as_of, taught, params.origins)
    known = statistics(everyone, past.ids)
    gamma_gamma = fit_spend(known["x"] + 1, known["mean"])
    origins = make_origins(sample, dates, days, orders, choice.candidate, gamma_gamma, taught)
    origins = [one for one in origins if one.orders.sum() > 0]

    spend: FittedSpend | FittedSpendHistory = gamma_gamma
    base = orders.predict(horizon)["expected_orders"].to_numpy()
    closed = tuple(Closed(one.as_of, float(one.expected.sum()), float(one.orders.sum())) for one in origins)
    in_sample = len(days.who) / max(len(everyone.who), 1)
    level = fit_level(closed, days, float(base.sum()) * in_sample, horizon, taught, params)
    if horizon < YEAR_DAYS:
        in_year = float(orders.predict(YEAR_DAYS)["expected_orders"].sum())
        year = fit_level(closed, days, in_year * in_sample, YEAR_DAYS, taught, params)
        level = level.reach(year, float(base.sum()), in_year)
    features = describe(everyone, taught, orders.predict(taught)["expected_orders"].to_numpy())

    by_history = [one.with_history(sample) for one in origins]
    amounts = contest_amounts(origins, by_history, taught)
    if chosen(amounts) == BY_HISTORY:
        spend, origins = fit_spend_history(dated(everyone, past.ids), gamma_gamma), by_history

    origins, grid = cut(origins)
    trials = hold_trials(origins, taught, params, grid)
    corrections = contest_correction(trials, choice.candidate.name, bool(origins), taught)
    is_corrected = chosen(corrections) != choice.candidate.name
    chances = contest_chances(trials, is_corrected, choice.candidate.name, taught)
    has_corrected_chance = is_corrected and chosen(chances) != choice.candidate.name

    correction = learn([one.order_lesson for one in origins], params.seed, grid=grid) if is_corrected else NEUTRAL
    ratio, correction = correction.neutral(features, base)
    origins = correct(origins, correction)
    calibration = calibrate_chances([one.raw_chance(has_corrected_chance) for one in origins], [one.happened for one in origins])
    origins = finish(origins, calibration, has_corrected_chance)
    return Champion(
        choice=choice,
        orders=orders,
        spend=spend,
        index=known.index,
        level=level,
        ratio=ratio,
        calibration=calibration,
        tails=_fit_tails(origins, params.interval, level.spread),
        correcting=_correcting(corrections),
        closed=closed,
        held=Held(horizon, taught, correction, has_corrected_chance, typical_log_amount(everyone)),
        contest=pd.concat([models, corrections, chances, LEFT_OUT, amounts], ignore_index=True),
    )


def contenders() -> list[Candidate]:
    """Models of orders in the contest, from the simplest to the one with most to learn."""
    return [CANDIDATES[name] for name in CONTENDERS if name in CANDIDATES]


def _correcting(corrections: pd.DataFrame) -> Correcting:
    reason = str(corrections["reason"].iloc[0])
    if corrections["is_chosen"].iloc[-1]:
        return "corrected"
    return "no_closed_dates" if reason in ("no_closed_dates", "too_few_orders") else "not_worth_it"


def _fit_tails(origins: Sequence[Origin], share: float, spread: float) -> tuple[Tail | None, Tail | None]:
    parts = [one.chance for one in origins], [one.expected_spend for one in origins], [one.spend for one in origins]
    low, high = (fit_tail(level, *parts, spread=spread) for level in ((1 - share) / 2, (1 + share) / 2))
    return low, high
