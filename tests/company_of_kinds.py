"""Buyers of three plain kinds, for tests of clusters and trees: frequent, bulk (and long silent), discounted."""

from __future__ import annotations

import numpy as np
import pandas as pd

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def make_kinds(each: int = 60, seed: int = 1, prospects: int = 2) -> Tables:
    """Customers, spells and baskets as of one day, `each` of a kind; ids begin with the kind's letter (f, b, d; p for prospects)."""
    rng = np.random.default_rng(seed)
    rows, spells, baskets = [], [], []
    for kind, orders, gap, silent, spend, units, lines, discounted in (
        ("f", (20, 30), 25, (1, 15), 3.0, 0.7, 0.3, 0.05),
        ("b", (5, 8), 80, (350, 450), 6.0, 3.5, 1.5, 0.1),
        ("d", (5, 8), 80, (1, 60), 3.0, 0.7, 0.3, 0.9),
    ):
        for number in range(each):
            name, count, quiet = f"{kind}{number:04d}", int(rng.integers(*orders)), int(rng.integers(*silent))
            gaps, amounts = rng.integers(gap // 2, 2 * gap, size=count - 1), rng.lognormal(spend, 0.3, size=count)
            rows.append((name, count, quiet, quiet + int(gaps.sum()), int(gaps.sum()), amounts.mean(), int(rng.integers(1, 5))))
            ends = [*zip(gaps, [True] * (count - 1), strict=True), (quiet, False)]
            spells += [(name, i + 1, days, closed, amounts[i]) for i, (days, closed) in enumerate(ends)]
            means = rng.normal((units, lines), 0.15)
            baskets.append((name, count, rng.binomial(count, discounted), count, means[0], 0.1 * count, means[1], 0.1 * count))
    days = ["days_since_last_order", "days_as_customer", "days_first_to_last_order"]
    frame = pd.DataFrame(rows, columns=["customer_id", "count_order_days", *days, "spend_mean", "count_products"])
    nobody = pd.DataFrame({"customer_id": [f"p{i}" for i in range(prospects)], "count_order_days": 0, "count_products": 0})
    frame = pd.concat([frame, nobody], ignore_index=True)
    frame["spend_total"] = (frame["spend_mean"] * frame["count_order_days"]).fillna(0.0)
    frame = frame.astype(dict.fromkeys(days, "Int64")).assign(count_interactions=0, satisfaction=np.nan)
    names = ["customer_id", "count_sales", "count_discounted", "units_count", "units_mean", "units_squares", "lines_mean", "lines_squares"]
    columns = ["customer_id", "order_number", "duration_days", "is_closed", "amount"]
    return frame, pd.DataFrame(spells, columns=columns), pd.DataFrame(baskets, columns=names)
