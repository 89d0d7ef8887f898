"""Survival curves of order spells: how long until the next order, without a model.

A spell runs from one order day to the next; the open one is censored on the report's last day. One customer has
several spells, which resemble each other, so that the textbook interval (Greenwood) is too narrow: intervals here add
up each customer's influence on the curve first (infinitesimal jackknife; Therneau & Grambsch 2000, section 2.2, as in
R's ``survfit(cluster = )``). With one spell a customer the two agree exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

RETURN_DAYS = (90, 180, 365)
ALL = "all"


@dataclass(frozen=True)
class Curve:
    """A product-limit estimate (Kaplan & Meier 1958).

    Attributes
    ----------
    days : array of int
        Days on which a spell ended by an order, ascending.
    at_risk, events : array of float
        Spells that had lasted at least that long, and those that ended on that day.
    survival : array of float
        Share of spells still without a next order at the end of that day.
    """

    days: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    survival: np.ndarray

    def at(self, days: np.ndarray | Sequence[float]) -> np.ndarray:
        """Survival at the end of each of `days`; 1 before the first event."""
        return np.concatenate(([1.0], self.survival))[np.searchsorted(self.days, days, side="right")]

    def greenwood(self, days: np.ndarray | Sequence[float]) -> np.ndarray:
        """Variance of log survival at `days` were all spells independent (Greenwood 1926)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.where(self.at_risk > self.events, self.events / (self.at_risk * (self.at_risk - self.events)), 0.0)
        return np.concatenate(([0.0], np.cumsum(steps)))[np.searchsorted(self.days, days, side="right")]


def estimate(duration_days: np.ndarray, is_closed: np.ndarray) -> Curve:
    """Fit the curve of spells.

    Parameters
    ----------
    duration_days : array
        Length of each spell in days; 0 for one that opened on the last day.
    is_closed : array of bool
        Whether the spell ended by an order (else it was cut off by the end of the data).
    """
    duration = np.asarray(duration_days, dtype=float)
    closed = np.asarray(is_closed, dtype=bool)
    days, counts = np.unique(duration[closed], return_counts=True)
    at_risk = len(duration) - np.searchsorted(np.sort(duration), days, side="left")
    survival = np.cumprod(1.0 - counts / at_risk) if len(days) else np.empty(0)
    return Curve(days, at_risk.astype(float), counts.astype(float), survival)


Variance = Callable[[Sequence[float]], np.ndarray]
"""Variance of log survival at each of some days."""


def clustered_variance(curve: Curve, spells: pd.DataFrame) -> Variance:
    """Prepare the variance of log survival at any days, each customer's spells counted as one observation.

    Parameters
    ----------
    curve : Curve
        Fitted on the same `spells`.
    spells : DataFrame
        One row per spell: `customer_id`, `duration_days`, `is_closed`.
    """
    duration = spells["duration_days"].to_numpy(dtype=float)
    closed = spells["is_closed"].to_numpy(dtype=bool)
    customer, customers = pd.factorize(spells["customer_id"])
    if len(customers) == len(spells):
        return curve.greenwood
    left = curve.at_risk - curve.events
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = np.where(left > 0, 1.0 / left, 0.0)
        drift = np.concatenate(([0.0], np.cumsum(np.where(left > 0, curve.events / (curve.at_risk * left), 0.0))))
    own = np.where(closed, jump[np.minimum(np.searchsorted(curve.days, duration), max(len(jump) - 1, 0))] if len(jump) else 0.0, 0.0)
    last = np.searchsorted(curve.days, duration, side="right")

    def at(days: Sequence[float]) -> np.ndarray:
        variance = []
        for day in days:
            until = np.searchsorted(curve.days, day, side="right")
            influence = drift[np.minimum(last, until)] - np.where(duration <= day, own, 0.0)
            variance.append(float((np.bincount(customer, weights=influence) ** 2).sum()))
        return np.array(variance)

    return at


def log_log_interval(survival: np.ndarray, variance: np.ndarray, interval: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits of survival that stay within 0 and 1 (Kalbfleisch & Prentice 2002, section 1.4).

    `variance` is that of log survival. Where survival is 1 or 0 the limits are the estimate itself.
    """
    z = ndtri(0.5 + interval / 2)
    inside = (survival > 0) & (survival < 1)
    log = np.log(np.where(inside, survival, 0.5))
    half = z * np.sqrt(variance) / log
    low = np.where(inside, np.exp(-np.exp(np.log(-log) - half)), survival)
    high = np.where(inside, np.exp(-np.exp(np.log(-log) + half)), survival)
    return low, high


def estimate_curves(spells: pd.DataFrame, by: str | None, interval: float, points: int = 60) -> pd.DataFrame:
    """Survival curves for drawing, on a common grid of days.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `duration_days`, `is_closed`, and the column named by `by`, known when the
        spell began.
    by : str, optional
        Column of groups; None for one curve.
    interval : float
        Share of the pointwise confidence interval, for example 0.95.
    points : int
        Steps of the grid between day 0 and the longest spell.

    Returns
    -------
    DataFrame
        One row per group and day, up to the longest spell of the group: `group`, `day`, `survival`, `low`, `high`
        (clustered by customer, log-log), `at_risk` (spells that lasted at least `day` days).
    """
    longest = int(spells["duration_days"].max()) if len(spells) else 0
    # most returns come early: steps that grow in proportion to time's root show them and stay few
    grid = np.unique((np.linspace(0, np.sqrt(longest), points + 1) ** 2).round().astype(int))
    parts = []
    for group, rows in _groups(spells, by):
        duration = np.sort(rows["duration_days"].to_numpy(dtype=float))
        days = grid[grid <= duration[-1]]
        curve = estimate(rows["duration_days"].to_numpy(), rows["is_closed"].to_numpy())
        survival = curve.at(days)
        low, high = log_log_interval(survival, clustered_variance(curve, rows)(days), interval)
        at_risk = len(duration) - np.searchsorted(duration, days, side="left")
        parts.append(pd.DataFrame({"group": group, "day": days, "survival": survival, "low": low, "high": high, "at_risk": at_risk}))
    columns = ["group", "day", "survival", "low", "high", "at_risk"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def summarise_returns(spells: pd.DataFrame, by: str | None, interval: float, days: Sequence[int] = RETURN_DAYS) -> pd.DataFrame:
    """Median time to the next order and the share returned by stated days.

    Parameters
    ----------
    spells, by, interval
        As in `estimate_curves`.
    days : sequence of int
        Days after the order, inclusive.

    Returns
    -------
    DataFrame
        One row per group: `group`, `count_spells`, `count_customers`, `count_returns`, `median_days` with `median_low`
        and `median_high` (NaN: not reached within the data), and for each day d `returned_d`, `returned_d_low`,
        `returned_d_high` (share that ordered again within d days; NaN where no spell was watched that long) and
        `at_risk_d` (spells watched for at least d days without an order).
    """
    rows = []
    for group, part in _groups(spells, by):
        curve = estimate(part["duration_days"].to_numpy(), part["is_closed"].to_numpy())
        variance = clustered_variance(curve, part)
        low, high = _limits(curve, variance, days, interval)
        duration = part["duration_days"].to_numpy()
        row: dict[str, object] = {
            "group": group,
            "count_spells": len(part),
            "count_customers": part["customer_id"].nunique(),
            "count_returns": int(part["is_closed"].sum()),
            **_median(curve, variance, interval),
        }
        for i, day in enumerate(days):
            watched = duration.max() >= day
            survival = float(curve.at([day])[0])
            row[f"returned_{day}"] = 1 - survival if watched else np.nan
            row[f"returned_{day}_low"] = 1 - high[i] if watched else np.nan
            row[f"returned_{day}_high"] = 1 - low[i] if watched else np.nan
            row[f"at_risk_{day}"] = int((duration >= day).sum())
        rows.append(row)
    return pd.DataFrame(rows)


def _groups(spells: pd.DataFrame, by: str | None) -> list[tuple[str, pd.DataFrame]]:
    columns = ["customer_id", "duration_days", "is_closed"]
    if not len(spells):
        return []
    if by is None:
        return [(ALL, spells[columns])]
    return [(str(group), rows) for group, rows in spells[[*columns, by]].groupby(by, sort=True, observed=True)]


def _limits(curve: Curve, variance: Variance, days: Sequence[float], interval: float) -> tuple[np.ndarray, np.ndarray]:
    return log_log_interval(curve.at(days), variance(days), interval)


def _median(curve: Curve, variance: Variance, interval: float) -> dict[str, float]:
    """Day on which half had ordered again, and where the interval of the curve crosses one half."""

    def first_below(limit: int | None) -> float:
        """First event day on which survival (or a limit of its interval) is at most one half, by bisection."""
        lower, upper = 0, len(curve.days)
        while lower < upper:
            middle = (lower + upper) // 2
            day = curve.days[middle]
            value = curve.at([day])[0] if limit is None else _limits(curve, variance, [day], interval)[limit][0]
            lower, upper = (lower, middle) if value <= 0.5 else (middle + 1, upper)
        return float(curve.days[lower]) if lower < len(curve.days) else float("nan")

    return {"median_days": first_below(None), "median_low": first_below(0), "median_high": first_below(1)}
