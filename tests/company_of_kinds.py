"""Buyers of three plain kinds, for tests of clusters and trees: frequent and recent, silent and rare, new."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tiny_company import make_spells


def make_kinds(each: int = 60, seed: int = 1, prospects: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers and spells as of one day, `each` of a kind; ids begin with the kind's letter (f, s, n; p for prospects)."""
    rng = np.random.default_rng(seed)
    rows = []
    for kind, orders, silent, age in (
        ("f", (20, 30), (1, 15), (600, 700)),
        ("s", (2, 4), (350, 450), (600, 700)),
        ("n", (1, 3), (5, 25), (30, 60)),
    ):
        for number in range(each):
            count, quiet, days = (int(rng.integers(*ends)) for ends in (orders, silent, age))
            rows.append((f"{kind}{number:04d}", count, quiet, days, float(rng.lognormal(3, 0.2)), int(rng.integers(1, 5))))
    columns = ["customer_id", "count_order_days", "days_since_last_order", "days_as_customer", "spend_mean", "count_products"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["days_first_to_last_order"] = (frame["days_as_customer"] - frame["days_since_last_order"]).where(frame["count_order_days"] > 1, 0)
    nobody = pd.DataFrame({"customer_id": [f"p{i}" for i in range(prospects)], "count_order_days": 0, "count_products": 0})
    frame = pd.concat([frame, nobody], ignore_index=True)
    frame["spend_total"] = (frame["spend_mean"] * frame["count_order_days"]).fillna(0.0)
    frame = frame.astype(dict.fromkeys(("days_since_last_order", "days_as_customer", "days_first_to_last_order"), "Int64"))
    return frame.assign(count_interactions=0, satisfaction=np.nan), make_spells()
