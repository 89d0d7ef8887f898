"""Several ways to leave that compete: how many have left for each stated reason, by time since the first order.

Aalen and Johansen's estimate (1978): who has left for one reason can no longer leave for another, so that one less a
Kaplan-Meier curve per reason would overstate them all. Only reasons that were told count; who falls silent without a
word is watched to the last day. What it gives is therefore the share who *say* that they leave, a lower bound of those who do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.churn.kaplan_meier import log_log_interval
from analysis.contracts import Missing

DAYS = (0, 90, 180, 365, 545, 730, 1095, 1460, 1825)
COLUMNS = ["reason", "day", "incidence", "low", "high", "at_risk"]


def accumulate(duration_days: np.ndarray, cause: np.ndarray, days: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative incidence and its variance.

    Parameters
    ----------
    duration_days : array
        Days watched, one observation a row; an end on the day itself counts.
    cause : array of int
        0 where the watching ended without an event, else the number of the cause from 1.
    days : sequence
        Days at whose end the incidence is wanted.

    Returns
    -------
    tuple of arrays, rows are causes and columns days
        Incidence, and variance by the infinitesimal jackknife (each observation's influence squared and summed).
    """
    duration, kind = np.asarray(duration_days, dtype=float), np.asarray(cause, dtype=int)
    causes = int(kind.max(initial=0))
    at = np.unique(duration[kind > 0])
    incidence, variance = np.zeros((causes, len(days))), np.zeros((causes, len(days)))
    if not len(at):
        return incidence, variance
    ends = np.array([np.bincount(np.searchsorted(at, duration[kind == k + 1]), minlength=len(at)) for k in range(causes)], dtype=float)
    risk = (len(duration) - np.searchsorted(np.sort(duration), at, side="left")).astype(float)
    total = ends.sum(axis=0)
    left = risk - total
    before = np.concatenate(([1.0], np.cumprod(1 - total / risk)[:-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = np.where(left > 0, 1 / left, 0.0)
        drift = _sum_before(np.where(left > 0, total / (risk * left), 0.0))
    # event days that an observation was watched through, and the one of its own event
    last, happened = np.searchsorted(at, duration, side="right"), kind > 0
    own = np.where(happened, last - 1, 0)
    for k in range(causes):
        step = before * ends[k] / risk
        until_now, drifted, faced = _sum_before(step), _sum_before(step * drift[:-1]), _sum_before(step / risk)
        for j, u in enumerate(np.searchsorted(at, days, side="right")):
            seen = np.minimum(last, u)
            # through the survival before each step, while watched and after; then through the steps themselves
            influence = drifted[seen] + drift[last] * (until_now[u] - until_now[seen]) - faced[seen]
            gained = (kind == k + 1) * before[own] / risk[own] - jump[own] * (until_now[u] - until_now[seen])
            influence += np.where(happened & (own < u), gained, 0.0)
            incidence[k, j] = until_now[u]
            variance[k, j] = (influence**2).sum()
    return incidence, variance


def _sum_before(values: np.ndarray) -> np.ndarray:
    """Sums of all values before each place, and of all."""
    return np.concatenate(([0.0], np.cumsum(values)))


def estimate_incidence(
    customers: pd.DataFrame,
    exits: pd.DataFrame | Missing,
    as_of: object,
    interval: float,
    days: Sequence[int] = DAYS,
    min_cell: int = 1,
) -> pd.DataFrame | Missing | None:
    """Share of customers who have left for each stated reason by stated days after their first order.

    Parameters
    ----------
    customers : DataFrame
        One row per customer: `customer_id`, `first_order_on`; who has no order is not watched.
    exits : DataFrame or Missing
        One row per stated exit known by `as_of`: `customer_id`, `left_on`, `reason`. The first of a customer counts; one
        before the first order does not. What the source lacks is handed on.
    as_of : date
        Last day watched, inclusive.
    interval : float
        Confidence of the pointwise interval.
    days : sequence of int
        Days after the first order, inclusive.
    min_cell : int
        Reasons told by fewer customers join ``other``.

    Returns
    -------
    DataFrame, Missing or None
        One row per reason (the most frequent first) and day: `reason`, `day`, `incidence`, `low`, `high` (log-log),
        `at_risk` (customers watched for at least `day` days without a stated exit); days that nobody was watched are left
        out. None without a stated exit.
    """
    if isinstance(exits, Missing):
        return exits
    start = pd.to_datetime(customers.set_index("customer_id")["first_order_on"].dropna())
    end = pd.Timestamp(str(as_of))
    known = exits[exits["customer_id"].isin(start.index)].sort_values(["left_on", "reason"], kind="stable")
    known = known[known["left_on"] >= known["customer_id"].map(start)].drop_duplicates("customer_id").set_index("customer_id")
    if known.empty:
        return None
    counts = known["reason"].value_counts()
    reasons = known["reason"].where(known["reason"].map(counts) >= min_cell, "other")
    counts = reasons.value_counts()
    order = sorted(counts.index, key=lambda reason: (-counts[reason], reason))
    cause = reasons.map({reason: number for number, reason in enumerate(order, 1)}).reindex(start.index).fillna(0).to_numpy(dtype=int)
    duration = (known["left_on"].reindex(start.index).fillna(end) - start).dt.days.to_numpy()
    days = [day for day in days if day <= duration.max()]
    incidence, variance = accumulate(duration, cause, days)
    stay, at_risk = 1 - incidence, [int((duration >= day).sum()) for day in days]
    low, high = log_log_interval(stay, variance / stay**2, interval)
    rows = [
        (reason, day, incidence[k, j], 1 - high[k, j], 1 - low[k, j], at_risk[j])
        for k, reason in enumerate(order)
        for j, day in enumerate(days)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
