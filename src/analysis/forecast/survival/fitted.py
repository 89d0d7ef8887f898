"""Answers that any law of spells gives about customers who have been silent for a while."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.counts import Counts
from analysis.forecast.likelihood import expit
from analysis.forecast.own_rate import OWN_RATE, FittedOwnRate
from analysis.forecast.survival.law import MIN_RETURNS, PACE_DAYS, Law
from analysis.forecast.survival.renewal import Renewals, renew
from analysis.forecast.survival.spells import COVARIATES, LATER, SECOND, Running, Spells, order_days, read_spells, sample

CHUNK = 20_000
KINDS = 48
"""Kinds of customers in each stage, at most."""
STAGES = [COVARIATES.index("second"), COVARIATES.index("later")]
FAINT = 1e-9


@dataclass(frozen=True)
class Kinds:
    """Customers whose next spells would be about as quick, so that they share what follows a first order.

    Attributes
    ----------
    edges : tuple of array
        For customers whose next spell is their second, and a later one: upper log pace of all kinds but the last.
    stage : array of int
        Of each kind's next spell.
    x : array
        Mean covariates of that spell, one row per kind.
    """

    edges: tuple[Floats, Floats]
    stage: Whole
    x: Floats

    @classmethod
    def of(cls, law: Law, running: Running) -> Kinds:
        """Put customers together in equal steps of the log pace of their next spell.

        Equal steps leave the few quickest customers, who place many of the orders, among their like; quantiles would
        put them together with the merely quick. Steps without a customer join their neighbour.
        """
        x, stage, pace = _next(law, running)
        edges, stages, means = [], [], []
        for one in (SECOND, LATER):
            mine = np.flatnonzero(stage == one)
            if not len(mine):
                edges.append(np.zeros(0))
                continue
            steps = np.linspace(pace[mine].min(), pace[mine].max(), KINDS + 1)[1:-1]
            code = np.searchsorted(steps, pace[mine])
            filled, code = np.unique(code, return_inverse=True)
            edges.append(steps[filled[:-1]])
            stages.append(np.full(len(filled), one))
            sums = np.column_stack([np.bincount(code, column) for column in x[mine].T])
            means.append(sums / np.bincount(code)[:, None])
        return cls((edges[0], edges[1]), np.concatenate(stages), np.concatenate(means))

    def sort(self, law: Law, running: Running) -> Whole:
        """The kind of every customer; one whose stage nobody had when the kinds were made joins the other stage's."""
        _, stage, pace = _next(law, running)
        count_second = int((self.stage == SECOND).sum())
        is_later = ((stage == LATER) | (count_second == 0)) & (count_second < len(self.stage))
        return np.where(is_later, count_second + np.searchsorted(self.edges[1], pace), np.searchsorted(self.edges[0], pace)).astype(
            np.int64
        )


def _next(law: Law, running: Running) -> tuple[Floats, Whole, Floats]:
    """Covariates, stage and log pace of the spell after the next order."""
    x = running.following(min(PACE_DAYS / 2, running.usual.gap_days))
    stage = np.where(running.open.number + 1 > LATER, LATER, SECOND).astype(np.int64)
    return x, stage, law.log_pace(x, stage)


@dataclass(frozen=True)
class FittedSpells:
    """A law of spells and the open spells of all customers; see `analysis.forecast.candidates.Fitted`.

    The chance of an order is that of the open spell, given its silence. Orders after the first one in the horizon come
    by renewal (see `survival.renewal`): each starts a spell of the following stage, whose covariates take the next order
    to come six weeks or, if that is earlier, a usual gap from today. Customers are put together by how quick that spell
    is (`Kinds`); the chance of the first order is each customer's own.

    Attributes
    ----------
    name : str
        As printed; the law's own name has its details.
    law : Law
        Fitted.
    running : Running
        Open spells, one per customer in the order of `index`.
    kinds : Kinds
        For what follows the first order.
    """

    name: str
    law: Law
    running: Running
    kinds: Kinds
    index: pd.Index
    _kept: dict[float, tuple[Renewals, Whole]] = field(default_factory=dict, repr=False, compare=False)

    def apply(self, snapshot: Snapshot) -> FittedSpells:
        """The same law, and the same idea of what is usual, for the customers and orders of another snapshot."""
        days, end = order_days(snapshot)
        _, running = read_spells(days, end, self.running.usual)
        return FittedSpells(self.name, self.law.on(end), running, self.kinds, snapshot.statistics.index)

    def survive(self, days: Floats) -> pd.DataFrame:
        """Survival curve of every customer: the chance of no order until the end of each of `days` after `as_of`."""
        now = self.running.open
        chance = np.exp(self.law.log_survival(now.x, now.stage, now.duration, np.asarray(days, dtype=np.float64)))
        return pd.DataFrame(chance, index=self.index, columns=list(days))

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` and `p_order` within `horizon_days` after `as_of`."""
        renewals, kind = self._renewals(horizon_days)
        expected, p_order = np.empty(len(self.index)), np.empty(len(self.index))
        further = renewals.at_least.sum(axis=1)
        for rows in self._chunks():
            chances = self._first(rows, renewals.ends)
            expected[rows] = np.einsum("ij,ij->i", chances, further[kind[rows]])
            p_order[rows] = chances.sum(axis=1)
        return pd.DataFrame({"expected_orders": expected, "p_order": p_order}, index=self.index)

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Distribution of the number of orders of every customer, each a group of their own."""
        renewals, kind = self._renewals(horizon_days)
        none, sizes, probabilities = [], [], []
        for rows in self._chunks():
            at_least = renewals.at_least_orders(self._first(rows, renewals.ends), kind[rows])
            exactly = np.maximum(at_least - np.pad(at_least[:, 1:], ((0, 0), (0, 1))), 0.0)
            size = np.maximum((at_least > FAINT).sum(axis=1), 1)
            none.append(1.0 - exactly.sum(axis=1))
            sizes.append(size)
            probabilities.append(exactly[np.arange(exactly.shape[1]) < size[:, None]])
        start = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
        return Counts(start, np.concatenate(probabilities), np.concatenate(none)), np.arange(len(self.index))

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """`p_active` at the end of `as_of`, `z` standard errors either side on the logit scale (default: a central 80 %).

        Of a law with a cured fraction, the chance not to be cured; of others, the chance of an order within the two
        years that follow. Errors are of the coefficients, clustered by customer (of a Cox model, not of its baseline).
        """
        now, law = self.running.open, self.law

        def log_odds(theta: Floats) -> Floats:
            return law.log_odds_active(now.x, now.stage, now.duration, theta)

        slopes, step = [], 1e-4
        for i in range(len(law.theta)):
            move = np.zeros(len(law.theta))
            move[i] = step
            slopes.append((log_odds(law.theta + move) - log_odds(law.theta - move)) / (2 * step))
        slope = np.array(slopes).reshape(len(law.theta), len(now))
        spread = z * np.sqrt(np.maximum(np.einsum("ig,ij,jg->g", slope, law.covariance, slope), 0.0))
        middle = log_odds(law.theta)
        columns = {"p_active": middle, "p_active_low": middle - spread, "p_active_high": middle + spread}
        return pd.DataFrame({name: expit(odds) for name, odds in columns.items()}, index=self.index)

    def _chunks(self) -> list[np.ndarray]:
        return [np.arange(at, min(at + CHUNK, len(self.index))) for at in range(0, len(self.index), CHUNK)]

    def _first(self, rows: Whole, ends: Floats) -> Floats:
        """Chance that the next order comes in each step of the horizon, one row per customer."""
        now = self.running.open
        lasting = np.exp(self.law.log_survival(now.x[rows], now.stage[rows], now.duration[rows], ends))
        return -np.diff(lasting, axis=1, prepend=1.0)

    def _renewals(self, horizon_days: float) -> tuple[Renewals, Whole]:
        """What follows a first order, by kind of customer, and everybody's kind."""
        if horizon_days not in self._kept:
            law, kinds = self.law, self.kinds
            at, fresh = np.full(len(kinds.stage), LATER), np.zeros(len(kinds.stage))
            after = kinds.x.copy()
            after[:, STAGES] = (0.0, 1.0)
            renewals = renew(
                horizon_days,
                lambda ahead, begin: np.exp(law.log_survival(kinds.x, kinds.stage, fresh, ahead, begin)),
                lambda ahead, begin: np.exp(law.log_survival(after, at, fresh, ahead, begin)),
            )
            self._kept[horizon_days] = renewals, kinds.sort(law, self.running)
        return self._kept[horizon_days]


def fit_spells(
    snapshot: Snapshot, name: str, max_customers: int, last_days: int, learn: Callable[[Spells], Law]
) -> FittedSpells | FittedOwnRate:
    """Fit a law to a sample of the spells of a snapshot, for all its customers.

    With fewer than `MIN_RETURNS` completed spells, and where lifelines finds no optimum or warns of one that cannot be
    trusted, the candidate abstains: the own past rate forecasts, and its name says so.

    Parameters
    ----------
    max_customers, last_days : int
        See `survival.spells.sample`.
    learn : callable
        Fits the law.
    """
    from lifelines.exceptions import ApproximationWarning, ConvergenceError, ConvergenceWarning, StatisticalWarning

    days, end = order_days(snapshot)
    spells, running = read_spells(days, end)
    learnt = sample(spells, snapshot.statistics.index, max_customers, last_days, end)
    if learnt.closed.sum() < MIN_RETURNS:
        return OWN_RATE.fit(snapshot)
    doubts = (ApproximationWarning, ConvergenceWarning, StatisticalWarning)
    try:
        with warnings.catch_warnings():
            for doubt in doubts:
                warnings.simplefilter("error", doubt)
            law = learn(learnt)
    except (ConvergenceError, *doubts):
        return OWN_RATE.fit(snapshot)
    return FittedSpells(name, law, running, Kinds.of(law, running), snapshot.statistics.index)
