"""Paths of made-up customers through the tiers, month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.segments.replay import ABSENT, ClassHistory

LABELS = ("vip", "ordinary", "potential", "not_enough_data")


def make_history(codes: np.ndarray) -> ClassHistory:
    months = tuple(str(month) for month in pd.period_range("2020-01", periods=codes.shape[1], freq="M"))
    ids = pd.Index([f"c{number:04d}" for number in range(len(codes))])
    return ClassHistory(ids, months, {"tier": codes.astype(np.int8)}, {"tier": LABELS})


def make_walk(seed: int, customers: int, months: int) -> ClassHistory:
    """Customers who come at random and then move or stay by the same chances every month."""
    rng = np.random.default_rng(seed)
    codes = np.full((customers, months), ABSENT)
    begin = rng.integers(0, months, customers)
    for month in range(months):
        stay = rng.random(customers) < 0.8
        drawn = rng.integers(0, 3, customers)
        before = codes[:, month - 1] if month else np.full(customers, ABSENT)
        codes[:, month] = np.where(month < begin, ABSENT, np.where((before != ABSENT) & stay, before, drawn))
    return make_history(codes)
