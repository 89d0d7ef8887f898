"""Customer numbers and dimensions: is every number one customer's, what is filled, and what is valid."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from analysis.contracts import Missing
from analysis.contracts.ledger import CONTACT_CHANNELS
from analysis.history.orders import collect, merge_ids, order_days, survivors

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

REUSED_NUMBERS = ("duplicate_key", "exact_duplicate", "padded_id", "float_id", "orphan_customer")
OLDEST_YEARS = 110
KEPT_UNDER_FLAG = ("near_duplicate",)
"""Flags of cells that stay as they are."""
RECENT_DAYS = 90
PATTERNS = {
    "name": r"[\p{L}\p{N}]",
    "phone": r"^\+?[0-9]{5,15}$",
    "email": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
}
"""What a filled cell must look like to be valid, beyond what cleaning has emptied already."""
BASIC = ("name", "phone", "email", "address", "city", "region", "country", "birth_date", "gender", "customer_type", "industry", "joined_on")
PERSONAL, OF_TRADE = ("birth_date", "gender"), ("industry",)
"""Dimensions that companies, or people, do not have."""


def check_numbers(ledger: Ledger, as_of: date) -> pd.DataFrame | Missing:
    """Whether the permanent customer numbers are unique (requirement E18).

    Returns
    -------
    DataFrame
        One row a check: `number_check`, `count`. As known by the end of `as_of`: ``customers`` (rows of master data) and
        ``distinct_numbers`` among them, which agree; ``doubles``, numbers of customers who have another number too. Of the files as
        they were read, whatever the date: ``duplicate_key``, rows with the number of an earlier row and other content (a number
        given twice); ``exact_duplicate``, rows that stood twice; ``padded_id`` and ``float_id``, numbers that had to be mended; and
        ``orphan_customer``, rows of other tables whose number is nobody's.
    """
    if not ledger.has("customers"):
        return Missing("customers", (), ("E18",))
    rows = ledger.table("customers", as_of)
    found = rows.aggregate(rows=rows.count(), numbers=rows.customer_id.nunique()).to_pyarrow().to_pylist()[0]
    counts = {"customers": found["rows"], "distinct_numbers": found["numbers"], "doubles": len(survivors(ledger, as_of))}
    fired = ledger.facts["rules"]
    for rule in REUSED_NUMBERS:
        tables = [
            part for action in fired.values() for name, part in action.items() if (name == "customers") != (rule == "orphan_customer")
        ]
        counts[rule] = sum(part.get(rule, 0) for part in tables)
    return pd.DataFrame(counts.items(), columns=["number_check", "count"])


def fill_basic(ledger: Ledger, as_of: date) -> pd.DataFrame | Missing:
    """Fill and validity of the basic dimensions, as known by the end of `as_of` (requirement E1).

    A dimension that only people have (or only companies) is counted over customers not known to be the other. A filled cell is
    valid where it looks like what it should be (`PATTERNS`; a birth date: at most `OLDEST_YEARS` years ago). Cells that could not be
    read, or held what cannot be, were emptied by cleaning: they count as not filled, and as not valid.

    Returns
    -------
    DataFrame
        One row a dimension that the source gives: `dimension`, `count_customers` (to whom it applies), `count_filled`,
        `share_filled`, `count_doubtful` (filled and not valid; missing where there is no rule), `count_emptied` (by cleaning; over the
        files as they were read, whatever the date), `share_valid` (of the filled and the emptied; missing where neither tells).
    """
    if not ledger.has("customers"):
        return Missing("customers", (), ("E1",))
    rows = ledger.table("customers", as_of)
    given = [name for name in BASIC if ledger.has("customers", name)]
    parts: dict[str, ir.Value] = {}
    for name in given:
        applies = _applies(rows, name)
        filled = applies & rows[name].notnull()
        parts |= {f"n_{name}": applies.sum(), f"filled_{name}": filled.sum()}
        valid = _is_valid(rows, name, as_of)
        if valid is not None:
            parts[f"valid_{name}"] = (filled & valid).sum()
    if not parts:
        return Missing("customers", BASIC, ("E1",))
    found = {key: value or 0 for key, value in rows.aggregate(**parts).to_pyarrow().to_pylist()[0].items()}
    table = pd.DataFrame(
        [(name, found[f"n_{name}"], found[f"filled_{name}"], found.get(f"valid_{name}")) for name in given],
        columns=["dimension", "count_customers", "count_filled", "valid"],
    )
    valid = table["valid"].astype("Float64")
    emptied = table["dimension"].map(_count_emptied(ledger)).fillna(0).astype("int64")
    given_cells = table["count_filled"] + emptied
    share = (valid.fillna(table["count_filled"]) / given_cells.where(given_cells > 0)).where(valid.notna() | (emptied > 0))
    return table.assign(
        share_filled=_share(table["count_filled"], table["count_customers"]),
        count_doubtful=(table["count_filled"] - valid).astype("Int64"),
        count_emptied=emptied,
        share_valid=share.astype("Float64").to_numpy(dtype=float, na_value=float("nan")),
    )[["dimension", "count_customers", "count_filled", "share_filled", "count_doubtful", "count_emptied", "share_valid"]]


def cover_behaviour(ledger: Ledger, as_of: date, customers: pd.DataFrame, recent_days: int = RECENT_DAYS) -> pd.DataFrame:
    """How many customers each way of dealing with them reaches (requirement E2).

    Parameters
    ----------
    customers : DataFrame
        The month's table: who is counted.
    recent_days : int
        Length of the window that ends with `as_of`, inclusive.

    Returns
    -------
    DataFrame
        One row a dimension, ``purchase`` first, then the channels of contact that the source has: `dimension`, `count_events` (order
        days, contacts), `count_customers` with any, `share_customers`, `count_recent` (events of the window).
    """
    since = pd.Timestamp(as_of - timedelta(days=recent_days))
    into = survivors(ledger, as_of)
    days = order_days(ledger, as_of, into=into).select("customer_id", happened_on="ordered_on").mutate(dimension=ibis.literal("purchase"))
    contacts = merge_ids(ledger.table("interactions", as_of), into)
    local = contacts.occurred_at.cast("timestamp('UTC')").cast(f"timestamp('{ledger.zone.key}')").date()
    contacts = contacts.select("customer_id", happened_on=local, dimension=contacts.channel)
    counted = []
    for rows in (days, contacts):
        groups = rows.group_by("dimension").aggregate(
            count_events=rows.count(), count_customers=rows.customer_id.nunique(), count_recent=(rows.happened_on > since.date()).sum()
        )
        counted.append(collect(groups))
    table = pd.concat(counted, ignore_index=True)
    order = {name: place for place, name in enumerate(("purchase", *CONTACT_CHANNELS))}
    table = table.sort_values("dimension", key=lambda names: names.map(order), ignore_index=True)
    table["share_customers"] = table["count_customers"] / max(len(customers), 1)
    return table[["dimension", "count_events", "count_customers", "share_customers", "count_recent"]]


def count_rules(ledger: Ledger) -> pd.DataFrame | Missing:
    """What cleaning did to master data, by rule (requirement E20): `action`, `rule`, `count_rows`; of the files as they were read."""
    if not ledger.has("customers"):
        return Missing("customers", (), ("E20",))
    fired = ledger.facts["rules"]
    rows = [(action, rule, count) for action, tables in fired.items() for rule, count in tables.get("customers", {}).items()]
    table = pd.DataFrame(rows, columns=["action", "rule", "count_rows"])
    order = {"reject": 0, "repair": 1, "flag": 2}
    table = table.sort_values(["count_rows", "rule"], ascending=[False, True])
    return table.sort_values("action", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def _count_emptied(ledger: Ledger) -> dict[str, int]:
    """Cells of master data that cleaning emptied under a flag, by column."""
    flags = ledger.read("flags")
    flags = flags.filter((flags.table == "customers") & flags.rule.notin(KEPT_UNDER_FLAG))
    counts = collect(flags.group_by("column").aggregate(count=flags.count()))
    return dict(zip(counts["column"], counts["count"], strict=True))


def _applies(rows: ir.Table, name: str) -> ir.BooleanValue:
    if name in PERSONAL:
        return ibis.coalesce(rows.customer_type != "business", True)
    if name in OF_TRADE:
        return ibis.coalesce(rows.customer_type != "individual", True)
    return rows.customer_id.notnull()


def _is_valid(rows: ir.Table, name: str, as_of: date) -> ir.BooleanValue | None:
    if name in PATTERNS:
        return rows[name].re_search(PATTERNS[name])
    if name == "birth_date":
        return (rows.birth_date <= as_of) & (rows.birth_date > as_of.replace(year=as_of.year - OLDEST_YEARS, day=min(as_of.day, 28)))
    return None


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)
