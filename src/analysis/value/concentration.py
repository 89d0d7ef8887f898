"""How much of the value hangs on how few customers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

TOP_SHARES = (0.01, 0.05, 0.10, 0.20)


def draw_concentration(values: np.ndarray, points: int = 50, min_cell: int = 1) -> pd.DataFrame:
    """Concentration curve: the share of the total that the most valuable customers hold (a Lorenz curve read from the top).

    Parameters
    ----------
    values : array
        One value per customer, 0 or more.
    points : int
        Steps of the curve.
    min_cell : int
        Customers that a step holds at least: with fewer customers there are fewer steps.

    Returns
    -------
    DataFrame
        `points` + 1 rows at most: `share_customers` (0 to 1, the most valuable first), `share_value`. Empty without a positive
        value, and with fewer customers than `min_cell`.
    """
    ordered = np.sort(np.asarray(values, dtype=float))[::-1]
    points = min(points, len(ordered) // min_cell) if min_cell > 1 else points
    if not len(ordered) or ordered[0] <= 0 or not points:
        return pd.DataFrame(columns=["share_customers", "share_value"])
    held = np.concatenate(([0.0], ordered.cumsum())) / ordered.sum()
    grid = np.linspace(0, 1, points + 1)
    return pd.DataFrame({"share_customers": grid, "share_value": np.interp(grid, np.linspace(0, 1, len(held)), held)})


def share_top(values: np.ndarray, shares: Sequence[float] = TOP_SHARES, min_cell: int = 1) -> pd.DataFrame:
    """Share of the total that the largest customers hold.

    Parameters
    ----------
    values : array
        One value per customer.
    shares : sequence of float
        Shares of customers, ascending.
    min_cell : int
        What fewer customers hold, alone or more than the row shown before, is left empty.

    Returns
    -------
    DataFrame
        One row per share: `top` (share of customers), `count_customers` (rounded up), `value` (currency), `share_value`.
        Customers of equal value are interchangeable, so that ties change nothing.
    """
    ordered = np.sort(np.asarray(values, dtype=float))[::-1]
    total = ordered.sum()
    counts = [int(np.ceil(share * len(ordered) - 1e-9)) for share in shares]
    held, told = [], 0
    for count in counts:
        is_shown = count - told >= min_cell or count == told
        held.append(float(ordered[:count].sum()) if is_shown else np.nan)
        told = count if is_shown else told
    return pd.DataFrame(
        {"top": shares, "count_customers": counts, "value": held, "share_value": [h / total if total > 0 else np.nan for h in held]}
    )


def measure_gini(values: np.ndarray, interval: float, seed: int, draws: int = 200) -> dict[str, float]:
    """Gini coefficient: 0 when all customers are worth the same, towards 1 when one holds all.

    Returns
    -------
    dict
        `gini`, `low`, `high` (percentile bootstrap over customers, on values sorted first, so that row order does not
        matter), `count_customers`; NaN without a positive value.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    count = len(ordered)
    if not count or ordered[-1] <= 0:
        return {"gini": float("nan"), "low": float("nan"), "high": float("nan"), "count_customers": count}
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
    gini = _gini(ordered, np.ones(count))
    # a draw of worthless customers only has no Gini; few customers alone can make one
    drawn = [found for found in (_gini(ordered, weight) for weight in weights) if found == found] or [gini]
    low, high = np.quantile(drawn, ((1 - interval) / 2, (1 + interval) / 2))
    return {"gini": gini, "low": float(low), "high": float(high), "count_customers": count}


def _gini(ordered: np.ndarray, weight: np.ndarray) -> float:
    """Gini of ascending values with weights: one less twice the area below the Lorenz curve."""
    held = ordered * weight
    below = held.cumsum()
    return float(1 - (weight * (2 * below - held)).sum() / (weight.sum() * below[-1])) if below[-1] > 0 else float("nan")
