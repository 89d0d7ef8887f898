"""What customers owe, as known on a date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.history.orders import collect, merge_ids, survivors

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def build_balances(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """Balance of every customer with an invoice or a receipt by the end of `as_of` (inclusive); None without invoices.

    Returns
    -------
    DataFrame
        One row per customer, sorted by `customer_id`: `balance` (currency: invoices less receipts, of all books; negative where
        more was paid than invoiced). Merges known by then are applied.
    """
    if not ledger.has("invoices"):
        return None
    into = survivors(ledger, as_of)
    invoices, payments = ledger.table("invoices", as_of), ledger.table("payments", as_of)
    rows = invoices.select("customer_id", "amount").union(payments.select("customer_id", amount=-payments.amount))
    rows = merge_ids(rows, into)
    return collect(rows.group_by("customer_id").aggregate(balance=rows.amount.sum()).order_by("customer_id"))
