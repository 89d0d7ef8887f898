"""Contacts and satisfaction of customers as they were known on each of several days, from one reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.contracts.ledger import SCALES
from analysis.history.orders import collect, merge_ids, survivors
from analysis.ledger.store import instant_after

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger


def read_activity(ledger: Ledger, days: Sequence[date]) -> pd.DataFrame:
    """What `build_customers` says of contacts and answers, split by the first of `days` that knew of it.

    Parameters
    ----------
    days : sequence of date
        Ascending, each inclusive and local.

    Returns
    -------
    DataFrame
        One row per customer (under the ids of the last day) and position of a day: `customer_id, known_from` (0: known by the
        end of the first day), `count_interactions, csat_sum, csat_count`. Sums over `known_from` up to a position are what
        that day knew.
    """
    into = survivors(ledger, days[-1])
    contacts = merge_ids(ledger.table("interactions", days[-1]), into)
    contacts = _place(contacts, "occurred_at", ledger, days)
    contacts = contacts.group_by(["customer_id", "known_from"]).aggregate(count_interactions=contacts.count())
    answers = merge_ids(ledger.table("surveys", days[-1]), into).filter(lambda t: t.question == "csat")
    answers = _place(answers, "answered_at", ledger, days)
    answers = answers.group_by(["customer_id", "known_from"]).aggregate(csat_sum=answers.score.sum(), csat_count=answers.score.count())
    key = ["customer_id", "known_from"]
    joined = collect(contacts).merge(collect(answers), on=key, how="outer", validate="one_to_one")
    return joined.fillna({"count_interactions": 0, "csat_sum": 0.0, "csat_count": 0}).sort_values(key).reset_index(drop=True)


def share_satisfied(csat_sum: pd.Series, csat_count: pd.Series) -> pd.Series:
    """Mean csat answer, 0 worst to 1 best; missing without an answer."""
    low, high = SCALES["csat"]
    return (csat_sum / csat_count.where(csat_count > 0) - low) / (high - low)


def _place(rows: ir.Table, column: str, ledger: Ledger, days: Sequence[date]) -> ir.Table:
    rows = rows.filter(rows.customer_id.notnull())
    later = sum((rows[column] >= instant_after(day, ledger.zone)).ifelse(1, 0) for day in days)
    return rows.mutate(known_from=later.fill_null(0).cast("int64"))
