"""What customers are and say beyond their orders' totals: one row per customer, and one per customer and topic, as known on a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from analysis.contracts.ledger import SCALES
from analysis.history.orders import collect, merge_ids, survivors

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

MASTER = ("contract_type", "tags", "birth_date", "income")
PERSONAL = ("birth_date", "income")
COLUMNS = (
    *("customer_id", *MASTER, "name_kind", "main_channel", "count_sales", "count_discounted", "units_per_order"),
    "last_own_contact_on",
)
NEED, FEEDBACK, ANSWER = "need", "feedback", "answer"


@dataclass(frozen=True)
class NamePatterns:
    """Regular expressions that tell whose name it is; a name that fits `company` is no person's."""

    company: str
    person: str


def build_traits(ledger: Ledger, as_of: date, patterns: NamePatterns) -> pd.DataFrame:
    """Facts of customers that the table `customers` does not hold, by what was known by the end of `as_of` (inclusive).

    Parameters
    ----------
    patterns : NamePatterns
        What a company's and a person's name look like. Names are read here and not handed on.

    Returns
    -------
    DataFrame
        One row per customer with any of these facts, sorted by `customer_id`; merges known by then are applied:

        - of master data: `contract_type, tags, birth_date, income`, and `name_kind` (``company``, ``person``, ``other``; missing
          without a name). A double's own row fills what the one that stands for it lacks;
        - of sales (cancelled ones too: they show how people buy): `main_channel` (of most orders; of several the first by name),
          `count_sales` (orders), `count_discounted` (orders with a discount on any line; missing where the source knows no
          discounts), `units_per_order` (mean; missing without quantities);
        - `last_own_contact_on`: the last contact that was the customer's own doing (inbound, or an answer; local date).
    """
    into = survivors(ledger, as_of)
    parts = [_master(ledger, as_of, into, patterns), *_sales(ledger, as_of, into)]
    frames = [collect(part).set_index("customer_id") for part in parts]
    contacts = collect(_own_contacts(ledger, as_of, into)).set_index("customer_id")["last_own_contact_at"]
    local = contacts.dt.tz_localize("UTC").dt.tz_convert(ledger.zone).dt.tz_localize(None).dt.normalize()
    frame = pd.concat([*frames, local.rename("last_own_contact_on")], axis=1).rename_axis("customer_id").sort_index().reset_index()
    if not ledger.has("order_lines", "discount"):
        frame["count_discounted"] = float("nan")
    return frame[list(COLUMNS)]


def read_persons(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """The part of `build_traits` that cut-offs of the base month are fitted on: `customer_id, birth_date, income`, as known then."""
    rows = ledger.table("customers", as_of).select("customer_id", *PERSONAL)
    into = survivors(ledger, as_of)
    own = merge_ids(rows.mutate(own_id=rows.customer_id), into)
    order = [(own.own_id != own.customer_id).cast("int8"), own.own_id]
    found = own.group_by("customer_id").aggregate(**{name: own[name].first(order_by=order) for name in PERSONAL})
    return collect(found.order_by("customer_id"))


def read_voices(ledger: Ledger, as_of: date, low_answer: float) -> pd.DataFrame:
    """What customers asked for and spoke of by the end of `as_of` (inclusive).

    Parameters
    ----------
    low_answer : float
        An answer in this lowest part of its question's scale counts as speaking of its touch point.

    Returns
    -------
    DataFrame
        One row per customer, `kind` (``need``, ``feedback``, ``answer``) and `topic` (type of the need, topic of the feedback, touch
        point of a low answer), sorted: `count`. Merges known by then are applied; rows without a topic are left out.
    """
    into = survivors(ledger, as_of)
    surveys = ledger.table("surveys", as_of)
    limits = [(surveys.question == name, low + low_answer * (high - low)) for name, (low, high) in SCALES.items()]
    low = surveys.filter(surveys.score <= ibis.cases(*limits, else_=ibis.null("float64")))
    sources = {
        NEED: ledger.table("needs", as_of).select("customer_id", topic="need_type"),
        FEEDBACK: ledger.table("feedback", as_of).select("customer_id", topic="topic"),
        ANSWER: low.select("customer_id", topic="touch_point"),
    }
    counted = []
    for kind, rows in sources.items():
        told = merge_ids(rows.filter(rows.topic.notnull()), into)
        counted.append(told.group_by(["customer_id", "topic"]).aggregate(count=told.count()).mutate(kind=ibis.literal(kind)))
    every = ibis.union(counted[0], *counted[1:])
    return collect(every.select("customer_id", "kind", "topic", "count").order_by(["customer_id", "kind", "topic"]))


def count_channels(ledger: Ledger, as_of: date, middle: date, since: date) -> pd.DataFrame:
    """Sales of two windows by channel (requirement C6).

    Returns
    -------
    DataFrame
        One row per channel, sorted: `channel`, `count_before` and `count_orders`: orders placed after `since` until `middle`, and
        after `middle` until `as_of` (the later end of each inclusive). Orders without a channel, cancelled ones and those of
        nobody known are counted too: they show how people buy.
    """
    lines = ledger.table("order_lines", as_of)
    sales = lines.filter((lines.line_kind == "sale") & (lines.ordered_on > since)).mutate(channel=lines.channel.fill_null("unknown"))
    orders = sales.group_by("order_id").aggregate(channel=sales.channel.min(), ordered_on=sales.ordered_on.min())
    is_new = orders.ordered_on > middle
    table = orders.group_by("channel").aggregate(count_before=(~is_new).sum(), count_orders=is_new.sum())
    return collect(table.order_by("channel"))


def _master(ledger: Ledger, as_of: date, into: dict[str, str], patterns: NamePatterns) -> ir.Table:
    rows = ledger.table("customers", as_of)
    name = rows.name.strip().lower()
    kind = ibis.cases(
        (name.isnull() | (name == ""), ibis.null("string")),
        (name.re_search(patterns.company), "company"),
        (name.re_search(patterns.person), "person"),
        else_="other",
    )
    rows = rows.select("customer_id", *MASTER, name_kind=kind).mutate(own_id=lambda t: t.customer_id)
    rows = merge_ids(rows, into)
    order = [(rows.own_id != rows.customer_id).cast("int8"), rows.own_id]
    return rows.group_by("customer_id").aggregate(**{name: rows[name].first(order_by=order) for name in (*MASTER, "name_kind")})


def _sales(ledger: Ledger, as_of: date, into: dict[str, str]) -> list[ir.Table]:
    lines = ledger.table("order_lines", as_of)
    sales = lines.filter((lines.line_kind == "sale") & lines.customer_id.notnull())
    sales = merge_ids(sales.select("customer_id", "order_id", "channel", "discount", "quantity"), into)
    orders = sales.group_by(["customer_id", "order_id"]).aggregate(
        channel=sales.channel.min(), discount=sales.discount.max(), units=sales.quantity.sum()
    )
    totals = orders.group_by("customer_id").aggregate(
        count_sales=orders.count(),
        count_discounted=(orders.discount > 0).fill_null(False).sum(),
        units_per_order=orders.units.mean(),
    )
    used = orders.filter(orders.channel.notnull()).group_by(["customer_id", "channel"]).aggregate(count=lambda t: t.count())
    place = ibis.row_number().over(group_by=used.customer_id, order_by=[used["count"].desc(), used.channel])
    main = used.mutate(place=place).filter(lambda t: t.place == 0).select("customer_id", main_channel="channel")
    return [main, totals]


def _own_contacts(ledger: Ledger, as_of: date, into: dict[str, str]) -> ir.Table:
    rows = ledger.table("interactions", as_of)
    rows = rows.filter(ibis.coalesce(rows.direction != "outbound", True) | ibis.coalesce(rows.replied, False))
    rows = merge_ids(rows.select("customer_id", "occurred_at"), into)
    return rows.group_by("customer_id").aggregate(last_own_contact_at=rows.occurred_at.max())
