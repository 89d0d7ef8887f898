"""A whole source of nine customers in the first months of 2020, for tests of what holds a month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from clean_ledger import order_lines, write_clean

LEDGER_TOML = """
title = "Shop"
currency = "GBP"
zone = "Europe/London"
home_country = "United Kingdom"
[params.rfm]
min_buyers = 3
[params.churn]
min_completed_gaps = 3
[tables.order_lines]
file = "raw/lines.csv"
"""
ORDERS = {
    "a": ["2020-01-05", "2020-01-20", "2020-02-10", "2020-03-20"],
    "b": ["2020-01-07", "2020-02-20"],
    "c": ["2020-01-09"],
    "d": ["2020-01-11", "2020-01-15", "2020-03-31"],
    "e": ["2020-02-02", "2020-03-02"],
    "f": ["2020-02-14"],
    "g": ["2020-03-05"],
    "h": ["2020-03-31"],
    "i": ["2020-04-01"],
}
"""The last of them first orders in April; a prospect, p, never does."""


def write_source(root: Path, name: str = "shop", **facts: Any) -> Path:
    """``data/<name>`` below `root` with its ledger.toml and a clean ledger until 2020-04-30."""
    folder = root / "data" / name
    lines = order_lines(*[(who, day, 10 * number + len(days)) for number, (who, days) in enumerate(ORDERS.items(), 1) for day in days])
    customers = pd.DataFrame({"customer_id": [*ORDERS, "p"], "joined_on": "2020-01-01", "country": "United Kingdom"})
    write_clean(folder / "clean", {"order_lines": lines, "customers": customers}, covered_until="2020-04-30", **facts)
    (folder / "ledger.toml").write_text(LEDGER_TOML, encoding="utf-8")
    return folder
