"""Customer lifetime value where customers pay a monthly fee until they end their contract.

clv = sum over months i = 1..clv_months of the chance of lasting i more months x monthly fee x margin share
      / (1 + discount_rate) ** (i / 12)

A month is paid at its end by who is still there then. New contracts that a customer may take are not foreseen.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.churn.contract_curves import group_contracts
from analysis.churn.contract_model import EndModel
from analysis.churn.contract_table import build_contract_churn, chances_of_end
from analysis.history.disclosure import hide_small
from analysis.params import Params
from analysis.value.by_group import round_cents, sum_by_group
from analysis.value.clv import discount_factors

COLUMNS = (
    *("customer_id", "clv", "clv_low", "clv_high", "value_historic", "value_at_risk"),
    *("value_total", "monthly_fee", "expected_months", "margin_share"),
)


def value_contracts(contracts: pd.DataFrame, model: EndModel | None, as_of: date, params: Params) -> pd.DataFrame:
    """Value table of a contractual source (contract `value`).

    Parameters
    ----------
    contracts : DataFrame
        One row per contract (history.contracts.build_contracts). One without a fee is worth 0.
    model : EndModel or None
        From `churn.contract_model.fit_ends`.
    params : Params
        Sections `value`, `forecast` (`interval`, `horizon_days`) and `contracts`.

    Returns
    -------
    DataFrame
        One row per customer with a contract, sorted by `customer_id`; amounts in currency, whole cents: `clv` (0 for who has
        left) with `clv_low` and `clv_high` (central `forecast.interval` of what will be paid: exact quantiles of the
        month of the end, the fitted ratios' uncertainty averaged in; a customer's several contracts are taken to end
        together, which makes the interval rather too wide), `value_historic` (tenure so far x today's fee x margin
        share: earlier fees are not on record), `value_total`, `value_at_risk` (clv x p_end), `monthly_fee` (of running
        contracts), `expected_months` (of `clv_months`, mean of the running contracts), `margin_share`.
    """
    months = params.value.clv_months
    fee = contracts["monthly_fee"].fillna(0.0).to_numpy() * params.value.margin_share
    lasting = 1 - chances_of_end(contracts, model, np.arange(1, months + 1), params)
    worth = np.concatenate(([0.0], np.cumsum(discount_factors(months, params.value.discount_rate))))
    tail = (1 - params.forecast.interval) / 2
    paid = {
        "clv": lasting @ np.diff(worth),
        "clv_low": worth[_last_month(lasting, tail)],
        "clv_high": worth[_last_month(lasting, 1 - tail)],
    }
    running = ~contracts["is_ended"].to_numpy(dtype=bool)
    rows = pd.DataFrame(
        {
            "customer_id": contracts["customer_id"],
            **{name: fee * values for name, values in paid.items()},
            "value_historic": fee * contracts["tenure_months"].to_numpy(dtype=float),
            "monthly_fee": np.where(running, contracts["monthly_fee"].fillna(0.0), 0.0),
            "expected_months": np.where(running, lasting.sum(axis=1), np.nan),
        }
    )
    by_customer = rows.groupby("customer_id", sort=True)
    table = by_customer[["clv", "clv_low", "clv_high", "value_historic", "monthly_fee"]].sum()
    table = table.apply(round_cents).assign(expected_months=by_customer["expected_months"].mean())
    p_end = build_contract_churn(contracts, model, as_of, params).set_index("customer_id")["p_end"].reindex(table.index).fillna(0.0)
    return (
        table.assign(
            clv_low=np.minimum(table["clv_low"], table["clv"]),
            clv_high=np.maximum(table["clv_high"], table["clv"]),
            value_total=round_cents(table["clv"] + table["value_historic"]),
            value_at_risk=round_cents(table["clv"] * p_end),
            margin_share=params.value.margin_share,
        )
        .rename_axis("customer_id")
        .reset_index()[list(COLUMNS)]
    )


def _last_month(lasting: np.ndarray, share: float) -> np.ndarray:
    """Months paid at quantile `share` of their distribution: the smallest m with P(paid <= m) >= share."""
    below = 1 - lasting  # P(paid <= i - 1) for i = 1..months
    return (below < share - 1e-12).sum(axis=1)


def sum_by_contract(contracts: pd.DataFrame, value: pd.DataFrame, params: Params) -> pd.DataFrame | None:
    """Customer value by what is known of the longest contract; None without a grouping.

    Returns
    -------
    DataFrame
        One row per group of each grouping, `by` in front of the columns of `value.by_group.sum_by_group` less
        `value_historic`; money of small groups is left empty. The sums of each grouping are the customers' sum.
    """
    first = contracts.sort_values(["is_ended", "tenure_months", "contract_id"], ascending=[True, False, True])
    first = first.drop_duplicates("customer_id").set_index("customer_id", drop=False)
    parts = []
    for by, groups in group_contracts(first, params.contracts).items():
        table = sum_by_group(value, groups)
        if table is not None:
            money = ["clv", "clv_mean", "share_clv", "value_at_risk"]
            parts.append(hide_small(table, "count_customers", money, params.report.min_cell).assign(by=by))
    if not parts:
        return None
    whole = pd.concat(parts, ignore_index=True)
    return whole[["by", *(name for name in whole.columns if name not in ("by", "value_historic"))]]
