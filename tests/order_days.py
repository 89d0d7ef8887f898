"""Snapshots from lists of order days, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.history.past import EPOCH, Days, statistics

FIRST = 18_000


def make_days(orders: Sequence[Sequence[int]], last: int, amounts: Sequence[Sequence[float]] | None = None) -> Days:
    """Order days of one customer per entry, in days after `FIRST`, known on day `last`."""
    customer = np.concatenate([np.full(len(days), i) for i, days in enumerate(orders)]).astype(np.int64)
    day = FIRST + np.concatenate([np.asarray(days) for days in orders]).astype(np.int64)
    amount = np.full(len(day), 10.0) if amounts is None else np.concatenate([np.asarray(a, dtype=float) for a in amounts])
    return Days(FIRST + last, customer, day, amount)


def make_snapshot(days: Days) -> Snapshot:
    """The snapshot of `days`."""
    ids = pd.Index([f"c{i:05d}" for i in range(int(days.customer.max()) + 1)], name="customer_id")
    return Snapshot(EPOCH + timedelta(days=days.as_of), statistics(days, ids), days=days)


def simulate(size: int, seed: int, last: int, gap: Callable[[np.random.Generator, int, float], float]) -> Days:
    """Customers who come within the first third and whose `gap` (generator, number of the order, own log pace) may be infinite."""
    generator = np.random.default_rng(seed)
    orders = []
    for _ in range(size):
        day, number, pace, days = float(generator.integers(0, last // 3)), 1, generator.normal(), []
        while day <= last:
            days.append(int(day))
            day = int(day) + max(1.0, np.ceil(gap(generator, number, pace)))
            number += 1
        orders.append(days)
    return make_days(orders, last)


def day(number: int) -> date:
    """The date of a day after `FIRST`."""
    return EPOCH + timedelta(days=FIRST + number)
