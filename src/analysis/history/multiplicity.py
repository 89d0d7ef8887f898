"""Several tests at once: p-values that keep the chance of any false finding."""

from __future__ import annotations

import numpy as np


def adjust_holm(p_values: np.ndarray) -> np.ndarray:
    """P-values adjusted for their number (Holm 1979, Scand. J. Statist. 6:65-70); NaN stays and is no test."""
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (len(order) - np.arange(len(order)))), 1.0)
    return adjusted
