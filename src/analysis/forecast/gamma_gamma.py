"""Gamma-Gamma: what customers spend per order day.

Amounts of one customer are Gamma distributed with a common shape p and a rate of their own, which is Gamma distributed
with shape q and rate v over customers (Fader and Hardie 2013, "The Gamma-Gamma model of monetary value", eq. 1 to 5).
Spend is taken to be independent of how often a customer orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.forecast.collapse import Floats
from analysis.forecast.likelihood import Estimate, Loss, maximise, maximise_near

NAMES = ("p", "q", "v")
MIN_SHAPE = 1.05
"""Below it the model's mean over customers (p v / (q - 1)) is infinite or about to be, and the data's own mean stands in."""

MANY = 20_000
"""With more customers than this, the starts of the fit compete on a part of them."""


@dataclass(frozen=True)
class FittedSpend:
    """Spend per order day of the customers it was fitted to (`index`).

    Attributes
    ----------
    estimate : Estimate
        p, q, v.
    orders, mean : array
        What is known of each customer: number and mean amount of the order days that count.
    overall : float
        Mean over the customers that the fit used; NaN if none.
    count_excluded : int
        Customers left out of the fit: without such an order day, or with a mean of zero or below.
    """

    estimate: Estimate
    orders: Floats
    mean: Floats
    overall: float
    count_excluded: int
    index: pd.Index

    @property
    def shape(self) -> Floats:
        """Of each customer's rate, given their orders."""
        p, q, _ = self.estimate.parameters
        return p * self.orders + q

    @property
    def scale(self) -> Floats:
        """Rate of the distribution of each customer's rate, given their orders: amounts are in proportion to it."""
        return self.orders * self.mean + self.estimate.parameters[2]

    def apply(self, orders: pd.Series, mean: pd.Series) -> FittedSpend:
        """The same parameters for other customers or orders, given as to `fit_spend`."""
        known, amount, used = _usable(orders, mean)
        return replace(self, orders=known, mean=amount, count_excluded=int((~used).sum()), index=orders.index)

    def predict(self) -> pd.Series:
        """Return the expected amount of each customer's next order day.

        A weighted mean of the customer's own and of all. Where the model has no finite mean (see `MIN_SHAPE`), the
        customer's own mean stands, and that of all customers for one without orders.
        """
        p, q, _ = self.estimate.parameters
        if q > MIN_SHAPE:
            expected = p * self.scale / (self.shape - 1)
        else:
            expected = np.where(self.orders > 0, self.mean, self.overall if np.isfinite(self.overall) else 0.0)
        return pd.Series(expected, index=self.index, name="expected_amount")


def fit_spend(orders: pd.Series, mean: pd.Series, near: FittedSpend | None = None) -> FittedSpend:
    """Fit by maximum likelihood.

    Parameters
    ----------
    orders : Series
        Number of order days that count, one entry per customer (the literature takes those after the first).
    mean : Series
        Their mean amount. Customers without such a day, or with a mean of zero or below, carry nothing and are left
        out of the fit, counted; they are forecast all the same.
    near : FittedSpend, optional
        A fit to much the same customers, to start from; see `likelihood.maximise_near`.
    """
    known, amount, used = _usable(orders, mean)
    overall = float(amount[used].mean()) if used.any() else float("nan")
    if used.sum() < 2:
        estimate = _guess(overall)
    else:
        # amounts in units of their mean: the fit then does not depend on the currency
        units = np.array([1.0, 1.0, overall])
        loss, count = _loss(known[used], amount[used] / overall), int(used.sum())
        if near is None or not near.estimate.count:
            starts = [(2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (1.0, 1.5, 1.0)]
            step = -(-count // MANY)
            first_look = _loss(known[used][::step], amount[used][::step] / overall) if step > 1 else None
            found = maximise(NAMES, loss, starts, count, first_look)
        else:
            found = maximise_near(NAMES, loss, replace(near.estimate, parameters=near.estimate.parameters / units), count)
        values = found.parameters * units
        estimate = Estimate(NAMES, values, found.covariance, found.log_likelihood - count * np.log(overall), found.count)
    return FittedSpend(estimate, known, amount, overall, int((~used).sum()), orders.index)


def _usable(orders: pd.Series, mean: pd.Series) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Orders and their mean amount, 0 where they carry nothing, and where they carry something."""
    known, amount = np.asarray(orders, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    used = (known > 0) & (amount > 0)
    return np.where(used, known, 0.0), np.where(used, amount, 0.0), used


def _guess(overall: float) -> Estimate:
    """Return what stands in when nothing can be fitted: amounts spread about `overall` as widely as an exponential."""
    scale = 2.0 * overall if np.isfinite(overall) else 1e-9
    return Estimate(NAMES, np.array([1.0, 3.0, scale]), np.zeros((3, 3)), float("nan"), 0)


def log_likelihood(values: Floats, orders: Floats, mean: Floats) -> Floats:
    """Log-likelihood of each customer's mean amount under `values` = (p, q, v)."""
    from scipy.special import gammaln

    p, q, v = values
    shape = p * orders
    normal = gammaln(shape + q) - gammaln(shape) - gammaln(q)
    return normal + q * np.log(v) + (shape - 1) * np.log(mean) + shape * np.log(orders) - (shape + q) * np.log(orders * mean + v)


def _loss(orders: Floats, mean: Floats) -> Loss:
    """Mean negative log-likelihood of a customer and its gradient, for log parameters.

    What depends on the number of orders alone is taken once per number, so that a million customers cost one logarithm
    each and step.
    """
    from scipy.special import digamma, gammaln

    levels, level = np.unique(orders, return_inverse=True)
    share = np.bincount(level) / len(orders)
    total = orders * mean
    # the data's part of (p n - 1) log m + p n log n
    log_spend = float((orders * (np.log(mean) + np.log(orders))).mean())
    log_mean = float(np.log(mean).mean())

    def loss(point: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(point)
        log_total = np.log(total + v)
        by_level = np.bincount(level, log_total, minlength=len(levels)) / len(orders)
        shape = p * levels
        normal = share @ (gammaln(shape + q) - gammaln(shape)) - gammaln(q) + q * np.log(v)
        value = normal + p * log_spend - log_mean - (shape + q) @ by_level
        both = digamma(shape + q)
        inverse = np.bincount(level, 1 / (total + v), minlength=len(levels)) / len(orders)
        gradient = np.array(
            [
                share @ (levels * (both - digamma(shape))) + log_spend - levels @ by_level,
                share @ both - digamma(q) + np.log(v) - by_level.sum(),
                q / v - (shape + q) @ inverse,
            ]
        )
        return -float(value), -gradient * np.array([p, q, v])

    return loss
