"""What customers' voices and contacts say shortly before a date, against the time before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from analysis.contracts.ledger import SCALES
from analysis.history.orders import collect, merge_ids, survivors
from analysis.ledger.store import instant_after

if TYPE_CHECKING:
    from analysis.ledger import Ledger

RECENT_DAYS = 90
BASELINE_DAYS = 365


def build_signals(ledger: Ledger, as_of: date, recent_days: int = RECENT_DAYS, baseline_days: int = BASELINE_DAYS) -> pd.DataFrame | None:
    """Early signs by customer; None where the source has neither feedback nor surveys nor interactions.

    The recent window is the `recent_days` days that end with `as_of` (inclusive), the baseline the `baseline_days`
    before it.

    Returns
    -------
    DataFrame
        One row per customer with any row in either window, sorted by `customer_id`, with the columns that the source
        has tables for: `has_complaint` (one received in the recent window), `satisfaction_change` (mean csat answer,
        0 worst to 1 best, recent less baseline; NaN without answers in both), `contact_change` (contacts a day against
        the baseline's, -1 none to +inf; NaN without a baseline).
    """
    now, recent = instant_after(as_of, ledger.zone), instant_after(as_of - timedelta(days=recent_days), ledger.zone)
    start = instant_after(as_of - timedelta(days=recent_days + baseline_days), ledger.zone)
    into = survivors(ledger, as_of)
    parts = []
    if ledger.has("feedback"):
        rows = merge_ids(ledger.table("feedback", as_of), into)
        rows = rows.filter((rows.received_at >= recent) & (rows.received_at < now) & (rows.kind == "complaint"))
        parts.append(collect(rows.select("customer_id").distinct()).assign(has_complaint=True))
    if ledger.has("surveys"):
        rows = merge_ids(ledger.table("surveys", as_of), into)
        rows = rows.filter((rows.question == "csat") & (rows.answered_at >= start) & (rows.answered_at < now))
        is_recent = rows.answered_at >= recent
        low, high = SCALES["csat"]
        # whole points sum exactly in any order, their rescaled shares would not
        found = collect(
            rows.group_by("customer_id").aggregate(
                sum_recent=is_recent.ifelse(rows.score, 0.0).sum(),
                count_recent=is_recent.sum(),
                sum_all=rows.score.sum(),
                count_all=rows.count(),
            )
        )
        before = found["count_all"] - found["count_recent"]
        mean_recent = found["sum_recent"] / found["count_recent"].where(found["count_recent"] > 0)
        mean_before = (found["sum_all"] - found["sum_recent"]) / before.where(before > 0)
        parts.append(found[["customer_id"]].assign(satisfaction_change=(mean_recent - mean_before) / (high - low)))
    if ledger.has("interactions"):
        rows = merge_ids(ledger.table("interactions", as_of), into)
        rows = rows.filter((rows.occurred_at >= start) & (rows.occurred_at < now))
        found = collect(rows.group_by("customer_id").aggregate(recent=(rows.occurred_at >= recent).sum(), every=rows.count()))
        rate = (found["every"] - found["recent"]) / baseline_days
        parts.append(found[["customer_id"]].assign(contact_change=found["recent"] / recent_days / rate.where(rate > 0) - 1))
    if not parts:
        return None
    frame = parts[0]
    for part in parts[1:]:
        frame = frame.merge(part, on="customer_id", how="outer", validate="one_to_one")
    if "has_complaint" in frame:
        frame["has_complaint"] = frame["has_complaint"].notna()
    return frame.sort_values("customer_id", ignore_index=True)
