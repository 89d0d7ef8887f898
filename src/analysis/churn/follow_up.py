"""What became of last month's list (requirements B22, X5): who was spoken to, who ordered, who lapsed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.churn.watch import Watch
from analysis.history.orders import collect, merge_ids, order_days, survivors
from analysis.ledger.store import instant_after

if TYPE_CHECKING:
    from analysis.ledger import Ledger

OUTCOMES = ("ordered", "lapsed", "waiting")


def read_contacts(ledger: Ledger, after: date | None, until: date) -> pd.DataFrame | None:
    """When the company last spoke to each customer; None where the source records neither interactions nor actions.

    Counted are interactions that the company began (`direction` outbound) and actions that were done.

    Parameters
    ----------
    after : date or None
        Only later contacts (this day exclusive).
    until : date
        Inclusive.

    Returns
    -------
    DataFrame
        One row per customer with a contact: `customer_id`, `last_contact_on` (local date).
    """
    parts, into, end = [], survivors(ledger, until), instant_after(until, ledger.zone)
    if ledger.has("interactions"):
        rows = merge_ids(ledger.table("interactions", until), into)
        rows = rows.filter((rows.occurred_at < end) & (rows.direction == "outbound"))
        if after is not None:
            rows = rows.filter(rows.occurred_at >= instant_after(after, ledger.zone))
        found = collect(rows.group_by("customer_id").aggregate(at=rows.occurred_at.max()))
        local = found["at"].dt.tz_localize("UTC").dt.tz_convert(ledger.zone).dt.tz_localize(None).dt.normalize()
        parts.append(found[["customer_id"]].assign(last_contact_on=local.astype("datetime64[ns]")))
    if ledger.has("actions"):
        rows = merge_ids(ledger.table("actions", until), into)
        rows = rows.filter(rows.done_on.notnull() & (rows.done_on <= until))
        if after is not None:
            rows = rows.filter(rows.done_on > after)
        parts.append(collect(rows.group_by("customer_id").aggregate(last_contact_on=rows.done_on.max())))
    if not parts:
        return None
    every = pd.concat([part.astype({"last_contact_on": "datetime64[ns]"}) for part in parts], ignore_index=True)
    return every.groupby("customer_id", as_index=False)["last_contact_on"].max()


def read_names(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """`customer_id` and `name` as the master data have them; None where the source has no names."""
    if not ledger.has("customers"):
        return None
    rows = ledger.table("customers", as_of)
    return collect(rows.filter(rows.name.notnull()).group_by("customer_id").aggregate(name=rows.name.max()))


def read_orders(ledger: Ledger, after: date, until: date) -> pd.DataFrame:
    """`customer_id` and `spend` of the order days after `after` (exclusive) until `until` (inclusive), as known then."""
    days = order_days(ledger, until)
    days = days.filter(days.ordered_on > after)
    return collect(days.group_by("customer_id").aggregate(spend=days.amount.sum())).astype({"spend": "float64"})


def follow_up(
    listed: pd.DataFrame, into: Mapping[str, str], lapsed: pd.Series, orders: pd.DataFrame, contacts: pd.DataFrame | None
) -> pd.DataFrame:
    """What became of the customers of an earlier list.

    Parameters
    ----------
    listed : DataFrame
        The list: `customer_id`, `spend_at_risk`.
    into : mapping
        Ids merged since, by which the customers are found now.
    lapsed : Series
        `customer_id` of the customers who are lapsed now.
    orders, contacts : DataFrame
        Since the list: `customer_id`, `spend`; `customer_id` of those spoken to, None where nobody records it.

    Returns
    -------
    DataFrame
        One row per outcome of `OUTCOMES`: `outcome` (``ordered``: since the list; else ``lapsed``: silent beyond the
        limit by now; else ``waiting``), `count_customers` (these add up to the list), `count_contacted` (of them; missing
        without records), `revenue` (currency, since the list), `spend_at_risk` (as on the list). Two listed customers
        merged since count once each, their revenue with the first.
    """
    ids = listed["customer_id"].map(lambda name: into.get(name, name))
    spend = ids.map(orders.set_index("customer_id")["spend"])
    outcome = np.select([spend.notna(), ids.isin(set(lapsed))], ["ordered", "lapsed"], "waiting")
    table = pd.DataFrame(
        {
            "outcome": outcome,
            "count_customers": 1,
            "count_contacted": ids.isin(set(contacts["customer_id"])).astype(int) if contacts is not None else np.nan,
            "revenue": spend.fillna(0.0).mask(ids.duplicated(), 0.0),
            "spend_at_risk": listed["spend_at_risk"].to_numpy(),
        }
    )
    # an empty list has three empty outcomes; contacts nobody records stay missing
    sums = table.groupby("outcome").sum(min_count=1).reindex(list(OUTCOMES))
    empty = ["count_customers", "revenue", "spend_at_risk", *(["count_contacted"] if contacts is not None else [])]
    sums[empty] = sums[empty].fillna(0)
    return sums.astype({"count_customers": "int64"}).reset_index()


def count_moves(watch: Watch, month: str, before: str, into: Mapping[str, str], orders: pd.DataFrame) -> pd.DataFrame:
    """How this month's list came from last month's.

    Returns
    -------
    DataFrame
        One row per step: `step` (``before``: last month's list; ``ordered``, ``lapsed``, ``eased``, ``merged``: off it,
        for an order since, a lapse, a reason or rank that no longer holds, another listed customer that they stand
        under now; ``new``: on it; ``now``: this month's), `count_customers` (those off it negative: the steps add up to
        ``now``), `spend_at_risk` (currency: of last month's list for ``before`` and those off it, else of this month's;
        it does not add up, since the risk of those who stay changes).
    """
    old, now, active = watch.listed(before), watch.listed(month), watch.of(month)
    ids = old["customer_id"].map(lambda name: into.get(name, name))
    doubled = ids.duplicated()
    stays = ids.isin(set(now["customer_id"]))
    why = np.select(
        [doubled, stays, ids.isin(set(orders["customer_id"])), ~ids.isin(set(active["customer_id"]))],
        ["merged", "stays", "ordered", "lapsed"],
        "eased",
    )
    new = now[~now["customer_id"].isin(set(ids))]
    rows = [("before", len(old), old["spend_at_risk"].sum())]
    for step in ("ordered", "lapsed", "eased", "merged"):
        off = why == step
        if off.any() or step != "merged":
            rows.append((step, -int(off.sum()), old.loc[off, "spend_at_risk"].sum()))
    rows += [("new", len(new), new["spend_at_risk"].sum()), ("now", len(now), now["spend_at_risk"].sum())]
    return pd.DataFrame(rows, columns=["step", "count_customers", "spend_at_risk"])
