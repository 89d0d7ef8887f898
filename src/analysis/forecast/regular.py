"""MBG/CNBD-k: regular buyers, who leave after an order.

As MBG/NBD (see `analysis.forecast.bg_nbd`), but a gap between orders is Erlang distributed with a whole shape k: the sum
of k exponential ones, so that gaps of one customer are alike and a silence well beyond them says more (Platzer and
Reutterer 2016, "Ticking Away the Moments", Marketing Science 35, for the idea; Reutterer, Platzer and Schroeder 2021,
"Leveraging purchase regularity for predicting customer behavior the easy way", International Journal of Research in
Marketing 38, for this model). k is the same for all customers and chosen by likelihood; k = 1 is MBG/NBD. Time is in weeks.

With c = alpha + t_x, R = r + k x and u = T - t_x, the likelihood of a customer's order times is

    Gamma(R) / Gamma(r) alpha^r / B(a, b) * product of gap^(k-1) / Gamma(k)
      * {B(a + 1, b + x) c^-R + B(a, b + x + 1) (c + u)^-R * sum over j < k of Gamma(R + j) / Gamma(R) / j! (u / (c + u))^j}:

the gaps beyond x, t_x and T enter through a factor that holds no parameter but k. Forecasts are exact, where the
literature scales those of k = 1: see `analysis.forecast.renewal`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Collapsed, Floats, Whole, collapse
from analysis.forecast.counts import Counts
from analysis.forecast.likelihood import Estimate, Loss, expit, maximise, odds_interval
from analysis.forecast.renewal import Renewal, count_renewals, expect_renewals, log_quiet, sum_quiet
from analysis.history import WEEK_DAYS
from analysis.history.past import Days

NAMES = ("r", "alpha", "a", "b")
MAX_REGULARITY = 8
"""Beyond it gaps hardly become more alike: their coefficient of variation is 1 / sqrt(k)."""
MANY = 20_000
"""With more distinct histories than this, k is chosen, and the starts of the fit compete, on a part of them."""
AGREEMENT = 1e-6
"""Weeks by which gaps may fail to add up to t_x."""


@dataclass(frozen=True)
class Regular:
    """The candidate.

    Attributes
    ----------
    name : str
        As printed.
    regularity : int, optional
        k; without it the likelihood chooses, from 1 upwards until it falls.
    """

    name: str = "MBG/CNBD-k"
    regularity: int | None = None

    def fit(self, snapshot: Snapshot) -> FittedRegular:
        """Fit by maximum likelihood to all customers of `snapshot`.

        What the single gaps say about k is taken from `statistics["log_gaps"]` (see `sum_log_gaps`) if there, else from
        `snapshot.days`; with neither, k is chosen by the likelihood of (x, t_x, T) alone, which is a weaker witness.

        Raises
        ------
        ValueError
            The days do not add up to the statistics: one of them is in the company's own time, the other is not.
        """
        return fit_statistics(with_gaps(snapshot), self)


REGULAR = Regular()


@dataclass(frozen=True)
class FittedRegular:
    """Fitted to the customers of a snapshot, whose order all results keep (`index`).

    Attributes
    ----------
    regularity : int
        k; `with_parameters` holds it.
    by_regularity : dict
        Log-likelihood of each k that was tried (of a part of the customers where there are many).
    """

    model: Regular
    regularity: int
    estimate: Estimate
    statistics: Collapsed
    index: pd.Index
    by_regularity: dict[int, float] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The candidate's name, the same for every k that the data choose."""
        return self.model.name

    def with_parameters(self, values: Floats) -> FittedRegular:
        """Return the same customers under other parameters."""
        return replace(self, estimate=replace(self.estimate, parameters=np.asarray(values, dtype=np.float64)))

    def apply(self, snapshot: Snapshot) -> FittedRegular:
        """The same parameters and k for the customers of another snapshot."""
        return replace(self, statistics=snapshot.collapsed, index=snapshot.statistics.index)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """Forecast the `horizon_days` after `as_of`: `expected_orders` and `p_order`, one row per customer.

        Both given today's silence, within which a regular customer's next order has come nearer.
        """
        expected, any_order = expect_renewals(self._renewal(horizon_days))
        active, group = expit(self._log_odds(self.estimate.parameters)), self.statistics.group
        return pd.DataFrame({"expected_orders": (active * expected)[group], "p_order": (active * any_order)[group]}, index=self.index)

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Predictive distributions of the orders within `horizon_days`, and each customer's group among them."""
        active = expit(self._log_odds(self.estimate.parameters))
        return count_renewals(self._renewal(horizon_days)).scaled(active), self.statistics.group

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """Chance of being active at the end of `as_of` and its interval, as `analysis.forecast.bg_nbd` gives it."""
        return odds_interval(self._log_odds, self.estimate, z).iloc[self.statistics.group].set_axis(self.index)

    def _log_odds(self, values: Floats) -> Floats:
        r, alpha, a, b = values
        s, shape = self.statistics, r + self.regularity * self.statistics.x
        quiet = log_quiet(self.regularity, shape, (s.T - s.t_x) / (alpha + s.T))
        return np.log(b + s.x) - np.log(a) + quiet - shape * (np.log(alpha + s.T) - np.log(alpha + s.t_x))

    def _renewal(self, horizon_days: float) -> Renewal:
        r, alpha, a, b = self.estimate.parameters
        s = self.statistics
        shape = r + self.regularity * s.x
        return Renewal(self.regularity, shape, alpha + s.T, s.T - s.t_x, horizon_days / WEEK_DAYS, float(a), b + s.x + 1)


def with_gaps(snapshot: Snapshot) -> pd.DataFrame:
    """The statistics of `snapshot` with their column `log_gaps`, where they or its days say it."""
    statistics = snapshot.statistics
    if "log_gaps" in statistics or snapshot.days is None:
        return statistics
    return statistics.assign(log_gaps=_log_gaps(snapshot.days, statistics))


def sum_log_gaps(days: Days) -> Floats:
    """Sum of the logarithms of each customer's gaps between order days, in weeks of the time of `days`.

    Returns
    -------
    array
        One entry per customer with an order, in the order of `days.who`; 0 for a one-time buyer.
    """
    shown, start = np.asarray(days.day, dtype=np.float64), days.start
    if len(start) < 2:
        return np.zeros(0)
    gaps = np.diff(shown, prepend=shown[:1]) / WEEK_DAYS
    gaps[start[:-1]] = 1.0
    return np.add.reduceat(np.log(gaps), start[:-1])


def _log_gaps(days: Days, statistics: pd.DataFrame) -> Floats:
    start = days.start
    spans = (days.day[start[1:] - 1] - days.day[start[:-1]]) / WEEK_DAYS
    if len(spans) != len(statistics) or np.abs(spans - statistics["t_x"].to_numpy()).max(initial=0.0) > AGREEMENT:
        raise ValueError("the order days of the snapshot do not add up to t_x of its statistics: both must be in the same time")
    return sum_log_gaps(days)


def fit_statistics(statistics: pd.DataFrame, model: Regular = REGULAR) -> FittedRegular:
    """Fit `model` to sufficient statistics (`x`, `t_x`, `T` in weeks; `log_gaps` optional; one row per customer)."""
    s = collapse(statistics)
    gaps = _Gaps.of(statistics, s)
    step = max(-(-len(s) // MANY), 1)
    part, part_gaps = (s, gaps) if step == 1 else (s.every(step), gaps.every(step))
    wanted = range(1, MAX_REGULARITY + 1) if model.regularity is None else (model.regularity,)
    found: dict[int, Estimate] = {}
    starts = _starts(s)
    for k in wanted:
        estimate = maximise(NAMES, _loss(part, k), starts, int(part.weight.sum()))
        found[k] = replace(estimate, log_likelihood=estimate.log_likelihood + part_gaps.log_constant(k))
        if found[k].log_likelihood < max(one.log_likelihood for one in found.values()):
            break
        # ticks come k times as often as orders
        r, alpha, a, b = estimate.parameters
        starts = [(r, alpha * k / (k + 1), a, b)]
    best = max(found, key=lambda k: (found[k].log_likelihood, -k))
    estimate = found[best]
    if step > 1:
        whole = maximise(NAMES, _loss(s, best), [estimate.parameters.tolist()], len(statistics))
        estimate = replace(whole, log_likelihood=whole.log_likelihood + gaps.log_constant(best))
    return FittedRegular(model, best, estimate, s, statistics.index, {k: one.log_likelihood for k, one in found.items()})


def log_likelihood(values: Floats, regularity: int, x: Floats, t_x: Floats, T: Floats, log_gaps: Floats | None) -> Floats:
    """Log-likelihood of each customer's order times under `values` = (r, alpha, a, b).

    `log_gaps` as of `sum_log_gaps`; without it, without the factor of the gaps beyond x, t_x and T.
    """
    from scipy.special import gammaln

    gaps = 0.0 if log_gaps is None else (regularity - 1) * log_gaps - x * gammaln(regularity)
    return Histories.of(x, t_x, T).look(values, regularity).log + gaps


@dataclass(frozen=True)
class Histories:
    """Histories made ready for many looks at their likelihood.

    Attributes
    ----------
    x, t_x, T : array
        As of `Collapsed`, one entry per history.
    levels : array
        Distinct x: what depends on the number of orders alone is taken once per number.
    level : array of int
        Position of each history's x among them.
    """

    x: Floats
    t_x: Floats
    T: Floats
    levels: Floats
    level: Whole

    @classmethod
    def of(cls, x: Floats, t_x: Floats, T: Floats) -> Histories:
        """Sort out the levels."""
        levels, level = np.unique(x, return_inverse=True)
        return cls(x, t_x, T, levels, level)

    def look(self, values: Floats, regularity: int) -> Look:
        """Take their likelihood under `values` = (r, alpha, a, b), without the factor of the gaps."""
        from scipy.special import betaln, gammaln

        r, alpha, a, b = values
        shape = (r + regularity * self.levels)[self.level]
        log_end, log_last = np.log(alpha + self.T), np.log(alpha + self.t_x)
        quiet = sum_quiet(regularity, shape, (self.T - self.t_x) / (alpha + self.T))
        stays = np.log(quiet) - shape * log_end
        leaves = (np.log(a) - np.log(b + self.levels))[self.level] - shape * log_last
        # log(exp(stays) + exp(leaves)) and the second's share of the sum, from one exponential
        ahead = leaves - stays
        less = np.exp(-np.abs(ahead))
        either = np.maximum(stays, leaves) + np.log1p(less)
        common = gammaln(r + regularity * self.levels) - gammaln(r) + r * np.log(alpha) + betaln(a, b + self.levels + 1) - betaln(a, b)
        left = np.where(ahead > 0, 1.0, less) / (1.0 + less)
        return Look(self, values, regularity, shape, log_end, log_last, quiet, common[self.level] + either, left)


@dataclass(frozen=True)
class Look:
    """The likelihood of histories under some parameters.

    Attributes
    ----------
    shape, log_end, log_last, quiet : array
        R, log(alpha + T), log(alpha + t_x), and the sum over the ticks of the silence.
    log : array
        Log-likelihood of each history.
    left : array
        Chance that its customer has left.
    """

    histories: Histories
    values: Floats
    regularity: int
    shape: Floats
    log_end: Floats
    log_last: Floats
    quiet: Floats
    log: Floats
    left: Floats

    def slope(self, weight: Floats) -> Floats:
        """Gradient of `weight` @ `log`, by the logarithms of the parameters."""
        from scipy.special import digamma

        known, k, shape = self.histories, self.regularity, self.shape
        r, alpha, a, b = self.values
        end, levels = alpha + known.T, known.levels
        left = weight * self.left
        stayed = weight - left
        level_weight, left_by_level = (np.bincount(known.level, part, minlength=len(levels)) for part in (weight, left))
        both = digamma(a + b) - digamma(a + b + levels + 1)
        by_r = level_weight @ (digamma(r + k * levels) - digamma(r)) + weight.sum() * np.log(alpha) - stayed @ self.log_end
        by_alpha = weight.sum() * r / alpha - (stayed / end) @ shape - (left / (alpha + known.t_x)) @ shape
        if k > 1:
            # slopes of the sum over the ticks of the silence, by R and, times -(c + u), by alpha
            ratio = (known.T - known.t_x) / end
            term, slope = np.ones_like(shape), np.zeros_like(shape)
            by_shape, by_rate = np.zeros_like(shape), np.zeros_like(shape)
            for j in range(1, k):
                grown, step = shape + (j - 1), ratio / j
                slope *= grown
                slope += term
                slope *= step
                grown *= step
                term *= grown
                by_shape += slope
                by_rate += j * term
            held = stayed / self.quiet
            by_r += held @ by_shape
            by_alpha -= (held / end) @ by_rate
        gradient = np.array(
            [
                by_r - left @ self.log_last,
                by_alpha,
                level_weight @ both + left.sum() / a,
                level_weight @ (both + digamma(b + levels + 1) - digamma(b)) - left_by_level @ (1 / (b + levels)),
            ]
        )
        return gradient * self.values


@dataclass(frozen=True)
class _Gaps:
    """What the order times beyond (x, t_x, T) say about k: sums over the customers of each distinct history."""

    x: Floats
    t_x: Floats
    weight: Floats
    log_gaps: Floats | None

    @classmethod
    def of(cls, statistics: pd.DataFrame, s: Collapsed) -> _Gaps:
        log_gaps = None
        if "log_gaps" in statistics:
            # by value within a history: a sum of floats must not depend on the order of customers
            given = statistics["log_gaps"].to_numpy(dtype=np.float64)
            order = np.lexsort((given, s.group))
            log_gaps = np.bincount(s.group[order], given[order], minlength=len(s)).astype(np.float64)
        return cls(s.x, s.t_x, s.weight, log_gaps)

    def every(self, step: int) -> _Gaps:
        return _Gaps(self.x[::step], self.t_x[::step], self.weight[::step], None if self.log_gaps is None else self.log_gaps[::step])

    def log_constant(self, k: int) -> float:
        """Log of the factor of the likelihood that depends on k alone; 0 for k = 1.

        Without the gaps it is that of their sum t_x, a Gamma variable of shape k x, over that of k = 1.
        """
        from scipy.special import gammaln

        if self.log_gaps is not None:
            return float((k - 1) * self.log_gaps.sum() - gammaln(k) * (self.weight @ self.x))
        back = (self.x > 0) & (self.t_x > 0)
        x, t_x, weight = self.x[back], self.t_x[back], self.weight[back]
        return float(weight @ ((k - 1) * x * np.log(t_x) - gammaln(k * x) + gammaln(x)))


def _starts(s: Collapsed) -> list[tuple[float, float, float, float]]:
    mean_gap = float((s.weight * s.T).sum() / (s.weight * (s.x + 1)).sum()) + 1.0
    return [(0.5, mean_gap, 1.0, 2.0), (1.0, mean_gap, 1.0, 1.0), (0.25, mean_gap / 4, 0.5, 4.0)]


def _loss(s: Collapsed, k: int) -> Loss:
    """Mean negative log-likelihood of a customer, without the factor of the gaps, and its gradient, for log parameters."""
    histories, share = Histories.of(s.x, s.t_x, s.T), s.weight / s.weight.sum()

    def loss(point: Floats) -> tuple[float, Floats]:
        look = histories.look(np.exp(point), k)
        return -float(share @ look.log), -look.slope(share)

    return loss
