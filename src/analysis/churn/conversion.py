"""From the first order to the second: how many, how soon, and whether newer cohorts do better."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.churn.groups import add_groups, label_cohorts
from analysis.churn.kaplan_meier import ALL, clustered_variance, estimate, log_log_interval
from analysis.history.disclosure import small_groups
from analysis.history.rates import wilson

DAYS = (30, 90, 180, 365)
TOLD_DAYS = (90, 365)
"""Those in the table of groups."""
COHORTS = 12
WAYS = ("channel", "customer_type")
EVERYBODY = "first_orders"


def convert_cohorts(spells: pd.DataFrame, interval: float, min_cell: int) -> pd.DataFrame | None:
    """Share of every cohort of first orders with a second one within stated days.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`, `duration_days`, `is_closed`.
    interval : float
        Confidence of the interval.
    min_cell : int
        Cohorts of fewer customers are pooled with their neighbours.

    Returns
    -------
    DataFrame or None
        As `_convert`, `group` being the cohort (month, quarter, half year or year: the finest that makes at most 12),
        oldest first. None without a cohort to show.
    """
    first = _first(spells)
    table = _convert(first, label_cohorts(first["started_on"], COHORTS, min_cell), interval, min_cell)
    return table if len(table) else None


def convert_groups(spells: pd.DataFrame, customers: pd.DataFrame, interval: float, min_cell: int) -> pd.DataFrame | None:
    """The same for all customers, and by first channel and customer type where the source knows them.

    Returns
    -------
    DataFrame or None
        As `_convert`, with `by` (``first_orders``, ``channel``, ``customer_type``) in front. None without enough customers.
    """
    first = _first(add_groups(spells, customers)).assign(**{EVERYBODY: ALL})
    parts = []
    for by in (EVERYBODY, *WAYS):
        table = _convert(first, first[by], interval, min_cell) if by in first else pd.DataFrame()
        if len(table):
            table.insert(0, "by", by)
            parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else None


def list_conversion(table: pd.DataFrame | None, days: Sequence[int] = TOLD_DAYS) -> pd.DataFrame | None:
    """`convert_groups` in few columns: one row per group and each of `days`; None of None.

    Returns
    -------
    DataFrame
        `by`, `group`, `within_days`, `count_second` (second orders within these days) of `count_customers`, `share` with
        `share_low` and `share_high`.
    """
    if table is None:
        return None
    parts = []
    for day in days:
        named = {
            f"count_{day}": "count_second",
            f"share_{day}": "share",
            f"share_{day}_low": "share_low",
            f"share_{day}_high": "share_high",
        }
        part = table[["by", "group", "count_customers", *named]].rename(columns=named)
        part.insert(2, "within_days", day)
        parts.append(part)
    listed = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return listed[["by", "group", "within_days", "count_second", "count_customers", "share", "share_low", "share_high"]]


def _first(spells: pd.DataFrame) -> pd.DataFrame:
    """First spells, with `age_days`: from the first order to the last day watched, to which every open spell runs."""
    end = (spells["started_on"] + pd.to_timedelta(spells["duration_days"], unit="D")).max()
    first = spells[spells["order_number"] == 1]
    return first.assign(age_days=(end - first["started_on"]).dt.days)


def _convert(first: pd.DataFrame, groups: pd.Series, interval: float, min_cell: int, days: Sequence[int] = DAYS) -> pd.DataFrame:
    """One row per group.

    `group`, `count_customers` (first orders: the denominator), `count_second` (second orders so far), and for each day d `count_d` (second
    orders within d days: the numerator), `share_d` with `share_d_low` and `share_d_high`: the share by Kaplan-Meier, which
    is `count_d` of `count_customers` (interval: Wilson) where all first orders are at least d days old, and else allows for
    those that are not (log-log); NaN where none is that old.
    """
    hidden = small_groups(groups.value_counts(), min_cell)
    named = [(str(name), first[groups == name]) for name in sorted(groups.dropna().unique(), key=str) if name not in hidden]
    rows = []
    for name, own in named:
        duration, closed = own["duration_days"].to_numpy(), own["is_closed"].to_numpy(dtype=bool)
        row: dict[str, object] = {"group": name, "count_customers": len(own), "count_second": int(closed.sum())}
        curve = estimate(duration, closed)
        share = 1 - curve.at(days)
        staying_low, staying_high = log_log_interval(1 - share, clustered_variance(curve, own)(days), interval)
        for i, day in enumerate(days):
            count, old = int((closed & (duration <= day)).sum()), int((own["age_days"] >= day).sum())
            low, high = 1 - staying_high[i], 1 - staying_low[i]
            if old == len(own) or share[i] in (0.0, 1.0):
                # nobody is watched for less: a plain share, whose interval has a width even at 0 and 1
                low, high = (float(limit) for limit in wilson(min(count, old), old, interval))
            found = (count, share[i], low, high) if old else (float("nan"),) * 4
            row |= dict(zip((f"count_{day}", f"share_{day}", f"share_{day}_low", f"share_{day}_high"), found, strict=True))
        rows.append(row)
    return pd.DataFrame(rows)
