"""What a month knows of its customers: their orders, who they are, what they say, cost and owe."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from analysis.churn.groups import label_cohorts, tidy_levels
from analysis.codes.needs import read_needs
from analysis.history import build_customers, build_spells, monthly
from analysis.history.balances import build_balances
from analysis.history.baskets import build_baskets
from analysis.history.margins import build_margins
from analysis.history.past import EPOCH, Past, read_past
from analysis.history.profiles import build_profiles
from analysis.history.traits import build_traits, read_voices
from analysis.month.basis import Basis, kept
from analysis.segments.schemes.kind import load_patterns

MAX_LEVELS = 12
"""Groups of customers in a table; a chart of curves has room for fewer."""


def make_customers(month: Basis) -> pd.DataFrame:
    """The table ``customers``, see `history.build_customers`."""
    return build_customers(month.ledger, month.as_of)


def make_spells(month: Basis) -> pd.DataFrame:
    """The table ``spells``, see `history.build_spells`."""
    return build_spells(month.ledger, month.as_of)


def make_profiles(month: Basis) -> pd.DataFrame:
    """The table ``profiles``, see `history.profiles.build_profiles`."""
    return build_profiles(month.ledger, month.as_of, month.read("customers"), month.params.portraits.fresh_months)


@kept
def read_orders(month: Basis) -> Past:
    """All sales and cancellations known by the end of the month."""
    return read_past(month.ledger, month.as_of)


@kept
def find_first_on(month: Basis) -> date | None:
    """Day of the first order of any known customer; None where nobody has one by the end of the month."""

    def find() -> str | None:
        days = read_orders(month).days(month.as_of).day
        return str(EPOCH + timedelta(days=int(days.min()))) if len(days) else None

    found = month.memo.values(f"{month.period}/first_on", find)
    return date.fromisoformat(found) if found else None


@kept
def has_orders(month: Basis) -> bool:
    """Whether any customer has an order by the end of the month."""
    return find_first_on(month) is not None


@kept
def sum_months(month: Basis) -> pd.DataFrame:
    """Orders, revenue and buyers of the last months, see `history.monthly`."""
    return month.memo.table(f"{month.period}/months", lambda: monthly(month.ledger, month.as_of))


@kept
def find_traits(month: Basis) -> pd.DataFrame:
    """What customers are and say beyond their orders' totals, see `history.traits.build_traits`."""
    return month.memo.table(f"{month.period}/traits", lambda: build_traits(month.ledger, month.as_of, load_patterns()))


@kept
def find_baskets(month: Basis) -> pd.DataFrame:
    """What customers put into an order, see `history.baskets.build_baskets`."""
    return month.memo.table(f"{month.period}/baskets", lambda: build_baskets(month.ledger, month.as_of))


@kept
def find_voices(month: Basis) -> pd.DataFrame:
    """What customers asked for and spoke of, see `history.traits.read_voices`."""
    return read_voices(month.ledger, month.as_of, month.params.churn.low_answer)


@kept
def find_needs(month: Basis) -> pd.DataFrame | None:
    """Needs known by the end of the month, see `codes.needs.read_needs`; None where the source has none."""
    return read_needs(month.ledger, month.as_of)


@kept
def sum_margins(month: Basis) -> pd.DataFrame | None:
    """Revenue with a known cost, and that cost, by customer; None where the source knows no costs."""
    return build_margins(month.ledger, month.as_of)


@kept
def sum_balances(month: Basis) -> pd.DataFrame | None:
    """What customers owe, see `history.balances.build_balances`; None without invoices."""
    return build_balances(month.ledger, month.as_of)


@kept
def find_cohorts(month: Basis) -> pd.Series:
    """Cohort of every buyer by customer_id: the finest of month, quarter, half year and year that makes few groups, small ones pooled."""
    customers = month.read("customers").set_index("customer_id")
    return label_cohorts(customers["first_order_on"].dropna(), min_cell=month.params.report.min_cell)


def group_by(month: Basis, column: str) -> pd.Series | None:
    """A column of the customers table by customer_id, of buyers, its rare levels pooled; None where the source does not fill it."""
    customers = month.read("customers").set_index("customer_id")
    values = customers.loc[customers["count_order_days"] > 0, column]
    return tidy_levels(values, MAX_LEVELS) if values.notna().any() else None
