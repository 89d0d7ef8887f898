"""What customers put into an order, with enough of its spread to say how far few orders can be trusted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.history.orders import collect, merge_ids, survivors

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

COLUMNS = ("customer_id", "count_sales", "count_discounted", "units_count", "units_mean", "units_squares", "lines_mean", "lines_squares")
DIGITS = 3
"""Logarithms are rounded to as many, and summed as whole numbers: the order in which an engine adds changes nothing."""


def build_baskets(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """How many units and lines each customer puts into an order, and how often at a discount, as known by the end of `as_of` (inclusive).

    Cancelled orders count too: they show how people buy. Merges known by then are applied.

    Returns
    -------
    DataFrame
        One row per customer with a sale, sorted by `customer_id`: `count_sales` (orders), `count_discounted` (with a discount on any
        line; missing where the source knows no discounts), `units_count` (orders whose units are known and not zero), `units_mean` and
        `lines_mean` (mean natural logarithm of units and of lines an order), `units_squares` and `lines_squares` (sums of squares
        around these means, over orders).
    """
    lines = ledger.table("order_lines", as_of)
    sales = lines.filter((lines.line_kind == "sale") & lines.customer_id.notnull())
    sales = merge_ids(sales.select("customer_id", "order_id", "discount", "quantity"), survivors(ledger, as_of))
    orders = sales.group_by(["customer_id", "order_id"]).aggregate(
        discount=sales.discount.max(), units=sales.quantity.sum(), lines=sales.count()
    )
    orders = orders.mutate(units_log=_log(orders.units), lines_log=_log(orders.lines))
    totals = orders.group_by("customer_id").aggregate(
        count_sales=orders.count(),
        count_discounted=(orders.discount > 0).fill_null(False).sum(),
        units_count=orders.units_log.count(),
        **{f"{name}_sum": orders[f"{name}_log"].sum() for name in ("units", "lines")},
        **{f"{name}_power": (orders[f"{name}_log"] * orders[f"{name}_log"]).sum() for name in ("units", "lines")},
    )
    frame = collect(totals).sort_values("customer_id", kind="stable", ignore_index=True)
    if not ledger.has("order_lines", "discount"):
        frame["count_discounted"] = np.nan
    for name, count in (("units", frame["units_count"]), ("lines", frame["count_sales"])):
        total, power = (frame[f"{name}_{kind}"].to_numpy(dtype=np.float64, na_value=0.0) for kind in ("sum", "power"))
        known = count.to_numpy(dtype=np.float64)
        mean = np.divide(total, known, out=np.full(len(frame), np.nan), where=known > 0)
        frame[f"{name}_mean"] = mean / 10**DIGITS
        frame[f"{name}_squares"] = np.maximum(power - np.nan_to_num(mean) * total, 0.0) / 100**DIGITS
    return frame[list(COLUMNS)]


def _log(amount: ir.NumericValue) -> ir.IntegerValue:
    return (amount.cast("float64").abs().nullif(0.0).ln() * 10**DIGITS).round().cast("int64")
