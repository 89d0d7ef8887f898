"""What kind of goods each customer buys most, as known on a date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from analysis.history.orders import collect, merge_ids, survivors

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def find_main_categories(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """The category of most of each customer's ordered amount by the end of `as_of` (inclusive); None without categories.

    Returns
    -------
    DataFrame
        One row per customer with an order line of a known category, sorted by `customer_id`: `main_category` (of the line,
        else of its product; of several the first by name). Cancelled lines count: they show what a customer looks for.
        Merges known by then are applied.
    """
    if not (ledger.has("order_lines", "category") or ledger.has("products", "category")):
        return None
    lines = ledger.table("order_lines", as_of)
    lines = lines.filter((lines.line_kind == "sale") & lines.customer_id.notnull())
    lines = lines.select("customer_id", "product_id", "amount", own_category="category")
    products = ledger.table("products", as_of).select("product_id", "category")
    known = lines.left_join(products, "product_id").mutate(category=lambda t: ibis.coalesce(t.own_category, t.category))
    rows = merge_ids(known.filter(known.category.notnull()).select("customer_id", "category", "amount"), survivors(ledger, as_of))
    sums = rows.group_by(["customer_id", "category"]).aggregate(amount=rows.amount.sum())
    place = ibis.row_number().over(group_by=sums.customer_id, order_by=[sums.amount.desc(), sums.category])
    first = sums.mutate(place=place).filter(lambda t: t.place == 0)
    return collect(first.select("customer_id", main_category="category").order_by("customer_id"))


def find_complaining(ledger: Ledger, as_of: date, after: date) -> pd.Series | None:
    """Ids of the customers who complained after `after` (exclusive) until `as_of` (inclusive), sorted; None without feedback."""
    if not ledger.has("feedback"):
        return None
    from analysis.ledger.store import instant_after

    rows = merge_ids(ledger.table("feedback", as_of), survivors(ledger, as_of))
    rows = rows.filter((rows.kind == "complaint") & (rows.received_at >= instant_after(after, ledger.zone)))
    return collect(rows.select("customer_id").distinct().order_by("customer_id"))["customer_id"]
