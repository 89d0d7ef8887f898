"""One row per customer: what they ordered, asked and are, as known on a date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from analysis.contracts import LEDGER
from analysis.contracts.ledger import SCALES
from analysis.history.orders import collect, merge_ids, movements, order_days, survivors, total_days
from analysis.history.statistics import date_customers

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

MASTER = ("customer_type", "industry", "gender", "city", "region", "country", "acquisition_source", "joined_on")
DATED = ("spend_mean", "mean_repeat_spend", "days_since_last_order", "days_first_to_last_order", "days_as_customer")


def build_customers(ledger: Ledger, as_of: date, keep_free: bool = False) -> pd.DataFrame:
    """All customers seen by `as_of` (inclusive), sorted by `customer_id`.

    Seen is who has a row of any table known by `as_of`, or joined by then; who is only in master data without a date of
    joining is not. Merges known by `as_of` are applied, so that a double is one row.

    Parameters
    ----------
    keep_free : bool
        Count order days without amount, see `order_days`.

    Returns
    -------
    DataFrame
        One row per customer (contract `customers`):

        - `first_order_on`, `last_order_on`, `count_orders` (orders with a positive net amount), `count_order_days`,
          `spend_total`, `spend_mean` (per order day), `mean_repeat_spend` (mean per order day after the first; 0 if
          none), `days_since_last_order`, `days_first_to_last_order`, `days_as_customer` (first order to `as_of`);
          without an order: 0 orders and no dates;
        - `cohort` (YYYY-MM of the first order), `count_products` (products with a positive net amount), `first_channel`
          and `country` (of the latest order, where master data name none);
        - `count_interactions`, `last_interaction_on`, `satisfaction` (mean csat answer, 0 worst to 1 best; NaN if none);
        - of master data: `customer_type, industry, gender, city, region, country, acquisition_source, joined_on`.

        The sum of `spend_total` is the net amount of all order days.
    """
    into = survivors(ledger, as_of)
    seen = _seen(ledger, as_of, into)
    frame = collect(seen).set_index("customer_id")
    for part in (
        _orders(ledger, as_of, into, keep_free),
        _contacts(ledger, as_of, into),
        _satisfaction(ledger, as_of, into),
        _master(ledger, as_of, into),
    ):
        frame = frame.join(collect(part).set_index("customer_id"))
    return _finish(frame.sort_index().reset_index(), ledger, as_of)


def _seen(ledger: Ledger, as_of: date, into: dict[str, str]) -> ir.Table:
    """One row per customer id with a sign of life by `as_of`."""
    parts = []
    for name, table in LEDGER.items():
        if not ledger.has(name):
            continue
        rows = ledger.table(name, as_of)
        if name == "customers":
            rows = rows.filter(rows.joined_on <= as_of)
        for column in ("customer_id", "referrer_id", "referred_id"):
            if column in table:
                parts.append(rows.filter(rows[column].notnull()).select(customer_id=rows[column]).distinct())
    if not parts:
        return ledger.read("customers").select("customer_id").limit(0)
    every = ibis.union(parts[0], *parts[1:], distinct=True) if len(parts) > 1 else parts[0]
    return merge_ids(every, into).distinct()


def _orders(ledger: Ledger, as_of: date, into: dict[str, str], keep_free: bool) -> ir.Table:
    """One row per customer with an order day."""
    days = order_days(ledger, as_of, keep_free, into)
    total = total_days(days)
    lines = movements(ledger, as_of, into)
    lines = lines.semi_join(days, ["customer_id", "ordered_on"])
    order = lines.group_by(["customer_id", "order_id", "ordered_on"]).aggregate(net=lines.amount.sum())
    order = order.filter((order.net >= 0) if keep_free else (order.net > 0))
    orders = order.group_by("customer_id").aggregate(count_orders=order.count())
    product = lines.filter(lines.product_id.notnull()).group_by(["customer_id", "product_id"]).aggregate(net=lines.amount.sum())
    product = product.filter(product.net > 0)
    products = product.group_by("customer_id").aggregate(count_products=product.count())
    sales = lines.filter(lines.known_on == lines.ordered_on)
    tie = [sales.ordered_at, sales.order_id, sales.channel, sales.country]
    levels = sales.group_by("customer_id").aggregate(
        first_channel=sales.channel.first(order_by=tie),
        order_country=sales.country.last(order_by=tie),
    )
    joined = total
    for part in (orders, products, levels):
        joined = joined.left_join(part, "customer_id").drop("customer_id_right")
    return joined


def _contacts(ledger: Ledger, as_of: date, into: dict[str, str]) -> ir.Table:
    rows = merge_ids(ledger.table("interactions", as_of), into)
    return rows.group_by("customer_id").aggregate(count_interactions=rows.count(), last_interaction_at=rows.occurred_at.max())


def _satisfaction(ledger: Ledger, as_of: date, into: dict[str, str]) -> ir.Table:
    rows = merge_ids(ledger.table("surveys", as_of), into).filter(lambda t: t.question == "csat")
    # whole points sum exactly in any order, their rescaled shares would not
    return rows.group_by("customer_id").aggregate(csat_sum=rows.score.sum(), csat_count=rows.score.count())


def _master(ledger: Ledger, as_of: date, into: dict[str, str]) -> ir.Table:
    """Master data; a double's own row fills what the one that stands for it lacks."""
    rows = ledger.table("customers", as_of).select("customer_id", *MASTER).mutate(own_id=lambda t: t.customer_id)
    if not into:
        return rows.drop("own_id")
    rows = merge_ids(rows, into)
    order = [(rows.own_id != rows.customer_id).cast("int8"), rows.own_id]
    return rows.group_by("customer_id").aggregate(**{name: rows[name].first(order_by=order) for name in MASTER})


def _finish(frame: pd.DataFrame, ledger: Ledger, as_of: date) -> pd.DataFrame:
    frame = date_customers(frame, as_of)
    low, high = SCALES["csat"]
    contact = frame["last_interaction_at"].dt.tz_localize("UTC").dt.tz_convert(ledger.zone).dt.tz_localize(None).dt.normalize()
    finished = {
        "customer_id": frame["customer_id"],
        "first_order_on": frame["first_order_on"],
        "last_order_on": frame["last_order_on"],
        "count_orders": frame["count_orders"].fillna(0).astype("int64"),
        "count_order_days": frame["count_order_days"].fillna(0).astype("int64"),
        "spend_total": frame["spend_total"].fillna(0.0),
        **{name: frame[name] for name in DATED},
        "cohort": frame["first_order_on"].dt.strftime("%Y-%m"),
        "count_products": frame["count_products"].fillna(0).astype("int64"),
        "first_channel": frame["first_channel"],
        "count_interactions": frame["count_interactions"].fillna(0).astype("int64"),
        "last_interaction_on": contact,
        "satisfaction": (frame["csat_sum"] / frame["csat_count"].where(frame["csat_count"] > 0) - low) / (high - low),
        **{name: frame[name] for name in MASTER},
    }
    # an order names the country of its sale; master data, where they name one, the customer's own
    finished["country"] = frame["country"].where(frame["country"].notna(), frame["order_country"])
    finished["joined_on"] = frame["joined_on"].where(frame["joined_on"] <= pd.Timestamp(as_of))
    objects = {name: column.where(column.notna(), None) for name, column in finished.items() if column.dtype == object}
    return pd.DataFrame(finished | objects)
