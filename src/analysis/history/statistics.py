"""Sufficient statistics of customers' orders for models of buying till one dies."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.history.orders import collect, order_days, total_days

if TYPE_CHECKING:
    from analysis.ledger import Ledger

WEEK_DAYS = 7.0
"""Models count in weeks, as the literature does; a week is exactly seven days, a month is never a number of weeks."""


def summarise(customers: pd.DataFrame) -> pd.DataFrame:
    """Statistics of every customer with at least one order day, indexed by `customer_id` in its order.

    Parameters
    ----------
    customers : DataFrame
        One row per customer, contract `customers` (see `build_customers`).

    Returns
    -------
    DataFrame
        `x` (order days after the first), `t_x` (weeks from the first to the last order day), `T` (weeks from the first
        order day to `as_of`), `m` (mean amount of the order days after the first; 0 where there is none), `mean` (mean
        amount of all order days). All floats.
    """
    buyers = customers[customers["count_order_days"] > 0].set_index("customer_id").sort_index()
    return pd.DataFrame(
        {
            "x": buyers["count_order_days"].astype("float64") - 1.0,
            "t_x": buyers["days_first_to_last_order"].astype("float64") / WEEK_DAYS,
            "T": buyers["days_as_customer"].astype("float64") / WEEK_DAYS,
            "m": np.where(buyers["count_order_days"] > 1, buyers["mean_repeat_spend"].astype("float64"), 0.0),
            "mean": buyers["spend_mean"].astype("float64"),
        },
        index=buyers.index,
    )


def read_statistics(ledger: Ledger, as_of: date, keep_free: bool = False) -> pd.DataFrame:
    """Return what `summarise(build_customers(ledger, as_of, keep_free))` returns, without reading what else customers are."""
    totals = collect(total_days(order_days(ledger, as_of, keep_free)))
    return summarise(date_customers(totals, as_of))


def date_customers(totals: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Totals of order days (see `total_days`) with their means and distances in days; missing for who has no order.

    Adds `spend_mean`, `mean_repeat_spend`, `days_since_last_order`, `days_first_to_last_order`, `days_as_customer`.
    """
    today = pd.Timestamp(as_of)
    first, last, days = totals["first_order_on"], totals["last_order_on"], totals["count_order_days"]
    return totals.assign(
        spend_mean=totals["spend_total"] / days.where(days > 0),
        mean_repeat_spend=((totals["spend_total"] - totals["first_spend"]) / (days - 1).where(days > 1)).fillna(0.0),
        days_since_last_order=(today - last).dt.days.astype("Int64"),
        days_first_to_last_order=(last - first).dt.days.astype("Int64"),
        days_as_customer=(today - first).dt.days.astype("Int64"),
    )
