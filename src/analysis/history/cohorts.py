"""Customers by when they first ordered: who comes back, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from analysis.history.orders import collect, order_days
from analysis.history.rates import LEVEL, add_rate
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger

MONTHLY_UNTIL = 24
"""Months of data up to which cohorts are single months; longer histories are cut into quarters."""

ALL = "all"
"""Label of the row over all cohorts."""


@dataclass(frozen=True)
class Retention:
    """Cohorts over their months of life.

    Attributes
    ----------
    months : DataFrame
        One row a cohort and month of life: `cohort` (YYYY-MM or YYYY-Qn of the first order), `months_since` (calendar
        months after the customer's own first; from 1), `count_customers` (the whole cohort: the denominator of all
        rates), `count_ordering` (customers with an order in that month), `retention` with Wilson limits
        `retention_low, retention_high`, `count_repeated` (customers whose second order came by the end of that month of
        life), `repeat_rate` with limits. Where that month of life is not over for every member of the cohort, counts
        and rates are missing, not zero.
    conversion : DataFrame
        One row a cohort, and one labelled ``all``: `cohort, count_customers, count_repeat, repeat_rate` (so far: younger
        cohorts had less time) with limits; `count_observed` (customers followed for `within_days` days or more),
        `count_within` (those of them with a second order at most `within_days` days after the first), `rate_within` with
        limits: comparable between cohorts, and missing while a cohort is not observed whole.
    """

    months: pd.DataFrame
    conversion: pd.DataFrame


def retention(ledger: Ledger, as_of: date, within_days: int = 90, level: float = LEVEL) -> Retention:
    """Retention, cumulative repeat rate and first-to-second-order conversion by cohort (requirements B7, C9, D7).

    Parameters
    ----------
    ledger : Ledger
        A clean ledger.
    as_of : date
        Last day that is read, inclusive; the last day of a month.
    within_days : int
        Days after the first order, inclusive, in which a second one counts as prompt.
    level : float
        Confidence of the Wilson intervals.

    Returns
    -------
    Retention
        Cohorts are months while the first order lies less than two years back, else quarters. The first order is the
        first in the data: where the company is older than its ledger, the earliest cohorts hold old customers too.
    """
    days = order_days(ledger, as_of)
    number = days.ordered_on.epoch_days()
    month = days.ordered_on.year() * 12 + days.ordered_on.month() - 1
    by_customer = ibis.window(group_by=days.customer_id, order_by=days.ordered_on)
    seen = days.select(
        days.customer_id,
        month=month,
        number=number,
        first_month=month.first().over(by_customer),
        first_number=number.first().over(by_customer),
        order=ibis.row_number().over(by_customer),
    ).cache()
    cells = seen.group_by("first_month", months_since=seen.month - seen.first_month).aggregate(
        count_ordering=seen.customer_id.nunique(), count_repeated=(seen.order == 1).sum()
    )
    followed = (seen.first_number + within_days) <= _number(as_of)
    prompt = (seen.number - seen.first_number) <= within_days
    firsts = seen.group_by("first_month").aggregate(
        count_customers=(seen.order == 0).sum(),
        count_repeat=(seen.order == 1).sum(),
        count_observed=((seen.order == 0) & followed).sum(),
        count_within=((seen.order == 1) & followed & prompt).sum(),
    )
    return _tabulate(collect(cells), collect(firsts), Period.of(as_of), level)


def repurchase(customers: pd.DataFrame, by: str | None = None, level: float = LEVEL) -> pd.DataFrame:
    """Repurchase rate: buyers with at least two order days over buyers (requirement B7).

    Parameters
    ----------
    customers : DataFrame
        One row a customer; those without an order are left out.
    by : str, optional
        A column to group by (`cohort`, or one joined from `segments`); buyers without a value are in the total only.
    level : float
        Confidence of the Wilson interval.

    Returns
    -------
    DataFrame
        One row a group in the order of its label, then ``all``: `group, count_buyers, count_repeat, repeat_rate,
        repeat_rate_low, repeat_rate_high`.
    """
    buyers = customers[customers["count_order_days"] > 0]
    facts = pd.DataFrame({"group": ALL, "is_repeat": buyers["count_order_days"] >= 2})
    parts = [facts] if by is None else [facts.assign(group=buyers[by]), facts]
    counts = [part.groupby("group")["is_repeat"].agg(count_buyers="size", count_repeat="sum").reset_index() for part in parts]
    return add_rate(pd.concat(counts, ignore_index=True), "count_repeat", "count_buyers", "repeat_rate", level)


def _tabulate(cells: pd.DataFrame, firsts: pd.DataFrame, last: Period, level: float) -> Retention:
    now = _index(last)
    begin = int(firsts["first_month"].min()) if len(firsts) else now
    is_monthly = now - begin < MONTHLY_UNTIL
    firsts = firsts.assign(cohort=_label(firsts["first_month"], is_monthly)).sort_values("first_month")
    cells = cells.assign(cohort=_label(cells["first_month"], is_monthly))
    counts = ["count_customers", "count_repeat", "count_observed", "count_within"]
    conversion = firsts.groupby("cohort")[counts].sum().reset_index().astype(dict.fromkeys(counts, "int64"))
    whole = pd.DataFrame({"cohort": [ALL], **{name: [int(firsts[name].sum())] for name in counts}})
    table = pd.concat([conversion, whole], ignore_index=True)
    table = add_rate(table, "count_repeat", "count_customers", "repeat_rate", level)
    table = add_rate(table, "count_within", "count_observed", "rate_within", level)
    is_partial = (table["count_observed"] < table["count_customers"]) & (table["cohort"] != ALL)
    rates = ["rate_within", "rate_within_low", "rate_within_high"]
    table[rates] = table[rates].mask(is_partial)
    table["count_within"] = table["count_within"].astype("Int64").mask(is_partial)
    # The newest member of a cohort decides which months of life all of it has behind it.
    newest = firsts.groupby("cohort")["first_month"].max()
    return Retention(_by_month(cells, conversion, now - newest, now - begin, level), table)


def _by_month(cells: pd.DataFrame, sizes: pd.DataFrame, observed: pd.Series, longest: int, level: float) -> pd.DataFrame:
    grid = sizes[["cohort", "count_customers"]].merge(pd.DataFrame({"months_since": np.arange(longest + 1)}), how="cross")
    found = cells.groupby(["cohort", "months_since"])[["count_ordering", "count_repeated"]].sum().reset_index()
    grid = grid.merge(found, on=["cohort", "months_since"], how="left").sort_values(["cohort", "months_since"])
    # A second order within the calendar month of the first one belongs to the cumulative rate of every later month.
    counts = grid[["count_ordering", "count_repeated"]].fillna(0)
    counts["count_repeated"] = counts["count_repeated"].groupby(grid["cohort"]).cumsum()
    is_over = grid["months_since"] <= grid["cohort"].map(observed)
    for name in counts.columns:
        grid[name] = counts[name].astype("Int64").where(is_over)
    grid = grid[grid["months_since"] > 0].reset_index(drop=True)
    filled = grid.astype({"count_ordering": "float64", "count_repeated": "float64"})
    rates = add_rate(filled, "count_ordering", "count_customers", "retention", level)
    rates = add_rate(rates, "count_repeated", "count_customers", "repeat_rate", level)
    return rates.assign(count_ordering=grid["count_ordering"], count_repeated=grid["count_repeated"])


def _label(months: pd.Series, is_monthly: bool) -> pd.Series:
    labels = {}
    for index in months.unique():
        month = Period(int(index) // 12, int(index) % 12 + 1)
        labels[index] = str(month) if is_monthly else f"{month.year:04d}-Q{(month.month + 2) // 3}"
    return months.map(labels)


def _index(month: Period) -> int:
    return month.year * 12 + month.month - 1


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
