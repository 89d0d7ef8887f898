"""Customer lifetime value: the discounted margin that a customer is expected to bring in the next months.

clv = sum over calendar months i = 1..clv_months of
      expected orders in month i x expected amount of an order x margin share / (1 + discount_rate) ** (i / 12)

The months are those of the calendar, with their own number of days; what comes in a month is counted at its end.
Refunds are in the amounts already (an order is a day with a positive net amount). Expected margins below zero count as
zero, so that no value is negative; the historic part keeps its losses.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.forecast.scorer import Scorer
from analysis.params import Params
from analysis.value.by_group import round_cents, sum_exactly
from analysis.value.margin import Margin
from analysis.value.survival_expectation import month_days


def discount_factors(months: int, discount_rate: float) -> np.ndarray:
    """Today's worth of one unit at the end of each of the next `months` months; `discount_rate` is a year's."""
    return (1.0 + discount_rate) ** (-np.arange(1, months + 1) / 12)


def discount_orders(cumulative: np.ndarray, discount_rate: float) -> np.ndarray:
    """Discounted expected orders.

    Parameters
    ----------
    cumulative : array, rows are customers and columns months
        Expected orders from today to the end of each month.
    discount_rate : float
        A year's.
    """
    monthly = np.diff(cumulative, axis=1, prepend=0.0)
    return monthly @ discount_factors(cumulative.shape[1], discount_rate)


def look_ahead(forecast: Scorer, as_of: date, params: Params) -> pd.DataFrame:
    """What `forecast`, made as of the end of `as_of`, expects of the next `clv_months`: what every value begins with.

    Returns
    -------
    DataFrame
        One row per customer, indexed by `customer_id`: `expected_orders` (of all months), `discounted_orders` (each by the
        month in which it comes), `expected_amount` (of an order, currency).
    """
    days = month_days(as_of, params.value.clv_months)
    cumulative = np.column_stack([forecast.predict(float(day))["expected_orders"].to_numpy() for day in days])
    cumulative = np.maximum.accumulate(cumulative, axis=1)
    columns = {
        "expected_orders": cumulative[:, -1],
        "discounted_orders": discount_orders(cumulative, params.value.discount_rate),
        "expected_amount": forecast.amount().to_numpy(),
    }
    return pd.DataFrame(columns, index=forecast.index.rename("customer_id"))


def expect_value(forecast: Scorer, margin: Margin, as_of: date, params: Params, ahead: pd.DataFrame | None = None) -> pd.DataFrame:
    """CLV of every customer of the forecast.

    Parameters
    ----------
    forecast : Scorer
        The champion, fitted as of `as_of`.
    margin : Margin
        From `find_margin`.
    as_of : date
        Last day of the month, inclusive.
    params : Params
        `value.clv_months`, `value.discount_rate`, `forecast.interval`.
    ahead : DataFrame, optional
        `look_ahead` of the same, where it is known already.

    Returns
    -------
    DataFrame
        One row per customer, indexed by `customer_id`: `expected_orders` (undiscounted, of all months), `expected_amount`
        (of an order), `margin_share`, `clv`, `clv_low`, `clv_high` (currency).

        The interval is central. It holds the chance in numbers and amounts of orders and the uncertainty of the fitted
        parameters (delta method on the logarithm of the expectation, joined on the log scale); where earlier dates
        taught the champion its tails (`forecast.tails`), these also hold the level that all customers share, without
        them (few data, a fallback) they do not: what strikes all alike is then in the company's total alone. Most
        customers will not order: their lower limit is 0. Where the chance of any order is small, the upper limit would
        lie below the expectation; it is then the expectation.
    """
    days = month_days(as_of, params.value.clv_months)
    ahead = look_ahead(forecast, as_of, params) if ahead is None else ahead
    total, discounted, amount = (ahead[name].to_numpy() for name in ahead)
    share = margin.share_of(forecast.index).to_numpy()
    clv = discounted * amount * share
    worth = np.divide(discounted, total, out=np.ones(len(total)), where=total > 0) * share
    points = forecast.interval(float(days[-1]), params.forecast.interval)
    low, high = _widen(
        total * amount,
        points["spend_low"].to_numpy(),
        points["spend_high"].to_numpy(),
        forecast.parameter_error(float(days[-1])),
        params.forecast.interval,
    )
    return pd.DataFrame(
        {
            "expected_orders": total,
            "expected_amount": amount,
            "margin_share": share,
            "clv": clv,
            "clv_low": np.minimum(low * worth, clv),
            "clv_high": np.maximum(high * worth, clv),
        },
        index=forecast.index,
    )


def sum_equity(ahead: pd.DataFrame, margin: Margin) -> float:
    """Sum of `clv` over the customers of `expect_value`, in whole cents each, without the cost of their intervals."""
    revenue = discount_revenue(ahead)
    return sum_exactly(round_cents(revenue * margin.share_of(revenue.index)))


def discount_revenue(ahead: pd.DataFrame) -> pd.Series:
    """Discounted expected revenue of the next `clv_months` by `customer_id` (currency): `clv` before its margin; see `look_ahead`."""
    return ahead["discounted_orders"] * ahead["expected_amount"]


def _widen(expected: np.ndarray, low: np.ndarray, high: np.ndarray, error: np.ndarray, interval: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits for chance alone, moved outwards for the parameters: their distances on the log scale add as squares."""
    spread = ndtri(0.5 + interval / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where((high > expected) & (expected > 0), np.log(high / expected), 0.0)
        down = np.where((low > 0) & (low < expected), np.log(expected / low), 0.0)
    return low * np.exp(down - np.hypot(down, spread)), high * np.exp(np.hypot(up, spread) - up)
