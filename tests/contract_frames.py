"""Contracts from short rows, and a made company of contracts, for tests."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.history.contracts import COLUMNS


def make_contracts(*rows: tuple, **columns: list) -> pd.DataFrame:
    """Contracts from (tenure months, ended) or (tenure months, ended, entry months); `columns` by name for all rows."""
    frame = pd.DataFrame([(*row, 0.0)[:3] for row in rows], columns=["tenure_months", "is_ended", "entry_months"])
    frame = frame.astype({"tenure_months": float, "is_ended": bool, "entry_months": float})
    ids = [f"k{number:04d}" for number in range(len(frame))]
    known = {"contract_id": ids, "customer_id": [f"c{name[1:]}" for name in ids], "monthly_fee": 10.0}
    frame = frame.assign(started_on=pd.NaT, ended_on=pd.NaT, **known).assign(**columns)
    return frame.reindex(columns=list(COLUMNS)).astype({"started_on": "datetime64[ns]", "ended_on": "datetime64[ns]"})


def draw_company(seed: int, count: int = 400, founded: date = date(2015, 1, 1), log_begins: date = date(2018, 1, 1)) -> pd.DataFrame:
    """The contracts table of a company that is older than its log: contracts that ended before it are not on record.

    Contracts begin evenly over six years and last exponentially long with a mean of 20 months (plan basic) or 40 (plus).
    One row per contract: `contract_id`, `customer_id`, `started_on`, `ended_on` (None while running by 2020-12-31), `ended`,
    `monthly_fee`, `plan`, `end_reason`.
    """
    rng = np.random.default_rng(seed)
    last = date(2020, 12, 31)
    rows = []
    for number in range(count):
        start = founded + timedelta(days=int(rng.integers(0, (last - founded).days - 30)))
        plan = "plus" if rng.random() < 0.5 else "basic"
        end = start + timedelta(days=1 + int(rng.exponential(30.44 * (40 if plan == "plus" else 20))))
        if end < log_begins:
            continue
        reason = "price" if rng.random() < 0.7 else "moved"
        gone = end <= last
        fee = 20.0 if plan == "plus" else 10.0
        rows.append((f"k{number:04d}", f"c{number:04d}", start, end if gone else None, gone, fee, plan, reason if gone else None))
    columns = ["contract_id", "customer_id", "started_on", "ended_on", "ended", "monthly_fee", "plan", "end_reason"]
    return pd.DataFrame(rows, columns=columns)
