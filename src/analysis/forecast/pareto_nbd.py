"""Pareto/NBD: buying like a Poisson process until one leaves, at any moment.

Order rates and leaving rates differ between customers, both Gamma distributed and independent (Schmittlein, Morrison and
Colombo 1987, Management Science 33; notation of Fader and Hardie 2005, "A note on deriving the Pareto/NBD model"). Time
is in weeks.

The usual formulas go through 2F1, which fails for heavy buyers. Here what a customer who has left contributes stays an
integral over the moment of leaving,

    s * J(t_x, T),  J(u, w) = integral from u to w of (alpha + t)^-(r + x) (beta + t)^-(s + 1) dt,

taken by Gauss-Legendre in log(alpha + t) over the stretch where it is not negligible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Collapsed, Floats, Whole, collapse, distinct
from analysis.forecast.counts import Buying, Counts, count_orders
from analysis.forecast.likelihood import Estimate, Loss, expit, maximise, maximise_near, odds_interval
from analysis.history import WEEK_DAYS

NAMES = ("r", "alpha", "s", "beta")
NODES = 24
STAY_NODES = 8
FALL = 45.0
"""exp(-45) of the largest integrand is nothing to a double."""
FTOL = 1e-10
"""Of refits, where a step is dear."""
MANY = 400
"""With more distinct histories than this, the starts of the fit compete on a part of them."""


@dataclass(frozen=True)
class ParetoNbd:
    """The candidate."""

    name: str = "Pareto/NBD"

    def fit(self, snapshot: Snapshot) -> FittedParetoNbd:
        """Fit by maximum likelihood to all customers of `snapshot`."""
        return fit_statistics(snapshot.statistics)


PARETO_NBD = ParetoNbd()


@dataclass(frozen=True)
class FittedParetoNbd:
    """Fitted to the customers of a snapshot, whose order all results keep (`index`)."""

    estimate: Estimate
    statistics: Collapsed
    index: pd.Index
    name: str = PARETO_NBD.name

    def with_parameters(self, values: Floats) -> FittedParetoNbd:
        """Return the same customers under other parameters."""
        return replace(self, estimate=replace(self.estimate, parameters=np.asarray(values, dtype=np.float64)))

    def apply(self, snapshot: Snapshot) -> FittedParetoNbd:
        """The same parameters for the customers of another snapshot."""
        return replace(self, statistics=snapshot.collapsed, index=snapshot.statistics.index)

    def log_likelihoods(self) -> Floats:
        """Log-likelihood of each customer's order times."""
        s = self.statistics
        return log_likelihood(self.estimate.parameters, s.x, s.t_x, s.T)[s.group]

    def refit(self, snapshot: Snapshot, has_errors: bool = False) -> FittedParetoNbd:
        """Fit to another snapshot, this estimate being the start: a tenth of the work; see `maximise_near`."""
        return fit_statistics(snapshot.statistics, self.estimate, has_errors)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """Forecast the `horizon_days` after `as_of`: `expected_orders` and `p_order`, one row per customer."""
        r, alpha, s, beta = self.estimate.parameters
        known, weeks = self.statistics, horizon_days / WEEK_DAYS
        active = expit(self._log_odds(self.estimate.parameters))
        log_growth = np.log1p(weeks / (beta + known.T))
        # mean time an active customer stays within the horizon; the ratio below is 1 where s = 1
        exponent = (s - 1) * log_growth
        near = np.abs(exponent) < 1e-8
        stay = (beta + known.T) * log_growth * np.where(near, 1.0, -np.expm1(-exponent) / np.where(near, 1.0, exponent))
        expected = active * (r + known.x) / (alpha + known.T) * stay
        silent = np.exp(-(r + known.x) * np.log1p(weeks / (alpha + known.T)) - s * log_growth)
        log_leaves, _ = _log_integral(self.estimate.parameters, known.x, known.T, known.T + weeks)
        silent += s * np.exp(log_leaves + (r + known.x) * np.log(alpha + known.T) + s * np.log(beta + known.T))
        p_order = active * np.clip(1 - silent, 0.0, 1.0)
        return pd.DataFrame({"expected_orders": expected[known.group], "p_order": p_order[known.group]}, index=self.index)

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Predictive distributions of the orders within `horizon_days`, and each customer's group among them."""
        r, alpha, s, beta = self.estimate.parameters
        (x, end), group, _ = distinct(self.statistics.x, self.statistics.T)
        weeks = horizon_days / WEEK_DAYS
        stays = np.exp(-s * np.log1p(weeks / (beta + end)))
        nodes, weights = _nodes(STAY_NODES)
        # equal steps of the chance to have left by then, so that the weights need no density
        left = (1 - stays)[:, None] * (nodes + 1) / 2
        when = (beta + end)[:, None] * np.expm1(-np.log1p(-left) / s)
        until = np.column_stack([np.minimum(when, weeks), np.full(len(x), weeks)])
        chance = np.column_stack([(1 - stays)[:, None] * weights / 2, stays])
        active = expit(self._log_odds(self.estimate.parameters))
        return count_orders(Buying(r + x, alpha + end, until, chance)).take(group).scaled(active), self.statistics.group

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """Chance of being active at the end of `as_of` and its interval, as `analysis.forecast.bg_nbd` gives it."""
        return odds_interval(self._log_odds, self.estimate, z).iloc[self.statistics.group].set_axis(self.index)

    def _log_odds(self, values: Floats) -> Floats:
        r, alpha, s, beta = values
        known = self.statistics
        log_left, _ = _log_integral(values, known.x, known.t_x, known.T)
        return -(r + known.x) * np.log(alpha + known.T) - s * np.log(beta + known.T) - np.log(s) - log_left


def fit_statistics(statistics: pd.DataFrame, near: Estimate | None = None, has_errors: bool = False) -> FittedParetoNbd:
    """Fit to sufficient statistics (`x`, `t_x`, `T` in weeks; one row per customer, see `history.summarise`)."""
    known = collapse(statistics)
    span = float((known.weight * known.T).sum() / known.weight.sum()) + 1.0
    starts = [(0.5, span / 3, 0.6, span / 3), (1.0, span / 3, 1.0, span), (0.3, span / 6, 0.3, span / 10)]
    if near is not None:
        return FittedParetoNbd(maximise_near(NAMES, _loss(known), near, len(statistics), FTOL, has_errors), known, statistics.index)
    first_look = _loss(known.every(-(-len(known) // MANY))) if len(known) > MANY else None
    return FittedParetoNbd(maximise(NAMES, _loss(known), starts, len(statistics), first_look), known, statistics.index)


def log_likelihood(values: Floats, x: Floats, t_x: Floats, T: Floats) -> Floats:
    """Log-likelihood of each history (x, t_x, T) under `values` = (r, alpha, s, beta)."""
    from scipy.special import gammaln

    r, alpha, s, beta = values
    stays = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    leaves = np.log(s) + _log_integral(values, x, t_x, T)[0]
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(stays, leaves)


def _log_integral(values: Floats, x: Floats, begin: Floats, end: Floats, with_slopes: bool = False) -> tuple[Floats, Floats]:
    """Return log J(begin, end), minus infinity where they are equal, and its gradient by r, alpha, s, beta (one row each)."""
    r, alpha, s, beta = values
    falling = r + x - 1
    whole = np.log(alpha + end) - np.log(alpha + begin)
    by_orders = np.where(falling > 0, FALL / np.where(falling > 0, falling, 1.0), np.inf)
    by_leaving = np.log1p((beta + begin) * np.expm1(min(FALL / (s + 1), 700.0)) / (alpha + begin))
    stretch = np.minimum(np.minimum(whole, by_orders), by_leaving)
    nodes, weights = _nodes(NODES)
    u = stretch[:, None] * (nodes + 1) / 2
    later = (alpha + begin)[:, None] * np.expm1(u)
    log_beta = np.log1p(later / (beta + begin)[:, None])
    inside = np.exp(-falling[:, None] * u - (s + 1) * log_beta) * (weights / 2)
    total = inside.sum(axis=1) * stretch
    is_open = total > 0
    log_total = np.where(is_open, np.log(np.where(is_open, total, 1.0)), -np.inf)
    log_total = log_total - falling * np.log(alpha + begin) - (s + 1) * np.log(beta + begin)
    if not with_slopes:
        return log_total, np.empty((0, len(x)))
    mean = inside / np.where(is_open, inside.sum(axis=1), 1.0)[:, None]
    slopes = [
        -(mean * u).sum(axis=1) - np.log(alpha + begin),
        -(r + x) * (mean / ((alpha + begin)[:, None] + later)).sum(axis=1),
        -(mean * log_beta).sum(axis=1) - np.log(beta + begin),
        -(s + 1) * (mean / ((beta + begin)[:, None] + later)).sum(axis=1),
    ]
    return log_total, np.stack(slopes)


@cache
def _nodes(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss-Legendre on -1 to 1."""
    return np.polynomial.legendre.leggauss(count)


def _loss(known: Collapsed) -> Loss:
    """Mean negative log-likelihood of a customer and its gradient, for log parameters."""
    from scipy.special import digamma, gammaln

    share = known.weight / known.weight.sum()
    levels, level = np.unique(known.x, return_inverse=True)
    level_share = np.bincount(level, share, minlength=len(levels))

    def loss(point: Floats) -> tuple[float, Floats]:
        values = np.exp(point)
        r, alpha, s, beta = values
        log_alpha, log_beta = np.log(alpha + known.T), np.log(beta + known.T)
        stays = -(r + known.x) * log_alpha - s * log_beta
        log_left, slopes = _log_integral(values, known.x, known.t_x, known.T, with_slopes=True)
        leaves = np.log(s) + log_left
        either = np.logaddexp(stays, leaves)
        left = share * np.exp(leaves - either)
        here = share - left
        value = level_share @ (gammaln(r + levels) - gammaln(r)) + r * np.log(alpha) + s * np.log(beta) + share @ either
        gradient = np.array(
            [
                level_share @ (digamma(r + levels) - digamma(r)) + np.log(alpha) - here @ log_alpha,
                r / alpha - here @ ((r + known.x) / (alpha + known.T)),
                np.log(beta) - here @ log_beta + left.sum() / s,
                s / beta - here @ (s / (beta + known.T)),
            ]
        )
        return -float(value), -(gradient + slopes @ left) * values

    return loss
