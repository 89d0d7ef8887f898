"""Contests of a company's own past: which model of orders, whether corrected, which chances and which amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate
from analysis.forecast.chance import calibrate_chances
from analysis.forecast.clock import Clock
from analysis.forecast.collapse import Floats
from analysis.forecast.contest import Round, judge, score_chances, score_counts, stand
from analysis.forecast.correction import AMOUNT_LEAVES, AMOUNT_TREES, NEUTRAL, Correction, learn
from analysis.forecast.origins import Clocked, Origin, clocked, correct, dated, origin_dates, what_came
from analysis.forecast.spend_history import fit_spend_history
from analysis.history.past import EPOCH, Past, statistics
from analysis.params import ForecastParams

CORRECTED = ", corrected"
GAMMA_GAMMA, BY_HISTORY = "Gamma-Gamma", "spend by history"
FAINT = 1e-9
MARGIN = 0.002
"""Models of orders whose log scores differ by less are the same: half of a hundredth of a usual deviance, most of which a
correction makes up. A champion that changes with every month for less would be no gain."""


def contest_models(candidates: Sequence[Candidate], past: Past, clock: Clock, taught: int, params: ForecastParams) -> pd.DataFrame:
    """Judge models of orders on the last origins of a sample of customers.

    Each is fitted once, to what was known on the first of these dates, and applied to the customers of each: none sees
    what it is judged by, and the dearer ones cost one fit. Without such a date, or with too few customers then, they are
    judged by their likelihood today, of which a simpler one needs as much as the best but for one standard error.
    """
    names = [one.name for one in candidates]
    sample = past.sample(params.contest_customers)
    days = sample.days(past.as_of)
    dates = origin_dates(days, past.as_of, taught, params.origins)[-params.contest_dates :]
    dates = [one for one in dates if _is_enough(sample, one, params)]
    if not dates:
        return _by_likelihood(candidates, sample, clock)
    first = sample.days(dates[0])
    start = clocked(first, sample.ids, clock)
    fitted = {one.name: one.fit(start) for one in candidates}
    rounds = []
    for one in dates:
        then = sample.days(one)
        orders, _ = what_came(days, then, len(sample.ids), taught)
        shown, stretch = clocked(then, sample.ids, clock), clock.stretch(then.as_of, taught)
        expected = {name: model.apply(shown).predict(stretch)["expected_orders"].to_numpy() for name, model in fitted.items()}
        rounds.append(Round(then.as_of, then.who, {name: score_counts(mean, orders) for name, mean in expected.items()}))
    return judge("orders", "model", rounds, names, taught, MARGIN)


def _is_enough(past: Past, as_of: date, params: ForecastParams) -> bool:
    x = statistics(past.days(as_of), past.ids)["x"]
    return len(x) >= params.min_customers and int((x > 0).sum()) >= params.min_repeat_customers


def _by_likelihood(candidates: Sequence[Candidate], past: Past, clock: Clock) -> pd.DataFrame:
    """One round of log-likelihoods of customers' whole histories; candidates that give none are not reached."""
    days = past.days(past.as_of)
    found = {}
    for one in candidates:
        fitted = Clocked.fit(one, past.ids, days, clock).fitted
        if hasattr(fitted, "log_likelihoods"):
            found[one.name] = fitted.log_likelihoods()
    names = [one.name for one in candidates if one.name in found]
    if not names:
        return stand("orders", "model", [one.name for one in candidates], "unjudged")
    table = judge("orders", "model", [Round(days.as_of, days.who, found)], names, 1, MARGIN).assign(count_dates=0)
    missing = [one.name for one in candidates if one.name not in found]
    rest = stand("orders", "model", missing, "not_reached").assign(is_chosen=False)
    return pd.concat([table, rest], ignore_index=True) if missing else table


@dataclass(frozen=True)
class Trial:
    """A correction learnt from `teachers` (corrected by it, as they would be) and tried on a `pupil` that it has not seen."""

    teachers: tuple[Origin, ...]
    pupil: Origin
    correction: Correction

    @classmethod
    def of(cls, teachers: Sequence[Origin], pupil: Origin, seed: int) -> Trial:
        """Learn from `teachers`."""
        correction = learn([one.order_lesson for one in teachers], seed, is_trial=True)
        *taught, tried = correct([*teachers, pupil], correction)
        return cls(tuple(taught), tried, correction)

    @property
    def plain(self) -> Trial:
        """The same, orders left uncorrected."""
        *taught, tried = correct([*self.teachers, self.pupil], NEUTRAL)
        return Trial(tuple(taught), tried, self.correction)

    def by_history(self, past: Past) -> Floats:
        """Spend expected of the pupil's customers by their history."""
        then = past.days(EPOCH + timedelta(days=self.pupil.as_of))
        amount = fit_spend_history(dated(then, past.ids), self.pupil.spends).predict().to_numpy()
        return self.pupil.corrected_orders * amount[np.searchsorted(then.who, self.pupil.customer)]

    def round(self, scores: dict[str, np.ndarray]) -> Round:
        """Its round of a contest."""
        return Round(self.pupil.as_of, self.pupil.customer, scores)


def hold_trials(origins: Sequence[Origin], taught: int, params: ForecastParams) -> list[Trial]:
    """Try corrections on the last few origins, each with what the origins taught whose horizon was over by then.

    Where those are few, every other customer of all origins also teaches the last origin of the rest. In order of dates.
    """
    trials: list[Trial] = []
    for last in range(len(origins) - 1, max(len(origins) - 1 - params.trial_dates, 0), -1):
        teachers = [one for one in origins if one.as_of + taught <= origins[last].as_of]
        trials.insert(0, Trial.of(teachers, origins[last], params.seed))
    trials = [one for one in trials if not one.correction.is_neutral]
    if len(trials) < params.trial_dates and origins:
        halves = [one.part(slice(0, None, 2)) for one in origins]
        split = Trial.of(halves, origins[-1].part(slice(1, None, 2)), params.seed)
        trials += [] if split.correction.is_neutral else [split]
    return trials


def contest_correction(trials: Sequence[Trial], name: str, has_origins: bool, horizon_days: int) -> pd.DataFrame:
    """Judge whether the correction of orders is worth having."""
    contenders = [name, name + CORRECTED]
    if not trials:
        return stand("orders", "correction", contenders, "too_few_orders" if has_origins else "no_closed_dates")
    rounds = []
    for one in trials:
        pupil = one.pupil
        plain, better = score_counts(pupil.expected, pupil.orders), score_counts(pupil.expected * pupil.ratio, pupil.orders)
        rounds.append(one.round(dict(zip(contenders, (plain, better), strict=True))))
    return judge("orders", "correction", rounds, contenders, horizon_days)


def contest_chances(trials: Sequence[Trial], is_corrected: bool, name: str, horizon_days: int) -> pd.DataFrame:
    """Judge chances of an order, calibrated on what taught them; one model for orders and chances is simpler than two."""
    contenders = {name + CORRECTED: True, name: False} if is_corrected else {name: False}
    if len(contenders) == 1:
        return stand("p_order", "model", list(contenders), "same_as_orders")
    rounds = []
    for one in trials:
        scores = {}
        for contender, corrects in contenders.items():
            calibration = calibrate_chances([t.raw_chance(corrects) for t in one.teachers], [t.happened for t in one.teachers])
            scores[contender] = score_chances(calibration.apply(one.pupil.raw_chance(corrects)), one.pupil.happened)
        rounds.append(one.round(scores))
    return judge("p_order", "model", rounds, list(contenders), horizon_days)


def contest_amounts(trials: Sequence[Trial], is_corrected: bool, past: Past, seed: int, horizon_days: int) -> pd.DataFrame:
    """Judge expectations of spend, orders being forecast as they will be: Gamma-Gamma's amounts, by history, and corrected."""
    rounds = []
    for one in trials:
        trial = one if is_corrected else one.plain
        lesson = trial.pupil.amount_lesson
        # in units of the mean order, so that the score does not depend on the currency
        actual = lesson.actual * (trial.pupil.orders.sum() / max(lesson.actual.sum(), FAINT))
        expected = {
            GAMMA_GAMMA: lesson.expected,
            BY_HISTORY: trial.by_history(past),
            GAMMA_GAMMA + CORRECTED: lesson.expected
            * learn_amounts(trial.teachers, seed, is_trial=True).ratio(lesson.features, lesson.expected),
        }
        rounds.append(one.round({name: score_counts(mean, actual) for name, mean in expected.items()}))
    return judge("spend", "model", rounds, [GAMMA_GAMMA, BY_HISTORY, GAMMA_GAMMA + CORRECTED], horizon_days)


def learn_amounts(origins: Sequence[Origin], seed: int, is_trial: bool = False) -> Correction:
    """Learn the correction of amounts, given that of orders."""
    return learn([one.amount_lesson for one in origins], seed, AMOUNT_TREES, AMOUNT_LEAVES, is_trial)
