"""BG/NBD and MBG/NBD: buying like a Poisson process until one leaves after an order.

Every customer orders at a rate of their own (Gamma distributed) and leaves right after an order with a chance of their
own (Beta distributed). BG/NBD (Fader, Hardie and Lee 2005, Marketing Science 24, eq. 6) gives nobody the chance to leave
after the first order; MBG/NBD (Batislam, Denizel and Filiztekin 2007) does. Time is in weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Collapsed, Floats, Whole, collapse, distinct
from analysis.forecast.counts import Buying, Counts, count_orders, expect_orders
from analysis.forecast.likelihood import Estimate, Loss, expit, maximise, maximise_near, odds_interval
from analysis.history import WEEK_DAYS

NAMES = ("r", "alpha", "a", "b")
MANY = 20_000
"""With more distinct histories than this, the starts of the fit compete on a part of them."""


@dataclass(frozen=True)
class BgNbd:
    """A candidate of the BG/NBD family.

    Attributes
    ----------
    name : str
        As printed.
    first_chance : int
        1 if a customer may leave after the first order (MBG/NBD), else 0 (BG/NBD).
    """

    name: str = "BG/NBD"
    first_chance: int = 0

    def fit(self, snapshot: Snapshot) -> FittedBgNbd:
        """Fit by maximum likelihood to all customers of `snapshot`."""
        return fit_statistics(snapshot.statistics, self)


BG_NBD = BgNbd()
MBG_NBD = BgNbd("MBG/NBD", 1)


@dataclass(frozen=True)
class FittedBgNbd:
    """Fitted to the customers of a snapshot, whose order all results keep (`index`)."""

    model: BgNbd
    estimate: Estimate
    statistics: Collapsed
    index: pd.Index

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.model.name

    def with_parameters(self, values: Floats) -> FittedBgNbd:
        """The same customers under other parameters: for intervals, and for last month's model on this month's data."""
        return replace(self, estimate=replace(self.estimate, parameters=np.asarray(values, dtype=np.float64)))

    def apply(self, snapshot: Snapshot) -> FittedBgNbd:
        """The same parameters for the customers of another snapshot."""
        return replace(self, statistics=snapshot.collapsed, index=snapshot.statistics.index)

    def log_likelihoods(self) -> Floats:
        """Log-likelihood of each customer's order times."""
        s = self.statistics
        return log_likelihood(self.estimate.parameters, s.x, s.t_x, s.T, self.model)[s.group]

    def refit(self, snapshot: Snapshot, has_errors: bool = False) -> FittedBgNbd:
        """Fit to another snapshot, this estimate being the start: a tenth of the work; see `maximise_near`."""
        return fit_statistics(snapshot.statistics, self.model, self.estimate, has_errors)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """Forecast the `horizon_days` after `as_of`.

        Returns
        -------
        DataFrame
            One row per customer, indexed as the snapshot: `expected_orders` and `p_order` (chance of at least one;
            equal to 1 - L(x, t_x, T + H) / L(x, t_x, T)).
        """
        active, s, weeks = expit(self._log_odds(self.estimate.parameters)), self.statistics, horizon_days / WEEK_DAYS
        r, alpha, _, _ = self.estimate.parameters
        p_order = active * -np.expm1((r + s.x) * (np.log(alpha + s.T) - np.log(alpha + s.T + weeks)))
        buying, group = self._buying(weeks)
        expected = active * expect_orders(buying)[group]
        return pd.DataFrame({"expected_orders": expected[s.group], "p_order": p_order[s.group]}, index=self.index)

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Predictive distributions of the orders within `horizon_days`, and each customer's group among them."""
        buying, group = self._buying(horizon_days / WEEK_DAYS)
        active = expit(self._log_odds(self.estimate.parameters))
        return count_orders(buying).take(group).scaled(active), self.statistics.group

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """Chance of being active at the end of `as_of`, with an interval for the uncertainty of the parameters.

        Returns
        -------
        DataFrame
            One row per customer: `p_active`, `p_active_low`, `p_active_high` (`z` standard errors either side on the
            logit scale; the default is a central 80 %). BG/NBD says 1 of every one-time buyer: no chance to leave yet.
        """
        table = odds_interval(self._log_odds, self.estimate, z)
        return table.iloc[self.statistics.group].set_axis(self.index)

    def _log_odds(self, values: Floats) -> Floats:
        """Log odds of being active; infinite where nobody can have left."""
        r, alpha, a, b = values
        s = self.statistics
        chances = s.x + self.model.first_chance
        silent = (r + s.x) * (np.log(alpha + s.T) - np.log(alpha + s.t_x))
        return np.where(chances > 0, np.log(b + np.maximum(chances, 1) - 1) - np.log(a) - silent, np.inf)

    def _buying(self, weeks: float) -> tuple[Buying, Whole]:
        """How active customers with the same (x, T) order, and the group of each distinct history among them."""
        r, alpha, a, b = self.estimate.parameters
        (x, end), group, _ = distinct(self.statistics.x, self.statistics.T)
        return Buying.for_weeks(r + x, alpha + end, weeks, float(a), b + x + self.model.first_chance), group


def fit_statistics(statistics: pd.DataFrame, model: BgNbd = BG_NBD, near: Estimate | None = None, has_errors: bool = False) -> FittedBgNbd:
    """Fit `model` to sufficient statistics (`x`, `t_x`, `T` in weeks; one row per customer, see `history.summarise`)."""
    s = collapse(statistics)
    count = len(statistics)
    mean_gap = float((s.weight * s.T).sum() / (s.weight * (s.x + 1)).sum()) + 1.0
    starts = [(0.5, mean_gap, 1.0, 2.0), (1.0, mean_gap, 1.0, 1.0), (0.25, mean_gap / 4, 0.5, 4.0)]
    if near is not None:
        return FittedBgNbd(model, maximise_near(NAMES, _loss(s, model), near, count, has_errors=has_errors), s, statistics.index)
    first_look = _loss(s.every(-(-len(s) // MANY)), model) if len(s) > MANY else None
    return FittedBgNbd(model, maximise(NAMES, _loss(s, model), starts, count, first_look), s, statistics.index)


def log_likelihood(values: Floats, x: Floats, t_x: Floats, T: Floats, model: BgNbd = BG_NBD) -> Floats:
    """Log-likelihood of each history (x, t_x, T) under `values` = (r, alpha, a, b)."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = values
    chances = x + model.first_chance
    stays = -(r + x) * np.log(alpha + T)
    leaves = np.where(chances > 0, np.log(a) - np.log(b + np.maximum(chances, 1) - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + chances) - betaln(a, b)
    return common + np.logaddexp(stays, leaves)


def _loss(s: Collapsed, model: BgNbd) -> Loss:
    """Mean negative log-likelihood of a customer and its gradient, for log parameters."""
    from scipy.special import betaln, digamma, gammaln

    levels, level = np.unique(s.x, return_inverse=True)
    share = s.weight / s.weight.sum()
    level_share = np.bincount(level, share, minlength=len(levels))
    chances = levels + model.first_chance
    can_leave = chances > 0
    before = np.maximum(chances, 1) - 1

    def loss(point: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(point)
        log_end, log_last = np.log(alpha + s.T), np.log(alpha + s.t_x)
        stays = -(r + s.x) * log_end
        odds = np.where(can_leave, np.log(a) - np.log(b + before), -np.inf)[level]
        leaves = odds - (r + s.x) * log_last
        either = np.logaddexp(stays, leaves)
        left = np.exp(leaves - either)
        common = gammaln(r + levels) - gammaln(r) + r * np.log(alpha) + betaln(a, b + chances) - betaln(a, b)
        value = level_share @ common + share @ either
        left_share = share * left
        left_by_level = np.bincount(level, left_share, minlength=len(levels))
        mean_log = (share - left_share) @ log_end + left_share @ log_last
        inverse = (share - left_share) / (alpha + s.T) + left_share / (alpha + s.t_x)
        both = digamma(a + b) - digamma(a + b + chances)
        gradient = np.array(
            [
                level_share @ (digamma(r + levels) - digamma(r)) + np.log(alpha) - mean_log,
                r / alpha - inverse @ (r + s.x),
                level_share @ both + left_share.sum() / a,
                level_share @ (both + digamma(b + chances) - digamma(b)) - left_by_level @ (1 / (b + before)),
            ]
        )
        return -float(value), -gradient * np.array([r, alpha, a, b])

    return loss
