"""How good forecasts were."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats, Whole
from analysis.history.rates import LEVEL, add_rate

SMALL = 1e-6
CAP_QUANTILE = 0.99
"""Squared errors of spend are of spend up to this point of the buyers': a handful of customers would decide them else."""
TENTHS = 10


def measure_orders(expected: Floats, actual: Floats) -> dict[str, float]:
    """Grade expected against actual order days of the same customers.

    `orders_deviance` (Poisson, per customer), `orders_rmse`, `orders_mae`, `orders_bias` (forecast total / actual total
    - 1), `orders_abs_bias`, `orders_rank` (Spearman).
    """
    rate = np.maximum(expected, SMALL)
    surprise = np.where(actual > 0, actual * np.log(np.maximum(actual, SMALL) / rate), 0.0)
    bias = _ratio(expected.sum(), actual.sum()) - 1
    return {
        "orders_deviance": float(2 * (surprise - (actual - rate)).mean()),
        "orders_rmse": float(np.sqrt(np.square(expected - actual).mean())),
        "orders_mae": float(np.abs(expected - actual).mean()),
        "orders_bias": bias,
        "orders_abs_bias": abs(bias),
        "orders_rank": rank_correlation(expected, actual),
    }


def measure_spend(expected: Floats, actual: Floats) -> dict[str, float]:
    """Grade expected against actual spend of the same customers.

    `spend_rmse`, `spend_rmse_capped` (both sides cut at the 99 % point of actual buyers' spend), `spend_mae`,
    `spend_bias`, `spend_abs_bias`, `spend_rank`, `spend_gini` (1: ranks by the true spend, 0: at random), `spend_top10` (true spend of the
    tenth forecast highest, as a share of the tenth that was highest).
    """
    bought = actual > 0
    cap = float(np.quantile(actual[bought], CAP_QUANTILE)) if bought.any() else float("nan")
    bias = _ratio(expected.sum(), actual.sum()) - 1
    top = max(1, len(actual) // TENTHS)
    best = np.argsort(-expected, kind="stable")[:top]
    return {
        "spend_rmse": float(np.sqrt(np.square(expected - actual).mean())),
        "spend_rmse_capped": float(np.sqrt(np.square(np.minimum(expected, cap) - np.minimum(actual, cap)).mean())),
        "spend_mae": float(np.abs(expected - actual).mean()),
        "spend_bias": bias,
        "spend_abs_bias": abs(bias),
        "spend_rank": rank_correlation(expected, actual),
        "spend_gini": gini(expected, actual),
        "spend_top10": _ratio(actual[best].sum(), np.sort(actual)[::-1][:top].sum()),
    }


def measure_chance(chance: Floats, happened: Floats) -> dict[str, float]:
    """Grade chances against what happened (1 or 0).

    `p_auc`, `p_brier`, `p_log` (log loss: minus the logarithm of the chance given to what happened, per customer),
    `p_calibration` (mean distance of chance and share over tenths of customers by chance).
    """
    tenths = calibration_table(chance, happened)
    gap = (tenths["count_customers"] * (tenths["p_mean"] - tenths["share_bought"]).abs()).sum()
    return {
        "p_auc": auc(chance, happened),
        "p_brier": float(np.square(chance - happened).mean()),
        "p_log": float(log_loss(chance, happened).mean()),
        "p_calibration": float(gap / tenths["count_customers"].sum()),
    }


def measure_interval(low: Floats, high: Floats, actual: Floats) -> dict[str, float]:
    """Grade central 80 % intervals of spend.

    `spend_above_high`: share of customers above it, of those whose high point is above 0; `spend_below_low`: share below
    it, of those whose low point is above 0 (each should be .10; NaN where there is no such customer);
    `spend_interval_score` (width plus ten times the miss; lower is better).
    """
    miss = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return {
        "spend_above_high": float((actual > high)[high > 0].mean()) if (high > 0).any() else float("nan"),
        "spend_below_low": float((actual < low)[low > 0].mean()) if (low > 0).any() else float("nan"),
        "spend_interval_score": float((high - low + 10 * miss).mean()),
    }


def calibration_table(chance: Floats, happened: Floats, level: float = LEVEL) -> pd.DataFrame:
    """Compare chances with what happened by tenths of customers.

    Returns
    -------
    DataFrame
        One row per tenth by `chance`, ascending; tenths without a border between them are one: `tenth` (from 1),
        `count_customers`, `p_mean` (mean chance), `count_bought`, `share_bought`, `low`, `high` (Wilson's interval of
        that share at `level`).
    """
    tenth = tenth_of(chance)
    count = np.bincount(tenth, minlength=1)
    table = pd.DataFrame(
        {
            "tenth": np.arange(1, len(count) + 1),
            "count_customers": count,
            "p_mean": np.bincount(tenth, chance, minlength=len(count)) / np.maximum(count, 1),
            "count_bought": np.bincount(tenth, happened, minlength=len(count)).astype("int64"),
        }
    )
    table = add_rate(table[table["count_customers"] > 0], "count_bought", "count_customers", "share_bought", level)
    return table.rename(columns={"share_bought_low": "low", "share_bought_high": "high"}).reset_index(drop=True)


def tenth_of(chance: Floats) -> Whole:
    """Which tenth each chance falls into, from 0; tenths without a border between them are one."""
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, TENTHS + 1))) if len(chance) else np.zeros(0)
    return np.searchsorted(edges[1:-1], chance, side="left")


def log_loss(chance: Floats, happened: Floats) -> Floats:
    """Minus the logarithm of the chance given to what happened; a chance counts as at least `SMALL` and at most 1 less that."""
    held = np.clip(chance, SMALL, 1 - SMALL)
    return -np.where(happened > 0, np.log(held), np.log1p(-held))


def auc(score: Floats, happened: Floats) -> float:
    """Return the chance that one to whom it happened was scored above one to whom it did not; ties count half."""
    positive = float(happened.sum())
    negative = len(happened) - positive
    if not positive or not negative:
        return float("nan")
    ranks = pd.Series(score).rank().to_numpy()
    return float((ranks[happened > 0].sum() - positive * (positive + 1) / 2) / (positive * negative))


def gini(score: Floats, value: Floats) -> float:
    """Return the normalised Gini index of ranking by `score`: 1 ranks by the true `value`, 0 at random."""
    if not value.sum() > 0:
        return float("nan")

    def area(by: Floats) -> float:
        return float(np.cumsum(value[np.argsort(-by, kind="stable")]).sum() / value.sum() - (len(value) + 1) / 2)

    return _ratio(area(score), area(value))


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation; NaN where one side is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(pd.Series(first).rank(), pd.Series(second).rank())[0, 1])


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
