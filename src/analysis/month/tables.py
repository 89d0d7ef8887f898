"""The derived tables of a month: which there are, who makes each, and that none loses or invents a customer or an amount."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.contracts.check import check_customers, check_total
from analysis.history.orders import collect, order_days
from analysis.month import churn, codes, customers, forecasts, segments, valuation
from analysis.month.basis import Basis
from analysis.month.contractual import read_contracts

TABLES: dict[str, Callable[[Basis], pd.DataFrame]] = {
    "customers": customers.make_customers,
    "spells": customers.make_spells,
    "segments": segments.make_segments,
    "classes": segments.make_classes,
    "profiles": customers.make_profiles,
    "scores": forecasts.make_scores,
    "churn": churn.make_churn,
    "value": valuation.make_value,
    "codes": codes.make_codes,
}
"""Makers by table, in the order in which they need each other."""


def build(month: Basis, name: str) -> pd.DataFrame:
    """Derived table `name` (a key of `TABLES`) of `month`, from its ledger and parameters alone.

    Raises
    ------
    KeyError
        There is no such table.
    ContractError
        The table has other customers, or another sum of spend, than what it was made from.
    """
    if name not in TABLES:
        raise KeyError(f"{name} is no derived table; known: {', '.join(TABLES)}")
    table = TABLES[name](month)
    _conserve(name, table, month)
    return table


def _conserve(name: str, table: pd.DataFrame, month: Basis) -> None:
    """No maker loses or invents a customer or an amount; `ContractError` says which did."""
    if name == "customers":
        days = order_days(month.ledger, month.as_of)
        revenue = collect(days.aggregate(revenue=days.amount.sum()))["revenue"].fillna(0.0)
        check_total(name, "spend_total", table["spend_total"].sum(), revenue.iloc[0])
    elif name in ("segments", "classes", "profiles", "codes"):
        check_customers(name, table, month.read("customers")["customer_id"])
    elif month.ledger.is_contractual and name in ("churn", "value"):
        check_customers(name, table, read_contracts(month)["customer_id"])
    elif name != "spells" and not month.ledger.is_contractual:
        buyers = month.read("customers")
        check_customers(name, table, buyers.loc[buyers["count_order_days"] > 0, "customer_id"])
