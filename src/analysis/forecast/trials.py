"""Contests of a company's own past: which model of orders, whether corrected, which chances and which amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate, Fitted, Snapshot
from analysis.forecast.chance import calibrate_chances
from analysis.forecast.clock import Clock
from analysis.forecast.collapse import Floats
from analysis.forecast.contest import Round, chosen, judge, judge_in_turn, score_chances, score_counts, stand
from analysis.forecast.correction import Correction, Grid, learn
from analysis.forecast.origins import Clocked, Origin, clocked, correct, origin_dates, what_came
from analysis.forecast.strata import Stratified
from analysis.history.past import Days, Past, statistics
from analysis.params import ForecastParams

CORRECTED = ", corrected"
GAMMA_GAMMA, BY_HISTORY = "Gamma-Gamma", "spend by history"
FAINT = 1e-9
MARGIN = 0.002
"""Models of orders whose log scores differ by less are the same: half of a hundredth of a usual deviance, most of which a
correction makes up. A champion that changes with every month for less would be no gain."""


@dataclass(frozen=True)
class Court:
    """The dates on which models of orders are judged, for a sample of customers in the company's own time.

    Attributes
    ----------
    start : Snapshot
        What was known on the first date: models are fitted to it.
    shown : sequence of Snapshot
        What was known on each date.
    stretch : sequence of float
        Length of the horizon after each.
    days : sequence of Days
        Who is judged on each.
    orders : sequence of array
        What came.
    """

    start: Snapshot
    shown: Sequence[Snapshot]
    stretch: Sequence[float]
    days: Sequence[Days]
    orders: Sequence[Floats]

    @classmethod
    def of(cls, past: Past, clock: Clock, taught: int, params: ForecastParams) -> Court | None:
        """The last origins with enough customers; None without such a date."""
        sample = past.sample(params.contest_customers)
        days = sample.days(past.as_of)
        dates = origin_dates(days, past.as_of, taught, params.origins)[-params.contest_dates :]
        then = [sample.days(one) for one in dates if _is_enough(sample, one, params)]
        if not then:
            return None
        shown = [clocked(one, sample.ids, clock) for one in then]
        stretch = [clock.stretch(one.as_of, taught) for one in then]
        return cls(shown[0], shown, stretch, then, [what_came(days, one, len(sample.ids), taught)[0] for one in then])

    def score(self, fitted: Fitted) -> list[Floats]:
        """Log scores of a model on each date, its parameters held."""
        each = zip(self.shown, self.stretch, self.orders, strict=True)
        return [score_counts(fitted.apply(shown).predict(stretch)["expected_orders"].to_numpy(), orders) for shown, stretch, orders in each]

    def rounds(self, scores: Mapping[str, Sequence[Floats]]) -> list[Round]:
        """The contest between models whose scores these are."""
        return [Round(one.as_of, one.who, {name: own[i] for name, own in scores.items()}) for i, one in enumerate(self.days)]


def contest_models(
    candidates: Sequence[Candidate], past: Past, clock: Clock, taught: int, params: ForecastParams, types: pd.Series | None = None
) -> tuple[pd.DataFrame, Candidate, Fitted]:
    """Judge models of orders on the last origins of a sample of customers.

    Each is fitted once, to what was known on the first of these dates, and applied to the customers of each: none sees
    what it is judged by, and the dearer ones cost one fit. Without such a date, or with too few customers then, they are
    judged by their likelihood today, of which a simpler one needs as much as the best but for one standard error.

    The one chosen is then judged against itself fitted to each type of customers apart, where `types` (a level by customer,
    see `strata.read_lasting_levels`) has enough of two on the first date.

    Returns
    -------
    DataFrame
        See `contest.judge`; steps `model` and, if there are types, `types`.
    Candidate
        The one chosen.
    Fitted
        It as it was fitted for the contest.
    """
    court = Court.of(past, clock, taught, params)
    if court is None:
        table, fitted = _by_likelihood(candidates, past.sample(params.contest_customers), clock)
        name = chosen(table)
        return table, next(one for one in candidates if one.name == name), fitted[name]
    fitted = {one.name: one.fit(court.start) for one in candidates}
    scores = {name: court.score(one) for name, one in fitted.items()}
    table = judge("orders", "model", court.rounds(scores), list(fitted), taught, MARGIN)
    name = chosen(table)
    winner = next(one for one in candidates if one.name == name)
    if types is None:
        return table, winner, fitted[name]
    typed = Stratified(winner, given=types)
    by_type = typed.fit_near(court.start, fitted[name], {}, has_errors=True)
    if not by_type.parts:
        return table, winner, fitted[name]
    between = court.rounds({name: scores[name], typed.name: court.score(by_type)})
    apart = judge("orders", "types", between, [name, typed.name], taught, MARGIN)
    both = pd.concat([table, apart], ignore_index=True)
    return (both, winner, fitted[name]) if chosen(apart) == name else (both, typed, by_type)


def _is_enough(past: Past, as_of: date, params: ForecastParams) -> bool:
    x = statistics(past.days(as_of), past.ids)["x"]
    return len(x) >= params.min_customers and int((x > 0).sum()) >= params.min_repeat_customers


def _by_likelihood(candidates: Sequence[Candidate], past: Past, clock: Clock) -> tuple[pd.DataFrame, dict[str, Fitted]]:
    """One round of log-likelihoods of customers' whole histories; candidates that give none are not reached."""
    days = past.days(past.as_of)
    fitted = {one.name: Clocked.fit(one, past.ids, days, clock).fitted for one in candidates}
    found = {name: one.log_likelihoods() for name, one in fitted.items() if hasattr(one, "log_likelihoods")}
    names = [one.name for one in candidates if one.name in found]
    if not names:
        return stand("orders", "model", [one.name for one in candidates], "unjudged"), fitted
    table = judge("orders", "model", [Round(days.as_of, days.who, found)], names, 1, MARGIN).assign(count_dates=0)
    missing = [one.name for one in candidates if one.name not in found]
    rest = stand("orders", "model", missing, "not_reached").assign(is_chosen=False)
    return pd.concat([table, rest], ignore_index=True) if missing else table, fitted


@dataclass(frozen=True)
class Trial:
    """A correction learnt from `teachers` (corrected by it, as they would be) and tried on a `pupil` that it has not seen."""

    teachers: tuple[Origin, ...]
    pupil: Origin
    correction: Correction

    @classmethod
    def of(cls, teachers: Sequence[Origin], pupil: Origin, seed: int, grid: Grid | None = None) -> Trial:
        """Learn from `teachers`."""
        correction = learn([one.order_lesson for one in teachers], seed, is_trial=True, grid=grid)
        *taught, tried = correct([*teachers, pupil], correction)
        return cls(tuple(taught), tried, correction)

    def round(self, scores: dict[str, np.ndarray]) -> Round:
        """Its round of a contest."""
        return Round(self.pupil.as_of, self.pupil.customer, scores)


def hold_trials(origins: Sequence[Origin], taught: int, params: ForecastParams, grid: Grid | None = None) -> list[Trial]:
    """Try corrections on the last few origins, each with what the origins taught whose horizon was over by then.

    Where those are few, every other customer of all origins also teaches the last origin of the rest. In order of dates.
    """
    trials: list[Trial] = []
    for last in range(len(origins) - 1, max(len(origins) - 1 - params.trial_dates, 0), -1):
        teachers = [one for one in origins if one.as_of + taught <= origins[last].as_of]
        trials.insert(0, Trial.of(teachers, origins[last], params.seed, grid))
    trials = [one for one in trials if not one.correction.is_neutral]
    if len(trials) < params.trial_dates and origins:
        halves = [one.part(slice(0, None, 2)) for one in origins]
        split = Trial.of(halves, origins[-1].part(slice(1, None, 2)), params.seed, grid)
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


def contest_amounts(origins: Sequence[Origin], by_history: Sequence[Origin], horizon_days: int) -> pd.DataFrame:
    """Judge what an order was expected to cost, by the orders that came: Gamma-Gamma's amounts, and those by history.

    All origins judge, each by what was known then, and the model in office stays until it is behind (see `judge_in_turn`):
    the two are near each other, and one that changes with every month would be no gain.
    """
    rounds = []
    for plain, other in zip(origins, by_history, strict=True):
        came = plain.orders > 0
        # in units of the mean order, so that the score does not depend on the currency
        actual = plain.trimmed_spend[came]
        actual = actual * (plain.orders.sum() / max(actual.sum(), FAINT))
        expected = {GAMMA_GAMMA: plain.amount[came], BY_HISTORY: other.amount[came]}
        scores = {name: score_counts(amount * plain.orders[came], actual) for name, amount in expected.items()}
        rounds.append(Round(plain.as_of, plain.customer[came], scores))
    return judge_in_turn("spend", "model", rounds, [GAMMA_GAMMA, BY_HISTORY], horizon_days)
