"""Customers and spells of a tiny company on 2020-12-31, for tests of what classes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

TODAY = pd.Timestamp("2020-12-31")


def make_customers(*rows: tuple[str, int, float, int, int]) -> pd.DataFrame:
    """Customers of 2020-12-31 from (id, order days, spend, days since the last order, days since the first)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "count_order_days", "spend_total", "days_since_last_order", "days_as_customer"])
    is_buyer = frame["count_order_days"] > 0
    for column in ("days_since_last_order", "days_as_customer"):
        frame[column] = frame[column].astype("Int64").where(is_buyer)
    frame["first_order_on"] = TODAY - pd.to_timedelta(frame["days_as_customer"].astype("Float64"), unit="D")
    frame["last_order_on"] = TODAY - pd.to_timedelta(frame["days_since_last_order"].astype("Float64"), unit="D")
    frame["count_interactions"] = 0
    frame["satisfaction"] = np.nan
    return frame


def make_spells(*rows: tuple[str, int, int, bool]) -> pd.DataFrame:
    """Spells from (id, order number, days, closed)."""
    return pd.DataFrame(rows, columns=["customer_id", "order_number", "duration_days", "is_closed"])


def make_company(seed: int, buyers: int, prospects: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers and spells of a seeded company whose parts agree with each other."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, int, float, int, int]] = []
    spells: list[tuple[str, int, int, bool]] = []
    for number in range(buyers):
        orders = int(rng.geometric(0.35))
        gaps = rng.integers(1, 200, size=orders - 1)
        silent = int(rng.integers(0, 400))
        rows.append((f"b{number:03d}", orders, round(float(rng.lognormal(4, 1)), 2), silent, silent + int(gaps.sum())))
        spells += [(f"b{number:03d}", i + 1, int(gap), True) for i, gap in enumerate(gaps)]
        spells.append((f"b{number:03d}", orders, silent, False))
    rows += [(f"p{number:03d}", 0, 0.0, 0, 0) for number in range(prospects)]
    customers = make_customers(*rows)
    customers["count_interactions"] = rng.poisson(2, len(customers))
    return customers, make_spells(*spells)
