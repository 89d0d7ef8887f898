"""Regular and irregular buyers in one company: MBG/CNBD-k with a k of one's own.

As `analysis.forecast.regular`, but how regular a customer is differs: k is one of `SHAPES`, with shares that are fitted,
and independent of the rate of orders (Gamma distributed with r and alpha whatever k is: a customer of shape k ticks k times
as often). What a customer's gaps say about k is weighed with the shares by Bayes' rule, so that the one who comes every
Friday is missed after a week and the one who comes when it rains is not. The idea is that of Pareto/GGG (Platzer and
Reutterer 2016), with whole k and leaving after an order, which leaves every formula closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Collapsed, Floats, Whole, distinct
from analysis.forecast.counts import Counts
from analysis.forecast.likelihood import Estimate, Loss, maximise, maximise_near, odds_interval
from analysis.forecast.regular import FittedRegular, Histories, Look, Regular, with_gaps

SHAPES = (1, 2, 4, 8)
NAMES = ("r", "alpha", "a", "b", *(f"odds_{k}" for k in SHAPES[1:]))
MANY = 6_000
"""With more distinct histories than this, the fit takes those of several customers and a part of the others, weighted up."""
FIRST_LOOK = 500
"""Distinct histories on which the starts of the fit compete."""
SEVERAL = 3.0
"""Customers."""
FTOL = 1e-8
"""Of refits: parameters to three or four digits, where a step is dear."""
FAINT = np.array([1e-5, 2e-3, 2e-3, 2e-3])
"""A shape less likely than this for a history adds nothing to its forecast: the first one, by which nobody is ever quite lost,
counts for less."""


@dataclass(frozen=True)
class Mixed:
    """The candidate."""

    name: str = "MBG/CNBD-k, own k"

    def fit(self, snapshot: Snapshot) -> FittedMixed:
        """Fit by maximum likelihood to all customers of `snapshot`; gaps as `regular.Regular.fit` takes them."""
        return fit_statistics(with_gaps(snapshot), self)


MIXED = Mixed()


@dataclass(frozen=True)
class FittedMixed:
    """Fitted to the customers of a snapshot, whose order all results keep (`index`).

    Attributes
    ----------
    statistics : Collapsed
        Distinct histories, which differ in x, t_x, T or the gaps.
    said : array
        What the gaps of each say about k: the log of the likelihood's factor for each of `SHAPES`, one column each.
    """

    model: Mixed
    estimate: Estimate
    statistics: Collapsed
    said: Floats
    index: pd.Index

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.model.name

    def with_parameters(self, values: Floats) -> FittedMixed:
        """Return the same customers under other parameters."""
        return replace(self, estimate=replace(self.estimate, parameters=np.asarray(values, dtype=np.float64)))

    def apply(self, snapshot: Snapshot) -> FittedMixed:
        """The same parameters for the customers of another snapshot."""
        s, said = _collapse(with_gaps(snapshot))
        return replace(self, statistics=s, said=said, index=snapshot.statistics.index)

    def refit(self, snapshot: Snapshot, has_errors: bool = False) -> FittedMixed:
        """Fit to another snapshot, this estimate being the start; see `maximise_near`."""
        return fit_statistics(with_gaps(snapshot), self.model, self.estimate, has_errors)

    def log_likelihoods(self) -> Floats:
        """Log-likelihood of each customer's order times."""
        return _posterior(self.estimate.parameters, self.statistics, self.said)[1][self.statistics.group]

    @property
    def shares(self) -> Floats:
        """Share of customers with each of `SHAPES`."""
        odds = np.append(1.0, self.estimate.parameters[4:])
        return odds / odds.sum()

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` and `p_order` within `horizon_days` after `as_of`, one row per customer."""
        total = np.zeros((len(self.statistics), 2))
        for rows, chance, part in self._parts():
            total[rows] += chance[:, None] * part.predict(horizon_days)[["expected_orders", "p_order"]].to_numpy()
        return pd.DataFrame(total[self.statistics.group], columns=["expected_orders", "p_order"], index=self.index)

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Predictive distributions of the orders within `horizon_days`, and each customer's group among them."""
        none, sizes = np.zeros(len(self.statistics)), np.zeros(len(self.statistics), dtype=np.int64)
        found = []
        for rows, chance, part in self._parts():
            own = part.counts(horizon_days)[0]
            none[rows] += chance * own.none
            sizes[rows] = np.maximum(sizes[rows], np.diff(own.start))
            found.append((rows, chance, own))
        start = np.concatenate([[0], np.cumsum(sizes)])
        probability = np.zeros(start[-1])
        for rows, chance, own in found:
            group = own.group
            probability[start[rows][group] + own.number.astype(np.int64) - 1] += chance[group] * own.probability
        return Counts(start, probability, none), self.statistics.group

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """Chance of being active at the end of `as_of` and its interval, as `analysis.forecast.bg_nbd` gives it."""

        def log_odds(values: Floats) -> Floats:
            chance = _posterior(values, self.statistics, self.said)[0]
            parts = [self._part(k, values, self.statistics) for k in SHAPES]
            each = np.column_stack([part._log_odds(part.estimate.parameters) for part in parts])
            here, gone = (np.logaddexp.reduce(chance - np.logaddexp(0.0, sign * each), axis=1) for sign in (-1, 1))
            return np.asarray(here - gone)

        return odds_interval(log_odds, self.estimate, z).iloc[self.statistics.group].set_axis(self.index)

    def _parts(self) -> Iterator[tuple[Whole, Floats, FittedRegular]]:
        """For each shape, the distinct histories that may be of it, their chance to be, and its model of them."""
        s, values = self.statistics, self.estimate.parameters
        chance = np.exp(_posterior(values, s, self.said)[0])
        chance = np.where(chance < FAINT, 0.0, chance)
        chance /= chance.sum(axis=1, keepdims=True)
        for i, k in enumerate(SHAPES):
            rows = np.flatnonzero(chance[:, i])
            if len(rows):
                own = Collapsed(s.x[rows], s.t_x[rows], s.T[rows], s.weight[rows], np.arange(len(rows)))
                yield rows, chance[rows, i], self._part(k, values, own)

    def _part(self, k: int, values: Floats, own: Collapsed) -> FittedRegular:
        estimate = replace(self.estimate, parameters=_of_shape(values, k), covariance=np.zeros((4, 4)))
        return FittedRegular(Regular(), k, estimate, own, pd.RangeIndex(len(own)))


def fit_statistics(statistics: pd.DataFrame, model: Mixed = MIXED, near: Estimate | None = None, has_errors: bool = False) -> FittedMixed:
    """Fit `model` to sufficient statistics (`x`, `t_x`, `T` in weeks; `log_gaps` optional; one row per customer)."""
    s, said = _collapse(statistics)
    mean_gap = float((s.weight * s.T).sum() / (s.weight * (s.x + 1)).sum()) + 1.0
    starts = [(0.5, mean_gap, 1.0, 2.0, 1.0, 1.0, 1.0), (1.0, mean_gap / 2, 0.5, 4.0, 0.1, 0.1, 0.1)]
    step = _step(s, MANY)
    loss = _mixed_loss(*_some(s, said, step))
    if near is not None:
        estimate = maximise_near(NAMES, loss, near, len(statistics), FTOL, has_errors)
    else:
        first_look = _mixed_loss(*_some(s, said, _step(s, FIRST_LOOK))) if len(s) > FIRST_LOOK else None
        estimate = maximise(NAMES, loss, starts, len(statistics), first_look)
    if near is None or has_errors:
        found = float(s.weight @ _posterior(estimate.parameters, s, said)[1])
        # a part of the histories says a part of what all say
        estimate = replace(estimate, log_likelihood=found, covariance=estimate.covariance * step)
    return FittedMixed(model, estimate, s, said, statistics.index)


def _of_shape(values: Floats, k: int) -> Floats:
    """Parameters of `regular` for customers of shape k: ticks come k times as often as orders."""
    r, alpha, a, b = values[:4]
    return np.array([r, alpha / k, a, b])


def _posterior(values: Floats, s: Collapsed, said: Floats) -> tuple[Floats, Floats]:
    """Log chances of each shape given the history, one row per history, and its log-likelihood."""
    log_chance, whole, _ = _look(values, Histories.of(s.x, s.t_x, s.T), said.T)
    return log_chance.T, whole


def _look(values: Floats, histories: Histories, said: Floats) -> tuple[Floats, Floats, list[Look]]:
    """Log chances of each shape given the history, one row per shape, the log-likelihood of each history, and that of each shape."""
    odds = np.append(1.0, values[4:])
    looks = [histories.look(_of_shape(values, k), k) for k in SHAPES]
    each = np.stack([look.log for look in looks]) + said + np.log(odds / odds.sum())[:, None]
    most = each.max(axis=0)
    whole = most + np.log(np.exp(each - most).sum(axis=0))
    return each - whole, whole, looks


def _step(s: Collapsed, size: int) -> int:
    """Of the histories that few share, every how manieth is taken so that about `size` remain."""
    few = int((s.weight < SEVERAL).sum())
    return max(-(-few // max(size - (len(s) - few), size // 4)), 1)


def _some(s: Collapsed, said: Floats, step: int) -> tuple[Collapsed, Floats]:
    """Histories that several customers share, and every `step`-th of the others, weighted up to the same number of customers."""
    few = np.flatnonzero(s.weight < SEVERAL)
    taken = few[::step]
    weight = s.weight.copy()
    if len(taken):
        weight[taken] *= weight[few].sum() / weight[taken].sum()
    kept = np.union1d(np.flatnonzero(s.weight >= SEVERAL), taken)
    return Collapsed(s.x[kept], s.t_x[kept], s.T[kept], weight[kept], np.empty(0, dtype=np.int64)), said[kept]


def _mixed_loss(s: Collapsed, said: Floats) -> Loss:
    """Mean negative log-likelihood of a customer and its gradient: that of each shape, weighed by its chance."""
    share, histories, said_of = s.weight / s.weight.sum(), Histories.of(s.x, s.t_x, s.T), np.ascontiguousarray(said.T)

    def loss(point: Floats) -> tuple[float, Floats]:
        values = np.exp(point)
        log_chance, whole, looks = _look(values, histories, said_of)
        weight = share * np.exp(log_chance)
        odds = np.append(1.0, values[4:])
        own = sum(look.slope(part) for look, part in zip(looks, weight, strict=True))
        return -float(share @ whole), np.append(-own, (odds / odds.sum() - weight.sum(axis=1))[1:])

    return loss


def _collapse(statistics: pd.DataFrame) -> tuple[Collapsed, Floats]:
    """Distinct histories, and what the gaps of each say about k (0 for k = 1); without gaps, what their sum does."""
    from scipy.special import gammaln

    names = [name for name in ("x", "t_x", "T", "log_gaps") if name in statistics]
    (x, t_x, end, *rest), group, count = distinct(*(np.asarray(statistics[name], dtype=np.float64) for name in names))
    if rest:
        said = np.column_stack([(k - 1) * rest[0] - x * gammaln(k) for k in SHAPES])
    else:
        back = (x > 0) & (t_x > 0)
        some, log_sum = np.where(back, x, 1.0), np.log(np.where(back, t_x, 1.0))
        said = np.column_stack([np.where(back, (k - 1) * x * log_sum - gammaln(k * some) + gammaln(some), 0.0) for k in SHAPES])
    return Collapsed(x, t_x, end, count.astype(np.float64), group), said
