"""What customers spend per order day where the amount depends on their history.

Gamma-Gamma takes amounts of one customer to be alike at all times and independent of how often they order. Here its
forecast (a weighted mean of the customer's own amounts and everybody's) is the base, and a log-linear regression with
Gamma errors says how the next amount departs from it: with the number of orders, their pace, the direction of the last
amounts, and the level itself,

    log E(next amount) = log(Gamma-Gamma forecast) + beta . z.

It is learnt from earlier days whose window of the same length was over: what was known of a customer on such a day,
silence included, against the amounts of the orders in the window after it. So a history that teaches is chosen as one to
be forecast is (somebody with one order who has been silent for a year orders more seldom, and other amounts, than
somebody on the way from the first to the second order), and nothing looks ahead. The coefficients are shrunk towards 0,
that is towards Gamma-Gamma: without evidence, or with too few orders, this model is Gamma-Gamma.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.gamma_gamma import MIN_SHAPE, FittedSpend, fit_spend
from analysis.forecast.likelihood import Estimate
from analysis.history import WEEK_DAYS
from analysis.history.past import Days

FEATURES = ("constant", "lent", "log_orders", "log_pace", "lent_pace", "log_trend", "log_level", "high_level", "low_level")
"""z: 1; the share of the base that is everybody's and not the customer's own; logs of order days so far, of their number a
week, alone and times that share (what pace tells is known of an old customer already), of the newer amounts over all, and
of the base; and what is beyond a standard deviation of the base on either side, as big spenders need not depart from it
as others do."""
NEWER = 3
"""The newer amounts are the newer half of them, at most this many."""
WINDOW_DAYS = 91
"""Length of the windows after earlier days; a quarter of what the data span if that is shorter."""
WINDOWS = 8
"""As many windows back, side by side."""
MIN_ROWS = 200
"""Fewer customers and windows with an order than this teach nothing."""
MAX_CUSTOMERS = 100_000
"""Customers to learn from; all are forecast."""
SPREAD = 0.2
"""Prior standard deviation of a coefficient, its feature having a standard deviation of 1: a fifth more spend per deviation is common."""
WINSOR = 0.99
"""A mean amount beyond this point of the ratios to its base teaches no more than that point."""
LENT_WEEKS = 4.0
"""Age that everybody is lent, so that a customer of today has a pace."""
MAX_STEPS = 50
FAINT = 1e-9
HAIR = 1e-6
"""Days by which rounding may put an order of today after its end."""
LIMIT = np.log(3.0)
"""No history makes more of an amount than three times the base, or less than a third."""


@dataclass(frozen=True)
class Scale:
    """How histories become z: by the range, mean and standard deviation of those that taught."""

    low: Floats
    high: Floats
    middle: Floats
    width: Floats

    @classmethod
    def of(cls, features: Floats) -> Scale:
        """Constants keep their value."""
        low, high = np.quantile(features, [0.005, 0.995], axis=0)
        inside = np.clip(features, low, high)
        width = inside.std(axis=0)
        return cls(low, high, inside.mean(axis=0) * np.append(0.0, np.ones(len(width) - 1)), np.where(width < 1e-9, 1.0, width))

    def apply(self, features: Floats) -> Floats:
        """One row of z per row; features beyond those seen count as the nearest seen."""
        z = (np.clip(features, self.low, self.high) - self.middle) / self.width
        return np.column_stack([z, np.maximum(z[:, -1] - 1, 0.0), np.maximum(-z[:, -1] - 1, 0.0)])


@dataclass(frozen=True)
class Lessons:
    """What order days taught: coefficients of z, their covariance, and the number of next order days; nothing if there is no scale."""

    scale: Scale | None
    coefficients: Floats
    covariance: Floats
    count: int

    def ratio(self, features: Floats) -> Floats:
        """Factor on the base, one per row."""
        if self.scale is None:
            return np.ones(len(features))
        return np.exp(np.clip(self.scale.apply(features) @ self.coefficients, -LIMIT, LIMIT))


@dataclass(frozen=True)
class FittedSpendHistory:
    """Spend per order day, with the same face as `gamma_gamma.FittedSpend`.

    Attributes
    ----------
    base : FittedSpend
        Gamma-Gamma of the same customers; the spread of amounts about their expectation is its.
    lessons : Lessons
        How the next amount departs from it.
    ratio : array
        Expected amount over Gamma-Gamma's, one per customer.
    """

    base: FittedSpend
    lessons: Lessons
    ratio: Floats
    name: str = "spend by history"

    @property
    def estimate(self) -> Estimate:
        """p, q, v of Gamma-Gamma."""
        return self.base.estimate

    @property
    def orders(self) -> Floats:
        """Order days that count."""
        return self.base.orders

    @property
    def mean(self) -> Floats:
        """Their mean amount."""
        return self.base.mean

    @property
    def overall(self) -> float:
        """Mean over the customers."""
        return self.base.overall

    @property
    def count_excluded(self) -> int:
        """Customers without an amount."""
        return self.base.count_excluded

    @property
    def index(self) -> pd.Index:
        """Customers."""
        return self.base.index

    @property
    def shape(self) -> Floats:
        """As of Gamma-Gamma."""
        return self.base.shape

    @property
    def scale(self) -> Floats:
        """As of Gamma-Gamma, times the ratio: all points of the distribution of amounts move with their mean."""
        return self.base.scale * self.ratio

    def predict(self) -> pd.Series:
        """Return the expected amount of each customer's next order day."""
        return self.base.predict() * self.ratio

    def table(self, z: float = 1.96) -> pd.DataFrame:
        """One row per feature: `feature`, `factor` (on the amount, for a deviation more), `low`, `high` (`z` errors either side)."""
        error = z * np.sqrt(np.diag(self.lessons.covariance))
        parts = {"factor": self.lessons.coefficients, "low": self.lessons.coefficients - error, "high": self.lessons.coefficients + error}
        return pd.DataFrame({"feature": FEATURES} | {name: np.exp(part) for name, part in parts.items()})

    def apply(self, snapshot: Snapshot) -> FittedSpendHistory:
        """The same parameters and coefficients for the customers and orders of another snapshot."""
        base = self.base.apply(snapshot.statistics["x"] + 1, snapshot.statistics["mean"])
        return replace(self, base=base, ratio=self.lessons.ratio(_describe(base, _days(snapshot), _now(snapshot)).features))


def fit_spend_history(snapshot: Snapshot, base: FittedSpend | None = None) -> FittedSpendHistory:
    """Fit to the order days of `snapshot`; `base` where Gamma-Gamma was fitted to the same before.

    Raises
    ------
    ValueError
        The snapshot brings no order days.
    """
    days = _days(snapshot)
    base = base or fit_spend(snapshot.statistics["x"] + 1, snapshot.statistics["mean"])
    lessons = _learn(_taught(base, days, _now(snapshot)))
    return FittedSpendHistory(base, lessons, lessons.ratio(_describe(base, days, _now(snapshot)).features))


def _now(snapshot: Snapshot) -> float:
    """The end of `as_of` in the time of the order days, which may be the company's own."""
    days, T = _days(snapshot), snapshot.statistics["T"].to_numpy()
    return float((days.day[days.start[:-1]] + T * WEEK_DAYS).max(initial=0.0)) + HAIR


def _days(snapshot: Snapshot) -> Days:
    if snapshot.days is None:
        raise ValueError(f"the snapshot of {snapshot.as_of} brings no order days: spend cannot depend on history")
    return snapshot.days


@dataclass(frozen=True)
class _Rows:
    """Histories of customers up to a day: `features`, Gamma-Gamma's `base`; orders and mean amount of the window after it."""

    features: Floats
    base: Floats
    customer: Whole
    count: Floats
    amount: Floats


def _taught(spend: FittedSpend, days: Days, now: float) -> _Rows:
    """Customers that ordered in a window after an earlier day, one row per window."""
    span = now - float(days.day.min()) if len(days.day) else 0.0
    window = min(float(WINDOW_DAYS), span / 4)
    number = min(WINDOWS, int(span / window) - 1) if window >= 1 else 0
    every = -(-len(spend.index) // MAX_CUSTOMERS)
    if every > 1:
        kept = days.customer % every == 0
        days = Days(days.as_of, days.customer[kept], days.day[kept], days.amount[kept])
    parts = [_describe(spend, days, now - window * back, window) for back in range(number, 0, -1)]
    if not parts:
        return _Rows(np.zeros((0, len(FEATURES))), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    names = ("features", "base", "customer", "count", "amount")
    return _Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _describe(spend: FittedSpend, days: Days, at: float, window: float = 0.0) -> _Rows:
    """Customers with an order by `at` (inclusive); with a `window`, only those who ordered within it."""
    size = len(spend.index)
    known, after = days.day <= at, (days.day > at) & (days.day <= at + window)
    n_of, count = (np.bincount(days.customer[seen], minlength=size) for seen in (known, after))
    who = np.flatnonzero((n_of > 0) & ((count > 0) | (window == 0)))
    n = n_of[who]
    begin = np.searchsorted(days.customer, who)
    last = begin + n - 1
    running = np.concatenate([[0.0], np.cumsum(days.amount)])
    mean = (running[last + 1] - running[begin]) / n
    newer = np.minimum((n + 1) // 2, NEWER)
    recent = (running[last + 1] - running[last + 1 - newer]) / newer
    p, q, v = spend.estimate.parameters
    forecast, lent = (p * (n * mean + v) / (p * n + q - 1), (q - 1) / (p * n + q - 1)) if q > MIN_SHAPE else (mean, 1.0 / n)
    pace = np.log(n / ((at - days.day[begin]) / WEEK_DAYS + LENT_WEEKS))
    features = np.column_stack(
        [np.ones(len(n)), lent, np.log(n), pace, lent * pace, np.log(np.maximum(recent, FAINT) / np.maximum(mean, FAINT)), np.log(forecast)]
    )
    following = np.bincount(days.customer[after], days.amount[after], minlength=size)[who]
    return _Rows(features, forecast, who, count[who].astype(np.float64), following / np.maximum(count[who], 1))


def _learn(rows: _Rows) -> Lessons:
    """Penalised quasi-likelihood of Gamma errors by Fisher scoring; errors clustered by customer."""
    size = len(FEATURES)
    if len(rows.base) < MIN_ROWS:
        return Lessons(None, np.zeros(size), np.zeros((size, size)), len(rows.base))
    scale = Scale.of(rows.features)
    z = scale.apply(rows.features)
    ratio = rows.amount / rows.base
    ratio = np.minimum(ratio, np.quantile(ratio, WINSOR))
    weight = np.sqrt(rows.count)
    information = z.T @ (z * weight[:, None])
    found = np.zeros(size)
    for _ in range(MAX_STEPS):
        residual = weight * (ratio * np.exp(-z @ found) - 1)
        prior = np.eye(size) * float((residual**2).mean()) / SPREAD**2
        step = np.linalg.solve(information + prior, z.T @ residual - prior @ found)
        found = found + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-8:
            break
    bread = np.linalg.inv(information + prior)
    by_customer = np.stack([np.bincount(rows.customer, part) for part in (z * residual[:, None]).T])
    return Lessons(scale, found, bread @ (by_customer @ by_customer.T) @ bread, len(rows.base))
