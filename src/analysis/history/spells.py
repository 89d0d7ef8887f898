"""The time from one order to the next."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from analysis.history.orders import collect, order_days

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def build_spells(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """Spells of all customers with an order by `as_of` (inclusive), sorted by customer and number.

    One row per order day: `customer_id`, `order_number` (1: the spell that starts at the first order), `started_on`,
    `ended_on` (the next order day; NaT while open), `amount` (of the order day that starts it, currency),
    `duration_days` (to `ended_on`, or to `as_of` while open: a right-censored duration, 0 for an order on `as_of`
    itself), `is_closed`. Every customer has exactly one open spell.
    """
    days = order_days(ledger, as_of)
    by_day = ibis.window(group_by=days.customer_id, order_by=days.ordered_on)
    spells = days.select(
        days.customer_id,
        order_number=(ibis.row_number().over(by_day) + 1).cast("int64"),
        started_on=days.ordered_on,
        ended_on=days.ordered_on.lead().over(by_day),
        amount=days.amount,
    )
    frame = collect(spells.order_by(["customer_id", "order_number"]))
    end = frame["ended_on"].fillna(pd.Timestamp(as_of))
    return frame.assign(duration_days=(end - frame["started_on"]).dt.days.astype("int64"), is_closed=frame["ended_on"].notna())
