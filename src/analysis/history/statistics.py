"""Sufficient statistics of customers' orders for models of buying till one dies."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
