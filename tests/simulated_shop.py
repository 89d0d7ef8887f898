"""A small shop with a season, told customer by customer."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

FIRST = date(2018, 1, 1)


def shop(size=500, seed=5, until=date(2020, 6, 30), season=None, joined_within=None, as_of_trend=0.0):
    """Order lines of buyers with rates of their own who may leave after an order; `season` multiplies by calendar month."""
    generator = np.random.default_rng(seed)
    days = (until - FIRST).days + 1
    activity = np.ones(days)
    for day in range(days):
        activity[day] = (season or {}).get((FIRST + timedelta(days=day)).month, 1.0) * np.exp(as_of_trend * day / 365)
    rows = []
    for customer in range(size):
        day = int(generator.integers(0, joined_within or days - 60))
        rate = generator.gamma(1.5, 1 / 60)
        leave = generator.beta(1, 8)
        while day < days:
            rows.append((f"c{customer:04d}", FIRST + timedelta(days=day), round(float(generator.gamma(3, 10)) + 0.01, 2)))
            if generator.random() < leave:
                break
            reached = np.cumsum(activity[day + 1 :]) * rate
            day += 1 + int(np.searchsorted(reached, generator.exponential()))
    return pd.DataFrame(rows, columns=["customer_id", "ordered_on", "amount"])
