"""What customers ordered, netted by what was known on a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger


def survivors(ledger: Ledger, as_of: date) -> dict[str, str]:
    """Map merged customer ids to the id that stands for them, by the merges known by `as_of` (inclusive).

    Chains are followed to their end: a into b into c makes both a and b stand under c. Of a circle, which no cleaning
    should write, every member stands under its smallest id.
    """
    return survivors_by_date(ledger, [as_of])[as_of]


def survivors_by_date(ledger: Ledger, dates: Sequence[date]) -> dict[date, dict[str, str]]:
    """`survivors` of several dates."""
    return {day: _follow({own: into for own, into, known_on in ledger.merges if known_on <= day}) for day in dates}


def _follow(into: dict[str, str]) -> dict[str, str]:
    ends: dict[str, str] = {}
    for start in into:
        path, current = [start], into[start]
        while current in into and current not in path:
            path.append(current)
            current = into[current]
        ends[start] = min(path[path.index(current) :]) if current in path else current
    return {start: end for start, end in ends.items() if start != end}


def merge_ids(rows: ir.Table, into: dict[str, str], column: str = "customer_id") -> ir.Table:
    """`rows` with merged ids replaced by the ones that stand for them; `into` as from `survivors`."""
    if not into:
        return rows
    schema = ibis.schema({"_from": "string", "_into": "string"})
    pairs = ibis.memtable(pa.table({"_from": list(into), "_into": list(into.values())}), schema=schema)
    joined = rows.left_join(pairs, rows[column] == pairs["_from"])
    return joined.mutate(**{column: ibis.coalesce(joined["_into"], joined[column])}).drop("_from", "_into")


def movements(ledger: Ledger, as_of: date, into: dict[str, str] | None = None) -> ir.Table:
    """Order lines and the lines that cancel earlier ones, each under the order that it changes.

    One row per kept line known by `as_of` (inclusive): `customer_id` (null: anonymous), `order_id`, `ordered_on` (local
    date of the order; of the cancelled order for a cancellation), `known_on`, `ordered_at` (UTC), `product_id`,
    `channel`, `country`, `amount` (negative for a cancellation). A cancellation whose order was not found changes no
    order and is left out; the ledger's facts count it.

    Parameters
    ----------
    into : dict, optional
        Merged ids, as from `survivors`; those known by `as_of` by default. A back-test passes the ones of its
        earlier date, so that ids of forecasts and of outcomes are the same.
    """
    lines = ledger.table("order_lines", as_of)
    cancels = lines.line_kind == "cancellation"
    rows = lines.filter(~cancels | lines.cancels_ordered_on.notnull()).mutate(
        order_id=cancels.ifelse(lines.cancels_order_id, lines.order_id),
        known_on=lines.ordered_on,
        ordered_on=cancels.ifelse(lines.cancels_ordered_on, lines.ordered_on),
    )
    rows = rows.select("customer_id", "order_id", "ordered_on", "known_on", "ordered_at", "product_id", "channel", "country", "amount")
    return merge_ids(rows, survivors(ledger, as_of) if into is None else into)


def order_days(ledger: Ledger, as_of: date, keep_free: bool = False, into: dict[str, str] | None = None) -> ir.Table:
    """Days on which a known customer ordered, by what was known by the end of `as_of` (inclusive).

    One row per customer and day whose orders of that day, less what was cancelled of them since, have a positive
    amount: `customer_id`, `ordered_on` (local date), `amount` (DECIMAL). Merges known by `as_of` are applied. Every
    count of orders in the project counts these days.

    Parameters
    ----------
    keep_free : bool
        Keep days whose net amount is zero although nothing was cancelled, as the literature does with CDNOW.
    into : dict, optional
        See `movements`.
    """
    rows = movements(ledger, as_of, into).filter(lambda t: t.customer_id.notnull())
    days = rows.group_by(["customer_id", "ordered_on"]).aggregate(amount=rows.amount.sum(), lowest=rows.amount.min())
    counts = days.amount > 0
    return days.filter(counts | ((days.amount == 0) & (days.lowest >= 0)) if keep_free else counts).drop("lowest")


def total_days(days: ir.Table) -> ir.Table:
    """One row per customer of `days` (see `order_days`).

    Columns: `first_order_on`, `last_order_on`, `count_order_days`, `spend_total`, `first_spend` (amount of the first day).
    """
    return days.group_by("customer_id").aggregate(
        first_order_on=days.ordered_on.min(),
        last_order_on=days.ordered_on.max(),
        count_order_days=days.count(),
        spend_total=days.amount.sum(),
        first_spend=days.amount.argmin(days.ordered_on),
    )


def collect(rows: ir.Table) -> pd.DataFrame:
    """Rows as a frame: dates and times as datetime64[ns], money as float (it was summed exactly before)."""
    money = {name: rows[name].cast("float64") for name, kind in rows.schema().items() if kind.is_decimal()}
    frame = (rows.mutate(**money) if money else rows).to_pyarrow().to_pandas(date_as_object=False)
    stamps = {name: "datetime64[ns]" for name in frame.columns if pd.api.types.is_datetime64_dtype(frame[name])}
    return frame.astype(stamps) if stamps else frame
