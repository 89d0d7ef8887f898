"""The company's months."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.history.orders import collect, movements, order_days
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def monthly(ledger: Ledger, as_of: date, months: int = 24) -> pd.DataFrame:
    """Each month's orders, by what was known by the end of `as_of` (inclusive): a later cancellation lowers its order's month.

    One row per month from the first with an order (at most `months` of them) to the month of `as_of`, months without
    an order included: `month` (YYYY-MM), `revenue` (net amount of known customers' order days), `revenue_anonymous`
    (net amount of sales without a customer; not in `revenue`), `count_orders` (order days), `count_buyers` (customers
    with an order day), `count_new_buyers` (those whose first order day falls into the month).
    """
    rows = movements(ledger, as_of)
    days = order_days(ledger, as_of)
    days = days.mutate(month=days.ordered_on.strftime("%Y-%m"))
    first = days.group_by("customer_id").aggregate(month=days.month.min())
    nameless = rows.filter(rows.customer_id.isnull()).mutate(month=lambda t: t.ordered_on.strftime("%Y-%m"))
    parts = (
        days.group_by("month").aggregate(revenue=days.amount.sum(), count_orders=days.count(), count_buyers=days.customer_id.nunique()),
        nameless.group_by("month").aggregate(revenue_anonymous=nameless.amount.sum()),
        first.group_by("month").aggregate(count_new_buyers=first.count()),
    )
    frame = pd.concat([collect(part).set_index("month") for part in parts], axis=1)
    last = Period.of(as_of)
    begin = max(Period.parse(min(frame.index, default=str(last))), last.shift(1 - months))
    frame = frame.reindex([str(month) for month in begin.to(last)]).rename_axis("month")
    counts = ["count_orders", "count_buyers", "count_new_buyers"]
    frame = frame[["revenue", "revenue_anonymous", *counts]].astype("float64").fillna(0.0).astype(dict.fromkeys(counts, "int64"))
    return frame.reset_index()


def by_origin(months: pd.DataFrame) -> pd.DataFrame:
    """Buyers of each month of `monthly`, told apart by whether their first order fell into it.

    One row per month and origin: `month`, `origin` (``known_before``, ``first_order``), `count_buyers`.
    """
    known = months.assign(origin="known_before", count_buyers=months["count_buyers"] - months["count_new_buyers"])
    fresh = months.assign(origin="first_order", count_buyers=months["count_new_buyers"])
    return pd.concat([known, fresh], ignore_index=True)[["month", "origin", "count_buyers"]]
