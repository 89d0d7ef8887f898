"""What tells customers of the same forecast apart, scaled so that one month's lesson holds in another.

Times are in horizons or in the customer's own gaps, counts beside what the customer's own rate would have brought,
amounts beside the customer's own mean or the company's: a horizon, a currency or a busier year changes no scale.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats
from analysis.history.past import Days

YEAR_DAYS = 365
WINDOWS = (0.33, 1.0, 2.0, 4.0)
"""Recent windows, in horizons."""


def describe(days: Days, horizon_days: float, expected: Floats, typical: float | None = None) -> pd.DataFrame:
    """Features of every customer with an order day, by what `days` knows.

    Parameters
    ----------
    days : Days
        See `analysis.history.past`.
    horizon_days : float
        Of the forecast.
    expected : array
        The forecast of orders that is to be corrected, one entry per customer of `days.who`.
    typical : float, optional
        Log amount of an order of the customer in the middle; by default that of `days`, see `typical_log_amount`.

    Returns
    -------
    DataFrame
        One row per entry of `days.who`, floats; NaN where a customer has too few orders or too short a history.
    """
    start = days.start
    first, last = start[:-1], start[1:] - 1
    size = len(first)
    count = (start[1:] - first).astype(np.float64)
    age, silent = (days.as_of - days.day[first]).astype(float), (days.as_of - days.day[last]).astype(float)
    span = age - silent
    gap = np.where(count > 1, span / np.maximum(count - 1, 1), np.nan)
    rate = count / (age + horizon_days / 2)
    row = np.repeat(np.arange(size), np.diff(start))
    ago = days.as_of - days.day
    columns: dict[str, Floats] = {
        "log_expected": np.log(np.maximum(expected, 1e-9)),
        "log_orders": np.log(count),
        "age": np.minimum(age / horizon_days, 12.0),
        "silence": np.minimum(silent / horizon_days, 12.0),
        "silence_in_gaps": np.minimum(silent / np.maximum(gap, 1.0), 50.0),
        "span_share": span / np.maximum(age, 1.0),
        "gap": np.minimum(gap / horizon_days, 12.0),
    }
    for width in WINDOWS:
        within = width * horizon_days
        seen = np.bincount(row[ago < within], minlength=size).astype(float)
        # one expected order added to both sides: a ratio of small counts is mostly chance
        columns[f"recent_{width}"] = np.where(age > within, (seen + 1) / (rate * within + 1), np.nan)
    upcoming = (ago >= YEAR_DAYS - horizon_days) & (ago < YEAR_DAYS)
    columns["year_ago"] = np.where(age >= YEAR_DAYS, np.bincount(row[upcoming], minlength=size), np.nan)
    columns["gap_variation"], columns["last_gap"] = _gaps(days, row, size, gap)
    return pd.DataFrame(columns | _amounts(days, row, size, typical))


def _gaps(days: Days, row: np.ndarray, size: int, gap: Floats) -> tuple[Floats, Floats]:
    """Coefficient of variation of the gaps (three orders or more), and the last gap beside the mean one."""
    if not len(row):
        return np.zeros(0), np.zeros(0)
    same = row[1:] == row[:-1]
    gaps, of = np.diff(days.day)[same].astype(float), row[1:][same]
    number = np.bincount(of, minlength=size)
    square = np.bincount(of, gaps**2, minlength=size) / np.maximum(number, 1)
    with np.errstate(invalid="ignore"):
        variation = np.where(number > 1, np.sqrt(np.maximum(square - gap**2, 0.0)) / gap, np.nan)
        latest = np.full(size, np.nan)
        latest[of] = gaps  # ascending in time: the last one stays
        return variation, np.where(number > 1, latest / gap, np.nan)


def typical_log_amount(days: Days) -> float:
    """Log amount of an order of the customer in the middle; 0 without orders."""
    start = days.start
    if len(start) < 2:
        return 0.0
    return float(np.median(np.add.reduceat(np.log(days.amount), start[:-1]) / np.diff(start)))


def _amounts(days: Days, row: np.ndarray, size: int, typical: float | None) -> dict[str, Floats]:
    """Amounts: own mean beside the median customer's, last and first beside the own mean, and their variation."""
    if not size:
        return {name: np.zeros(0) for name in ("mean_amount", "last_amount", "first_amount", "amount_variation")}
    start = days.start
    count = np.diff(start)
    log_amount = np.log(days.amount)
    mean = np.bincount(row, log_amount, minlength=size) / count
    square = np.bincount(row, log_amount**2, minlength=size) / count
    last, first = log_amount[start[1:] - 1], log_amount[start[:-1]]
    return {
        "mean_amount": mean - (typical_log_amount(days) if typical is None else typical),
        "last_amount": np.where(count > 1, last - mean, np.nan),
        "first_amount": np.where(count > 1, first - mean, np.nan),
        "amount_variation": np.where(count > 2, np.sqrt(np.maximum(square - mean**2, 0.0)), np.nan),
    }
