"""What customers' voices, needs and contacts say shortly before a date, against the time before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.contracts.ledger import SCALES
from analysis.history.orders import collect, survivors_by_date
from analysis.ledger.store import instant_after

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

RECENT_DAYS = 90
BASELINE_DAYS = 365


def build_signals(ledger: Ledger, as_of: date, recent_days: int = RECENT_DAYS, baseline_days: int = BASELINE_DAYS) -> pd.DataFrame | None:
    """Early signs by customer at the end of `as_of`; see `replay_signals`, without its column `as_of`."""
    found = replay_signals(ledger, [as_of], recent_days, baseline_days)
    return None if found is None else found.drop(columns="as_of")


def replay_signals(
    ledger: Ledger, dates: Sequence[date], recent_days: int = RECENT_DAYS, baseline_days: int = BASELINE_DAYS
) -> pd.DataFrame | None:
    """Early signs by date and customer, each by what was known then; None where the source has none of the tables.

    The recent window is the `recent_days` days that end with the date (inclusive), the baseline the `baseline_days`
    before it. One query a table serves all dates.

    Returns
    -------
    DataFrame
        One row per date and customer with any row in either window, sorted: `as_of`, `customer_id` (by the merges known
        then), and the columns that the source has tables for: `has_complaint` (one received in the recent window);
        `satisfaction_change` (mean csat answer, 0 worst to 1 best, recent less baseline; NaN without answers in both);
        `has_overdue_need` (one that fell due in the recent window, the date itself not among it, and was not met by
        then); `contact_change` (contacts a day against the baseline's, -1 none to +inf; NaN without a baseline) and
        `contact_chance` (how likely so few of all contacts would be recent at an unchanged pace: the binomial chance of
        that many or fewer). Contacts are the customer's own doing: what the company sends counts only when answered.
    """
    window = _windows(ledger, dates, recent_days, baseline_days)
    parts = []
    if ledger.has("feedback"):
        rows = ledger.table("feedback", max(dates))
        parts.append(
            _count(_within(rows.filter(rows.kind == "complaint"), window, "received_at", "recent"), complaints=lambda t: t.count())
        )
    if ledger.has("surveys"):
        rows = ledger.table("surveys", max(dates))
        seen = _within(rows.filter(rows.question == "csat"), window, "answered_at", "start")
        # whole points sum exactly in any order, their rescaled shares would not
        parts.append(
            _count(
                seen,
                sum_recent=lambda t: (t.answered_at >= t.recent).ifelse(t.score, 0.0).sum(),
                count_recent=lambda t: (t.answered_at >= t.recent).sum(),
                sum_all=lambda t: t.score.sum(),
                count_all=lambda t: t.count(),
            )
        )
    if ledger.has("needs"):
        rows = ledger.table("needs", max(dates))
        seen = _within(rows, window, "raised_at", None)
        is_due = (seen.due_on < seen.as_of) & (seen.due_on > seen.recent_on)
        parts.append(_count(seen.filter(is_due & (seen.met_at.isnull() | (seen.met_at >= seen.now))), overdue=lambda t: t.count()))
    if ledger.has("interactions"):
        rows = ledger.table("interactions", max(dates))
        own = ibis.coalesce(rows.direction != "outbound", True) | ibis.coalesce(rows.replied, False)
        seen = _within(rows.filter(own), window, "occurred_at", "start")
        parts.append(_count(seen, contacts_recent=lambda t: (t.occurred_at >= t.recent).sum(), contacts=lambda t: t.count()))
    if not parts:
        return None
    into = survivors_by_date(ledger, dates)
    counts = pd.concat([_merge(part, into) for part in parts], ignore_index=True)
    totals = counts.groupby(["as_of", "customer_id"], as_index=False).sum()
    return _tell(totals, [c for part in parts for c in part], recent_days, baseline_days)


def _windows(ledger: Ledger, dates: Sequence[date], recent_days: int, baseline_days: int) -> ir.Table:
    """One row per date: its instants, and the day before the recent window."""

    def instants(back: int) -> list[pd.Timestamp]:
        return [pd.Timestamp(instant_after(day - timedelta(days=back), ledger.zone)) for day in dates]

    table = pa.table(
        {
            "as_of": pa.array(list(dates), pa.date32()),
            "recent_on": pa.array([day - timedelta(days=recent_days) for day in dates], pa.date32()),
            "now": pa.array(instants(0), pa.timestamp("us")),
            "recent": pa.array(instants(recent_days), pa.timestamp("us")),
            "start": pa.array(instants(recent_days + baseline_days), pa.timestamp("us")),
        }
    )
    return ibis.memtable(table)


def _within(rows: ir.Table, window: ir.Table, moment: str, since: str | None) -> ir.Table:
    """Rows beside each date by whose end they had happened, not before its `since`."""
    conditions = [rows[moment] < window.now]
    if since is not None:
        conditions.append(rows[moment] >= window[since])
    return rows.inner_join(window, conditions)


def _count(rows: ir.Table, **measures: object) -> pd.DataFrame:
    return collect(rows.group_by(["as_of", "customer_id"]).aggregate(**measures))


def _merge(counts: pd.DataFrame, survivors: dict[date, dict[str, str]]) -> pd.DataFrame:
    """Counts under the ids that stood for their customers on each date."""
    counts = counts.assign(as_of=pd.to_datetime(counts["as_of"]).astype("datetime64[ns]"))
    for day, into in survivors.items():
        here = (counts["as_of"] == pd.Timestamp(day)) & counts["customer_id"].isin(list(into))
        if here.any():
            counts.loc[here, "customer_id"] = counts.loc[here, "customer_id"].map(into)
    return counts


def _tell(totals: pd.DataFrame, columns: list[str], recent_days: int, baseline_days: int) -> pd.DataFrame:
    """Signs from the counts of a customer on a date; a sum over no rows is 0."""
    frame = totals[["as_of", "customer_id"]].copy()
    if "complaints" in columns:
        frame["has_complaint"] = totals["complaints"] > 0
    if "count_all" in columns:
        low, high = SCALES["csat"]
        before = totals["count_all"] - totals["count_recent"]
        recent = totals["sum_recent"] / totals["count_recent"].where(totals["count_recent"] > 0)
        earlier = (totals["sum_all"] - totals["sum_recent"]) / before.where(before > 0)
        frame["satisfaction_change"] = (recent - earlier) / (high - low)
    if "overdue" in columns:
        frame["has_overdue_need"] = totals["overdue"] > 0
    if "contacts" in columns:
        from scipy.stats import binom

        every, recent = totals["contacts"], totals["contacts_recent"]
        rate = (every - recent) / baseline_days
        frame["contact_change"] = recent / recent_days / rate.where(rate > 0) - 1
        chance = binom.cdf(recent.to_numpy(), every.to_numpy(), recent_days / (recent_days + baseline_days))
        frame["contact_chance"] = np.where(every > 0, chance, np.nan)
    return frame
