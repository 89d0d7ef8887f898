"""The one set of facts that all classes are made from."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments import maps, tiers
from analysis.segments.base import Cutoffs
from analysis.segments.tiers import DAYS_OF_YEAR


def gather(
    customers: pd.DataFrame,
    traits: pd.DataFrame,
    margins: pd.DataFrame | None,
    as_of: date,
    params: Params,
    segments: pd.DataFrame | None = None,
    held: Cutoffs | None = None,
) -> pd.DataFrame:
    """Join what is known of every customer.

    Parameters
    ----------
    customers, traits : DataFrame
        `history.build_customers` and `history.traits.build_traits` as of `as_of`.
    margins : DataFrame or None
        `history.margins.build_margins`; None where no costs are known.
    as_of : date
        The day that they were made for, inclusive.
    segments : DataFrame, optional
        The month's segments; cut-offs are fitted without them.
    held : Cutoffs, optional
        Cut-offs of RFM as of the base month: with them, `rfm_klaviyo` and `rfm_eight` (see `segments.maps.assign`) are joined too.

    Returns
    -------
    DataFrame
        One row a customer of `customers`, sorted by `customer_id`, with the columns of all of these and:

        - `profit_per_year` (currency; margin of all spend at the rate of the part with known costs; missing where costs of less
          than `classes.cost_coverage` of the spend are known, or without an order) and `is_cost_known`;
        - `profit_total`: the same since the first order;
        - `repeat_days_per_year`: order days after the first, by the time since it; missing for less than `lifecycle.new_days`;
        - `is_young`: the first order lies within these days;
        - `joined`: the day of joining, else of the first order; `age_years` on `as_of`.
    """
    frame = customers.sort_values("customer_id", kind="stable").reset_index(drop=True)
    frame = frame.merge(traits, on="customer_id", how="left", validate="one_to_one")
    if segments is not None:
        frame = frame.merge(segments, on="customer_id", how="left", validate="one_to_one")
    if held is not None:
        found = {f"rfm_{name}": maps.assign(name, frame, held, params) for name in (maps.KLAVIYO, maps.EIGHT)}
        frame = frame.assign(**found)
    days = frame["days_as_customer"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    orders = frame["count_order_days"].to_numpy(dtype=float)
    is_young = days < params.lifecycle.new_days
    pace = np.divide(orders - 1, days / DAYS_OF_YEAR, out=np.full(len(frame), np.nan), where=days > 0)
    born = pd.to_datetime(frame["birth_date"])
    return frame.assign(
        **_profit(frame, margins, params),
        repeat_days_per_year=np.where(is_young, np.nan, np.round(pace, 9)),
        is_young=is_young,
        joined=pd.to_datetime(frame["joined_on"]).fillna(pd.to_datetime(frame["first_order_on"])),
        age_years=np.floor((pd.Timestamp(as_of) - born).dt.days / DAYS_OF_YEAR),
    )


def measure(facts: pd.DataFrame, name: str) -> pd.Series:
    """A measure that is cut into bands, by the name that `Band` gives it; missing where it is not known."""
    if name == "spend_total_per_year":
        return tiers.measure(facts, "amount")
    return facts[name].astype("Float64").astype("float64")


def _profit(frame: pd.DataFrame, margins: pd.DataFrame | None, params: Params) -> dict[str, np.ndarray]:
    if margins is None:
        nothing = np.full(len(frame), np.nan)
        return {"profit_per_year": nothing, "profit_total": nothing, "is_cost_known": np.zeros(len(frame), dtype=bool)}
    known = frame[["customer_id"]].merge(margins, on="customer_id", how="left", validate="one_to_one")
    spend = frame["spend_total"].to_numpy(dtype=float)
    revenue = known["revenue"].fillna(0.0).to_numpy(dtype=float)
    rate = np.divide(revenue - known["cost"].to_numpy(dtype=float), revenue, out=np.full(len(frame), np.nan), where=revenue > 0)
    is_known = (revenue > 0) & (revenue >= params.classes.cost_coverage * spend) & ~np.isnan(rate)
    profits = {"profit_per_year": tiers.measure(frame, "amount").to_numpy() * rate, "profit_total": spend * rate}
    # rounded, so that the last bit of a float decides nothing
    return {**{name: np.where(is_known, np.round(value, 6), np.nan) for name, value in profits.items()}, "is_cost_known": is_known}
