"""What customers' goods cost, where the source knows it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from analysis.history.orders import collect, merge_ids, survivors

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def build_margins(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """Revenue with a known cost, and that cost, by customer; None where the source gives no unit cost.

    A line's cost is its quantity times the unit cost of the line, else of its product. Sales, and the cancellations of
    them that are known by `as_of` (inclusive); lines without a quantity or cost are in neither sum.

    Returns
    -------
    DataFrame
        One row per known customer with such a line, sorted by `customer_id`: `revenue`, `cost` (currency).
    """
    by_line, by_product = ledger.has("order_lines", "quantity", "unit_cost"), ledger.has("products", "unit_cost")
    if not by_line and not (by_product and ledger.has("order_lines", "quantity", "product_id")):
        return None
    lines = ledger.table("order_lines", as_of)
    lines = lines.filter(lines.customer_id.notnull() & ((lines.line_kind == "sale") | lines.cancels_ordered_on.notnull()))
    products = ledger.table("products", as_of).select("product_id", product_cost="unit_cost")
    lines = lines.left_join(products, "product_id")
    unit_cost = ibis.coalesce(lines.unit_cost, lines.product_cost)
    lines = lines.mutate(cost=(lines.quantity.cast("decimal(18, 4)") * unit_cost).cast("decimal(18, 4)"))
    lines = merge_ids(lines.filter(lines.cost.notnull()).select("customer_id", "amount", "cost"), survivors(ledger, as_of))
    sums = lines.group_by("customer_id").aggregate(revenue=lines.amount.sum(), cost=lines.cost.sum())
    return collect(sums.order_by("customer_id"))
