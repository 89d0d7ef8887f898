"""What customers did after a date, for grading what was forecast on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from analysis.history.orders import collect, order_days, survivors

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def outcomes(ledger: Ledger, as_of: date, horizon_days: int, index: pd.Index) -> pd.DataFrame:
    """Order days and spend of the `horizon_days` after `as_of` (that day exclusive, the last one inclusive).

    Netted by what was known at the end of the horizon. Customers carry the ids they had on `as_of`: a merge found
    later does not move an outcome to another forecast.

    Parameters
    ----------
    index : Index
        Customer ids, as of a forecast on `as_of`.

    Returns
    -------
    DataFrame
        One row per entry of `index`: `count_order_days` and `spend`, 0 for who did not order.
    """
    end = as_of + timedelta(days=horizon_days)
    days = order_days(ledger, end, into=survivors(ledger, as_of))
    after = days.filter((days.ordered_on > as_of) & (days.ordered_on <= end))
    seen = collect(after.group_by("customer_id").aggregate(count_order_days=after.count(), spend=after.amount.sum()))
    return seen.set_index("customer_id").astype("float64").reindex(index).fillna(0.0)
