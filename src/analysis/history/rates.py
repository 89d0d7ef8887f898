"""Shares that travel with numerator, denominator and interval."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

LEVEL = 0.95
"""Confidence of the intervals of a rate, where the caller names none."""


def wilson(numerator: object, denominator: object, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Score interval of a share (Wilson 1927, JASA 22:209-212), element by element.

    Parameters
    ----------
    numerator, denominator : array-like of counts
        Of equal length; 0 <= numerator <= denominator.
    level : float
        Central confidence, between 0 and 1.

    Returns
    -------
    tuple of ndarray
        Low and high limit within [0, 1]; missing where the denominator is 0.
    """
    k = np.asarray(numerator, dtype=float)
    n = np.asarray(denominator, dtype=float)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    filled = np.where(n > 0, n, np.nan)
    share = k / filled
    width = z * np.sqrt(share * (1 - share) / filled + z * z / (4 * filled * filled))
    scale = 1 + z * z / filled
    middle = (share + z * z / (2 * filled)) / scale
    # The limits meet the edges exactly at 0 of n and n of n; rounding must not push them past.
    low = np.where(k == 0, np.where(n > 0, 0.0, np.nan), middle - width / scale)
    high = np.where((k == n) & (n > 0), 1.0, middle + width / scale)
    return low, high


def add_rate(table: pd.DataFrame, numerator: str, denominator: str, name: str = "share", level: float = LEVEL) -> pd.DataFrame:
    """`table` with the share `name` and its Wilson limits `<name>_low` and `<name>_high` (missing where the denominator is 0)."""
    low, high = wilson(table[numerator], table[denominator], level)
    k, n = table[numerator].to_numpy(dtype=float), table[denominator].to_numpy(dtype=float)
    share = np.divide(k, n, out=np.full(len(k), np.nan), where=n > 0)
    return table.assign(**{name: share, f"{name}_low": low, f"{name}_high": high})
