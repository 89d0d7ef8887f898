"""Payback: when customers' margin covers what it cost to win them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.churn.groups import tidy_levels
from analysis.contracts import Missing
from analysis.history.disclosure import hide_small
from analysis.history.orders import collect, merge_ids, order_days, survivors
from analysis.history.rates import LEVEL, add_rate

if TYPE_CHECKING:
    from analysis.ledger import Ledger

ALL = "all"
GROUPS = 50
"""Customers are drawn again in this many groups, by a hash of their ids: as many numbers for ten as for ten million."""
DRAWS = 500
MIN_WATCHED = 20
"""Months of life in which fewer customers than this (or half of a smaller group) were watched are not read."""
MAX_SOURCES = 12
HIDDEN = [
    *("cost_mean", "historic_mean", "clv_mean", "value_per_cost", "count_paid", "share_paid", "share_paid_low", "share_paid_high"),
    *("payback_months", "payback_low", "payback_high"),
]
"""What is not shown of few customers."""


@dataclass(frozen=True)
class Acquisition:
    """What customers cost to win, and what they bought since.

    Attributes
    ----------
    customers : DataFrame
        One row per customer with a known cost who joined by `as_of`: `customer_id`, `cost` (currency; of a merged customer
        all their costs), `source` (may be missing), `started_on` (day of joining, else of the first order).
    months : DataFrame
        One row per customer and calendar month with an order: `customer_id`, `month` (months since year 0), `amount`
        (net revenue, currency).
    """

    customers: pd.DataFrame
    months: pd.DataFrame


def read_acquisition(ledger: Ledger, as_of: date) -> Acquisition | Missing:
    """Read costs of acquisition and revenue by month, as known by `as_of` (inclusive); `Missing` where no cost is known.

    Costs are taken from the customer table as it stands: it does not say when a cost became known.
    """
    if not ledger.has("customers", "acquisition_cost"):
        return Missing("customers", ("acquisition_cost",), ("E3",))
    into = survivors(ledger, as_of)
    rows = ledger.table("customers", as_of)
    rows = rows.select("customer_id", "acquisition_cost", "acquisition_source", "joined_on").mutate(own_id=rows.customer_id)
    rows = merge_ids(rows.filter(rows.acquisition_cost.notnull()), into)
    order = [(rows.own_id != rows.customer_id).cast("int8"), rows.own_id]
    costs = rows.group_by("customer_id").aggregate(
        cost=rows.acquisition_cost.sum(), source=rows.acquisition_source.first(order_by=order), joined_on=rows.joined_on.min()
    )
    days = order_days(ledger, as_of, into=into)
    month = days.ordered_on.year() * 12 + days.ordered_on.month() - 1
    months = days.group_by("customer_id", month=month).aggregate(amount=days.amount.sum(), first_on=days.ordered_on.min())
    found, bought = collect(costs.order_by("customer_id")), collect(months.order_by("customer_id", "month"))
    first = bought.groupby("customer_id")["first_on"].min().reindex(found["customer_id"]).to_numpy()
    found["started_on"] = found.pop("joined_on").fillna(pd.Series(first, index=found.index))
    found = found[found["started_on"] <= pd.Timestamp(as_of)].reset_index(drop=True)
    return Acquisition(found, bought.drop(columns="first_on")) if len(found) else Missing("customers", ("acquisition_cost",), ("E3",))


def pay_back(acquisition: Acquisition | Missing, value: pd.DataFrame, as_of: date, seed: int) -> pd.DataFrame | Missing:
    """Cost of winning customers against their margin, by source.

    Parameters
    ----------
    acquisition : Acquisition or Missing
        From `read_acquisition`; what is missing stays missing.
    value : DataFrame
        One row per customer with an order: `customer_id`, `clv`, `value_historic`.
    as_of : date
        Last day of a month, inclusive.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row per source (rare ones are ``other``, none is ``unknown``), the largest first, then ``all``: `group`,
        `count_customers` (with a cost; those who never ordered too: they were paid for), `cost_mean`, `historic_mean`,
        `clv_mean` (currency a customer), `value_per_cost` (margin so far and lifetime value by cost), `count_paid`,
        `share_paid` with Wilson limits (own margin so far covers own cost), `payback_months` with `payback_low`,
        `payback_high` (95 %, customers drawn again in groups).

        Payback is read from the mean cumulative margin of all customers of the source who were watched for a month of
        life, whether they still order or not: the first calendar month after that of joining (0) by whose end it covers
        the mean cost. Missing: not covered in the months watched. A customer's margin is spread over their months as
        their revenue is.
    """
    if isinstance(acquisition, Missing):
        return acquisition
    customers = acquisition.customers.merge(value[["customer_id", "clv", "value_historic"]], on="customer_id", how="left")
    customers[["clv", "value_historic"]] = customers[["clv", "value_historic"]].fillna(0.0)
    customers["group"] = tidy_levels(customers["source"], MAX_SOURCES)
    flows = _spread_margin(customers, acquisition.months)
    rows = []
    for group in [*customers["group"].value_counts(sort=False).sort_index().index, ALL]:
        part = customers if group == ALL else customers[customers["group"] == group]
        rows.append({"group": group, **_sum_up(part), **_find_payback(part, flows, as_of, seed)})
    table = pd.DataFrame(rows)
    order = pd.DataFrame({"last": table["group"] == ALL, "count": -table["count_customers"], "group": table["group"]})
    table = table.loc[order.sort_values(["last", "count", "group"]).index].reset_index(drop=True)
    table = add_rate(table, "count_paid", "count_customers", "share_paid", LEVEL)
    return table[["group", "count_customers", *HIDDEN]]


def hide_few(payback: pd.DataFrame | Missing, min_cell: int) -> pd.DataFrame | Missing:
    """`payback` (from `pay_back`) with the numbers of sources of 1 to ``min_cell - 1`` customers blanked."""
    return payback if isinstance(payback, Missing) else hide_small(payback, "count_customers", HIDDEN, min_cell)


def _sum_up(part: pd.DataFrame) -> dict[str, float]:
    cost, historic, clv = (float(part[name].sum()) for name in ("cost", "value_historic", "clv"))
    count = len(part)
    return {
        "count_customers": count,
        "cost_mean": cost / count,
        "historic_mean": historic / count,
        "clv_mean": clv / count,
        "value_per_cost": (historic + clv) / cost if cost > 0 else np.nan,
        "count_paid": int((part["value_historic"] >= part["cost"]).sum()),
    }


def _spread_margin(customers: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
    """`customer_id`, `month_of_life` (0: the calendar month of joining, and anything before it), `margin`."""
    joined = customers.set_index("customer_id")
    flows = months[months["customer_id"].isin(joined.index)]
    begun = joined["started_on"].dt.year * 12 + joined["started_on"].dt.month - 1
    revenue = flows.groupby("customer_id")["amount"].sum()
    share = (joined["value_historic"] / revenue.reindex(joined.index)).fillna(0.0)
    who = flows["customer_id"]
    return pd.DataFrame(
        {
            "customer_id": who,
            "month_of_life": (flows["month"] - who.map(begun)).clip(lower=0).astype("int64"),
            "margin": flows["amount"] * who.map(share),
        }
    )


def _find_payback(part: pd.DataFrame, flows: pd.DataFrame, as_of: date, seed: int) -> dict[str, float]:
    """First month of life by whose end mean cumulative margin covers mean cost, with its interval."""
    names = part["customer_id"].to_numpy(dtype=object)
    batch = (pd.util.hash_array(names) % np.uint64(GROUPS)).astype(np.int64)
    watched = (as_of.year * 12 + as_of.month - 1) - (part["started_on"].dt.year * 12 + part["started_on"].dt.month - 1).to_numpy()
    longest = int(watched.max()) + 1
    begun = np.zeros((GROUPS, longest))
    np.add.at(begun, (batch, watched), 1.0)
    at_risk = begun[:, ::-1].cumsum(axis=1)[:, ::-1]
    mine = flows[flows["customer_id"].isin(names)]
    margin = np.zeros((GROUPS, longest))
    batch_of = pd.Series(batch, index=names)
    np.add.at(margin, (mine["customer_id"].map(batch_of).to_numpy(), mine["month_of_life"].to_numpy()), mine["margin"].to_numpy())
    cost = np.bincount(batch, part["cost"].to_numpy(dtype=float), GROUPS)
    seen = int((at_risk.sum(axis=0) >= min(MIN_WATCHED, len(part) / 2)).sum())
    weights = np.random.default_rng(seed).multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), size=DRAWS)
    drawn = _first_month(np.vstack([np.ones(GROUPS), weights]), margin[:, :seen], at_risk[:, :seen], cost)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn[1:], (tail, 1 - tail), method="inverted_cdf")
    return {
        name: float(found) if np.isfinite(found) else np.nan
        for name, found in (("payback_months", drawn[0]), ("payback_low", low), ("payback_high", high))
    }


def _first_month(weights: np.ndarray, margin: np.ndarray, at_risk: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """For each row of weights of the groups the month that covers the cost; infinite where none does."""
    persons = weights @ at_risk
    mean = np.divide(weights @ margin, persons, out=np.zeros_like(persons), where=persons > 0)
    spent = np.divide(weights @ cost, persons[:, 0], out=np.full(len(weights), np.inf), where=persons[:, 0] > 0)
    is_covered = mean.cumsum(axis=1) >= spent[:, None]
    return np.where(is_covered.any(axis=1), is_covered.argmax(axis=1), np.inf)
