"""Value of every customer at the end of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analysis.forecast.chance import Calibration
from analysis.forecast.scorer import Scorer
from analysis.params import Params
from analysis.value.by_group import round_cents
from analysis.value.clv import expect_value
from analysis.value.margin import Margin, find_margin
from analysis.value.survival_expectation import expect_orders, fit_hazards, month_days

COLUMNS = (
    *("customer_id", "clv", "clv_low", "clv_high", "value_historic", "value_at_risk"),
    *("value_total", "expected_orders", "survival_orders", "expected_amount", "margin_share", "p_silent"),
)
NO_CHANGE = Calibration()


@dataclass(frozen=True)
class Value:
    """The table and what it stands on.

    Attributes
    ----------
    table : DataFrame
        See `build_value`.
    margin : Margin
        Whether value means margin or revenue, and whose margin was unknown or negative.
    forecast : Scorer
        The model.
    """

    table: pd.DataFrame
    margin: Margin
    forecast: Scorer


def build_value(
    customers: pd.DataFrame,
    spells: pd.DataFrame,
    forecast: Scorer,
    as_of: date,
    params: Params,
    *,
    margins: pd.DataFrame | None = None,
    calibration: Calibration = NO_CHANGE,
) -> pd.DataFrame:
    """Value table of a month (contract `value`).

    Parameters
    ----------
    customers, spells : DataFrame
        One row per customer, one per spell, as known at the end of `as_of` (history).
    forecast : Scorer
        The champion.
    as_of : date
        Last day of the month, inclusive.
    params : Params
        Sections `value`, `forecast` and `churn`.
    margins : DataFrame, optional
        Revenue and cost by customer, see `find_margin`; without it value uses `value.margin_share` of revenue.
    calibration : Calibration, optional
        Of chances of an order within `clv_months`, see `hindsight.look_back`; by default they stay.

    Returns
    -------
    DataFrame
        One row per customer with an order, sorted by `customer_id`; amounts in currency, whole cents: `clv` with
        `clv_low` and `clv_high` (central `forecast.interval`), `value_historic` (margin so far), `value_total` (their
        sum), `value_at_risk` (clv x `p_silent`: what stands on customers who may stay away), `p_silent` (chance of no order
        in all of `clv_months`, which the company's own past can confirm; that of having left, which nobody sees, hangs on the
        model's form); `expected_orders` of the model and `survival_orders` from the
        spells' own survival, both over `clv_months`; `expected_amount` of an order, `margin_share`.
    """
    return value_customers(customers, spells, forecast, as_of, params, margins=margins, calibration=calibration).table


def value_customers(
    customers: pd.DataFrame,
    spells: pd.DataFrame,
    forecast: Scorer,
    as_of: date,
    params: Params,
    *,
    margins: pd.DataFrame | None = None,
    ahead: pd.DataFrame | None = None,
    calibration: Calibration = NO_CHANGE,
) -> Value:
    """`build_value` with the margin and the model that it stands on, for the page; `ahead` as in `expect_value`."""
    margin = find_margin(customers, params.value, margins)
    table = expect_value(forecast, margin, as_of, params, ahead)
    days = float(month_days(as_of, params.value.clv_months)[-1])
    p_silent = 1 - pd.Series(calibration.apply(forecast.predict(days)["p_order"].to_numpy()), index=table.index)
    survival = expect_survival(spells, as_of, params).set_index("customer_id")["survival_orders"]
    money = {name: round_cents(table[name]) for name in ("clv", "clv_low", "clv_high")}
    historic = round_cents(margin.historic.reindex(table.index))
    at_risk = np.clip(round_cents(money["clv"] * p_silent), 0.0, money["clv"])
    table = table.assign(
        **money,
        value_historic=historic,
        value_total=round_cents(historic + money["clv"]),
        value_at_risk=at_risk,
        p_silent=p_silent,
        survival_orders=survival.reindex(table.index),
    )
    table = table.rename_axis("customer_id").reset_index().sort_values("customer_id", ignore_index=True)
    return Value(table[list(COLUMNS)], margin, forecast)


def expect_survival(spells: pd.DataFrame, as_of: date, params: Params) -> pd.DataFrame:
    """Survival-based expectation of orders over `clv_months`.

    Returns
    -------
    DataFrame
        One row per customer with an order: `customer_id`, `survival_orders`, `survival_p_order`.
    """
    days = month_days(as_of, params.value.clv_months)
    hazards = fit_hazards(spells, params.churn.min_completed_gaps)
    table = expect_orders(spells, hazards, [int(days[-1])])
    return table.rename(columns={f"orders_{int(days[-1])}": "survival_orders"})[["customer_id", "survival_orders", "survival_p_order"]]
