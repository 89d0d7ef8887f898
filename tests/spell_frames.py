"""Spells from lists of order days, for tests."""

import numpy as np
import pandas as pd

FIRST_DAY = pd.Timestamp("2020-01-01")


def make_spells(orders: dict[str, list[int]], last_day: int) -> pd.DataFrame:
    """Spells of customers who ordered on the given days after 2020-01-01, watched until `last_day`."""
    rows = []
    for customer, days in orders.items():
        for number, (start, end) in enumerate(zip(days, [*days[1:], None], strict=True), start=1):
            rows.append((customer, number, start, end if end is not None else np.nan, end is not None))
    frame = pd.DataFrame(rows, columns=["customer_id", "order_number", "start", "end", "is_closed"])
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "order_number": frame["order_number"],
            "started_on": FIRST_DAY + pd.to_timedelta(frame["start"], unit="D"),
            # whole days only: pandas rounds the memory behind a missing float, which may overflow
            "ended_on": (FIRST_DAY + pd.to_timedelta(frame["end"].fillna(0).astype("int64"), unit="D")).where(frame["is_closed"]),
            "duration_days": (frame["end"].fillna(last_day) - frame["start"]).astype("int64"),
            "is_closed": frame["is_closed"],
        }
    )


def day(number: int):
    """The date that is `number` days after 2020-01-01."""
    return (FIRST_DAY + pd.Timedelta(days=number)).date()


def simulate(customers: int, seed: int, last_day: int = 500) -> pd.DataFrame:
    """Spells of customers with a rate of their own who leave with a chance of a fifth after each order."""
    rng = np.random.default_rng(seed)
    orders = {}
    for i in range(customers):
        mean, days, now = rng.gamma(2.0, 25.0) + 2, [], int(rng.integers(0, last_day // 2))
        while now <= last_day:
            days.append(now)
            if rng.random() < 0.2:
                break
            now += 1 + int(rng.exponential(mean))
        orders[f"c{i:04d}"] = days
    return make_spells(orders, last_day)
