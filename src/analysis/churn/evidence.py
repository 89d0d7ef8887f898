"""What customers said near their last order: complaints, bad ratings and bad answers, each put to a cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import pyarrow as pa

from analysis.contracts.ledger import SCALES
from analysis.history.orders import collect, merge_ids, survivors
from analysis.ledger.store import instant_after
from analysis.params import ChurnParams

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

OTHER = "other"
RATINGS = (1, 5)
"""Scale of a review's rating."""
WISH = "try_other"
"""A question whose low answer is no complaint: who will not try other products may be content with theirs."""


def read_exits(ledger: Ledger, as_of: date, causes: Mapping[str, str]) -> pd.DataFrame | None:
    """Stated reasons for leaving, known by `as_of` (inclusive); None where the source has none.

    Returns
    -------
    DataFrame
        One row per stated exit, by customer and day: `customer_id`, `left_on`, `reason` (as stated), `cause` (by `causes`, else ``other``),
        `is_backed` (a competitor is named, or a piece of evidence).
    """
    if not ledger.has("exits"):
        return None
    rows = merge_ids(ledger.table("exits", as_of), survivors(ledger, as_of))
    backed = [rows[name].notnull() for name in ("competitor", "evidence") if name in rows.columns]
    is_backed = ibis.or_(*backed) if backed else ibis.literal(False)
    frame = collect(rows.select("customer_id", "left_on", "reason", is_backed=is_backed))
    frame = frame.sort_values(["customer_id", "left_on", "reason"], kind="stable", ignore_index=True)
    return frame.assign(cause=name_causes(frame["reason"], causes))


def name_causes(levels: pd.Series, causes: Mapping[str, str]) -> pd.Series:
    """Cause of each stated reason, topic or touch point; ``other`` for a missing one and for one that is not mapped."""
    return levels.map(lambda level: causes.get(str(level), OTHER)).astype("object")


def find_evidence(ledger: Ledger, as_of: date, windows: pd.DataFrame, params: ChurnParams) -> pd.DataFrame:
    """The last complaint, bad rating or bad answer of each customer within a window of their own.

    Parameters
    ----------
    windows : DataFrame
        One row per customer: `customer_id`, `from_on`, `to_on` (days, both inclusive).
    params : ChurnParams
        `causes`, `low_answer`.

    Returns
    -------
    DataFrame
        One row per customer with any, sorted by `customer_id`: `customer_id`, `cause`. Complaints by their topic, reviews with a
        rating in the lowest part `low_answer` of the scale by topic, answers in that part of their question's scale by
        touch point. No row where the source has neither feedback nor surveys.
    """
    found = []
    into = survivors(ledger, as_of)
    if ledger.has("feedback"):
        rows = merge_ids(ledger.table("feedback", as_of), into)
        is_bad = rows.kind == "complaint"
        if "rating" in rows.columns:
            low, high = RATINGS
            is_bad = is_bad | (rows.rating <= low + params.low_answer * (high - low)).fill_null(False)
        found.append(_within(rows.filter(is_bad), "received_at", "topic", windows, ledger))
    if ledger.has("surveys"):
        rows = merge_ids(ledger.table("surveys", as_of), into)
        limits = {question: low + params.low_answer * (high - low) for question, (low, high) in SCALES.items() if question != WISH}
        limit = ibis.cases(*((rows.question == question, value) for question, value in limits.items()))
        found.append(_within(rows.filter(rows.score <= limit), "answered_at", "touch_point", windows, ledger))
    if not found:
        return pd.DataFrame({"customer_id": pd.Series(dtype="object"), "cause": pd.Series(dtype="object")})
    frame = pd.concat(found, ignore_index=True)
    frame["cause"] = name_causes(frame["level"], params.causes)
    frame = frame.sort_values(["customer_id", "at", "cause"], kind="stable").drop_duplicates("customer_id", keep="last")
    return frame[["customer_id", "cause"]].reset_index(drop=True)


def _within(rows: ir.Table, at: str, level: str, windows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Customer, instant and level of the last rows within each customer's window; several where they fall on one instant."""
    days = pd.to_datetime(pd.concat([windows["from_on"] - pd.Timedelta(days=1), windows["to_on"]]).drop_duplicates())
    instants = {day: pd.Timestamp(instant_after(day.date(), ledger.zone)) for day in days}
    bounds = pa.table(
        {
            "_customer": pa.array(windows["customer_id"].tolist(), pa.string()),
            "_from": pa.array((windows["from_on"] - pd.Timedelta(days=1)).map(instants).tolist(), pa.timestamp("us")),
            "_before": pa.array(windows["to_on"].map(instants).tolist(), pa.timestamp("us")),
        }
    )
    limits = ibis.memtable(bounds)
    named = rows.select("customer_id", at=rows[at], level=rows[level] if level in rows.columns else ibis.null("string"))
    joined = named.inner_join(limits, named.customer_id == limits["_customer"])
    joined = joined.filter((joined.at >= joined["_from"]) & (joined.at < joined["_before"]))
    ranked = joined.mutate(_rank=ibis.rank().over(ibis.window(group_by=joined.customer_id, order_by=ibis.desc(joined.at))))
    return collect(ranked.filter(ranked["_rank"] == 0).select("customer_id", "at", "level"))
