"""Can the data be trusted? Finished tables of what was read, left out, mended and missing, and a verdict."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import ibis
import pandas as pd

from analysis.contracts import LEDGER, Missing
from analysis.ledger.store import RECORDS, Ledger, is_known
from analysis.params import Params
from analysis.period import Period

if TYPE_CHECKING:
    import ibis.expr.types as ir

Level = Literal["fit", "warn", "stop"]
EXAMPLES = 3
MATTERS = {
    ("order_lines", "customer_id"): ("customers", "segments", "churn", "value"),
    ("order_lines", "order_id"): ("customers",),
    ("customers", "customer_type"): ("customers",),
    ("customers", "region"): ("customers",),
    ("customers", "country"): ("customers",),
}
"""Columns whose gaps weaken a chapter, and which ones."""


@dataclass(frozen=True)
class Reason:
    """Why the verdict is not better: a key of ``ledger.reason``, the numbers of its sentence, and the chapters it touches."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    chapters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """``fit``, ``warn`` (fit with warnings) or ``stop``, and why."""

    level: Level
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Accounts:
    """Rows and money followed from what was read to what is used; see `reconcile`."""

    rows: pd.DataFrame
    money: pd.DataFrame | Missing


def sources(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """Tables that the source gives, as known by the end of `as_of` (inclusive).

    Returns
    -------
    DataFrame
        One row per table: `table`, `count_rows`, `first_on`, `last_on` (local dates; missing for master data),
        `count_named` (rows that name a customer, rejected orphans included), `join_share` (of those, whose customer is
        in the customer table; whole source, whatever the date).
    """
    rows = []
    for name, facts in _given(ledger):
        known = LEDGER[name].known
        table = ledger.table(name, as_of)
        dated = "ordered_on" if name == "order_lines" else known
        parts = {"rows": table.count()} | ({"first": table[dated].min(), "last": table[dated].max()} if dated else {})
        found = table.aggregate(**parts).to_pyarrow().to_pylist()[0]
        join = facts.get("join_rate") or {}
        named = join.get("rows")
        rows.append(
            {
                "table": name,
                "count_rows": found["rows"],
                "first_on": _day(found.get("first"), ledger),
                "last_on": _day(found.get("last"), ledger),
                "count_named": named,
                "join_share": join["known"] / named if named else None,
            }
        )
    columns = ["table", "count_rows", "first_on", "last_on", "count_named", "join_share"]
    return pd.DataFrame(rows, columns=columns).astype({"count_named": "Int64", "join_share": float})


def reconcile(ledger: Ledger, as_of: date) -> Accounts:
    """Every row and every amount, accounted for.

    Returns
    -------
    Accounts
        `rows`: one row per table of the whole source: `table`, `rows_read`, `rows_kept`, `rows_rejected`, `share_rejected`;
        read = kept + rejected. `money`: one row per item, as known by the end of `as_of`: `item`, `count_rows`, `amount`
        (currency): ``gross_sales`` (all sale lines), of them ``anonymous_sales``; ``matched_cancellations``;
        ``unmatched_cancellations`` (of known customers) and ``anonymous_cancellations``, which undo no order that was
        found; ``net`` = gross and the three of them (cancellations are negative), which is the sum of all kept lines.
        `Missing` where the source has no order lines.
    """
    rows = pd.DataFrame(
        [(name, facts["rows_read"], facts["rows_kept"], facts["rows_rejected"]) for name, facts in _given(ledger)],
        columns=["table", "rows_read", "rows_kept", "rows_rejected"],
    )
    rows["share_rejected"] = rows["rows_rejected"] / rows["rows_read"].where(rows["rows_read"] > 0)
    if not ledger.has("order_lines"):
        return Accounts(rows, Missing("order_lines", (), ("A8",)))
    lines = ledger.table("order_lines", as_of)
    sale, found, known = lines.line_kind == "sale", lines.cancels_ordered_on.notnull(), lines.customer_id.notnull()
    items = {
        "gross_sales": sale,
        "anonymous_sales": sale & ~known,
        "matched_cancellations": ~sale & found,
        "unmatched_cancellations": ~sale & ~found & known,
        "anonymous_cancellations": ~sale & ~found & ~known,
        "net": lines.line_kind.notnull(),
    }
    parts = {f"n_{name}": which.sum() for name, which in items.items()} | {
        f"a_{name}": which.ifelse(lines.amount, Decimal(0)).sum() for name, which in items.items()
    }
    sums = lines.aggregate(**parts).to_pyarrow().to_pylist()[0]
    money = [(name, sums[f"n_{name}"] or 0, float(sums[f"a_{name}"] or 0)) for name in items]
    return Accounts(rows, pd.DataFrame(money, columns=["item", "count_rows", "amount"]))


def rules(ledger: Ledger) -> pd.DataFrame:
    """Rules that fired in the whole source, whatever the date of their rows.

    Returns
    -------
    DataFrame
        One row per action, table and rule, largest first within an action: `action` (``reject``, ``repair``, ``flag``),
        `table`, `rule`, `count_rows`, `examples` (the first lines, as ``file:line``; never a value).
    """
    parts = [_count_record(ledger.read(record), record.removesuffix("s")) for record in RECORDS]
    table = pd.concat(parts, ignore_index=True)
    order = {record.removesuffix("s"): position for position, record in enumerate(RECORDS)}
    table["place"] = table["action"].map(order)
    table = table.sort_values(["place", "count_rows", "table", "rule"], ascending=[True, False, True, True])
    return table.drop(columns="place").reset_index(drop=True)


def _count_record(record: ir.Table, action: str) -> pd.DataFrame:
    by_rule = ["table", "rule"]
    counts = record.group_by(by_rule).aggregate(count_rows=record.count()).to_pandas()
    place = ibis.row_number().over(group_by=by_rule, order_by=["file", "line"])
    first = record.select(*by_rule, "file", "line").distinct().mutate(place=place).filter(lambda t: t.place < EXAMPLES)
    first = first.order_by([*by_rule, "place"]).to_pandas()
    first["examples"] = first["file"].str.split("/").str[-1] + ":" + first["line"].astype(str)
    joined = first.groupby(by_rule)["examples"].agg(", ".join).reset_index()
    return counts.merge(joined, on=by_rule, how="left").assign(action=action)[["action", *by_rule, "count_rows", "examples"]]


def missing(ledger: Ledger, as_of: date, tables: Collection[str] = tuple(LEDGER)) -> pd.DataFrame:
    """Empty and filled cells of the columns that the source gives, as known by the end of `as_of`.

    Columns that become known later than their row (a case that is not resolved yet) are no gaps and are left out.

    Returns
    -------
    DataFrame
        One row per column with an empty or a filled cell, emptiest first: `table`, `column`, `count_rows`,
        `count_missing`, `share_missing`, `count_filled` (cells that a rule filled; whole source).
    """
    filled = ledger.read("repairs").filter(lambda t: t.rule.startswith("filled"))
    by_column = filled.group_by(["table", "column"]).aggregate(count_filled=filled.count()).to_pandas()
    counted = {(row.table, row.column): row.count_filled for row in by_column.itertuples()}
    rows = []
    for name, facts in _given(ledger):
        if name not in tables:
            continue
        table = ledger.table(name, as_of)
        later = {column.name for column in LEDGER[name].columns if column.known}
        columns = [column for column in facts["mapped"] if column not in later]
        blanks = {column: table[column].isnull().sum() for column in columns}
        found = table.aggregate(rows=table.count(), **blanks).to_pyarrow().to_pylist()[0]
        rows += [(name, column, found["rows"], found[column] or 0, counted.get((name, column), 0)) for column in columns]
    frame = pd.DataFrame(rows, columns=["table", "column", "count_rows", "count_missing", "count_filled"])
    frame.insert(4, "share_missing", frame["count_missing"] / frame["count_rows"].where(frame["count_rows"] > 0))
    frame = frame[(frame["count_missing"] > 0) | (frame["count_filled"] > 0)]
    return frame.sort_values(["share_missing", "table", "column"], ascending=[False, True, True], ignore_index=True)


def change(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """Rows that became known in the month that ends with `as_of`, beside the month before.

    Returns
    -------
    DataFrame
        One row per dated table (contracts of a snapshot that names no start are not): `table`, `count_before` (known by the
        end of last month), `count_new_before` (of them in last month), `count_new` (this month), `count_rows` (by now),
        `change` (`count_new` against `count_new_before`, a share; missing where that is 0).
    """
    period = Period.of(as_of)
    days = [period.as_of, period.previous.as_of, period.shift(-2).as_of]
    rows = []
    for name, _ in _given(ledger):
        is_undated = name == "contracts" and ledger.observed_on is not None and not ledger.has(name, "started_on")
        if LEDGER[name].known and not is_undated:
            table = ledger.read(name)
            column = LEDGER[name].known
            known = [(table[column].isnull() | is_known(table, column, day, ledger.zone)).sum() for day in days]
            counts = dict(zip(("now", "before", "earlier"), known, strict=True))
            found = {key: value or 0 for key, value in table.aggregate(**counts).to_pyarrow().to_pylist()[0].items()}
            now, before = found["now"], found["before"]
            rows.append((name, before, before - found["earlier"], now - before, now))
    frame = pd.DataFrame(rows, columns=["table", "count_before", "count_new_before", "count_new", "count_rows"])
    return frame.assign(change=frame["count_new"] / frame["count_new_before"].where(frame["count_new_before"] > 0) - 1)


def merges(ledger: Ledger, as_of: date) -> pd.DataFrame:
    """Customers found to be doubles of another by the end of `as_of` (requirement A2): `rule`, `count_customers`; no ids."""
    rows = ledger.read("merges")
    rows = rows.filter(rows.known_on <= as_of)
    return rows.group_by("rule").aggregate(count_customers=rows.count()).order_by("rule").to_pandas()


def verdict(ledger: Ledger, as_of: date, params: Params) -> Verdict:
    """Fit for use, fit with warnings, or stop; limits are `params.ledger`."""
    limits, reasons = params.ledger, list[Reason]()
    level: Level = "fit"
    accounts = reconcile(ledger, as_of)
    for row in accounts.rows.itertuples():
        if row.rows_rejected >= limits.warn_reject_rows and row.share_rejected > limits.warn_reject_share:
            reasons.append(Reason("rejects", {"table": row.table, "share": row.share_rejected}, _touched(row.table)))
            if row.table in ("order_lines", "contracts") and row.share_rejected > limits.stop_reject_share:
                level = "stop"
    for row in missing(ledger, as_of, {table for table, _ in MATTERS}).itertuples():
        if (row.table, row.column) in MATTERS and row.share_missing > limits.warn_missing_share:
            fields = {"table": row.table, "column": row.column, "share": row.share_missing}
            reasons.append(Reason("missing", fields, MATTERS[row.table, row.column]))
    if not isinstance(accounts.money, Missing):
        money = accounts.money.set_index("item")
        lost, found = money["count_rows"]["unmatched_cancellations"], money["count_rows"]["matched_cancellations"]
        if lost > limits.warn_unmatched_share * (lost + found):
            fields = {"count": int(lost), "share": lost / (lost + found), "amount": -float(money["amount"]["unmatched_cancellations"])}
            reasons.append(Reason("unmatched", fields, ("customers", "value")))
    outliers = ledger.facts["rules"]["flag"].get("order_lines", {}).get("outlier_quantity", 0)
    if outliers:
        reasons.append(Reason("outliers", {"count": outliers}, ("customers", "value")))
    if level == "fit" and reasons:
        level = "warn"
    return Verdict(level, tuple(reasons))


def notes(ledger: Ledger) -> tuple[Reason, ...]:
    """What a reader should know of the source, whatever its verdict; keys of ``ledger.note``."""
    facts, found = ledger.facts, []
    customers = facts["tables"].get("customers", {})
    if customers.get("rows_kept") and "updated_at" not in customers.get("mapped", []):
        found.append(Reason("master_as_it_stands"))
    first = facts["tables"]["order_lines"].get("first_on")
    if first and not (facts["founded"] and (date.fromisoformat(first) - date.fromisoformat(facts["founded"])).days <= 31):
        found.append(Reason("first_orders_unknown", {"day": date.fromisoformat(first)}))
    if ledger.observed_on is not None:
        found.append(Reason("snapshot", {"day": ledger.observed_on}))
    if not facts["covered_until_is_stated"]:
        found.append(Reason("end_from_data", {"day": ledger.covered_until}))
    return tuple(found)


def _given(ledger: Ledger) -> list[tuple[str, dict[str, Any]]]:
    """Tables that the source gives, in canonical order, with their facts."""
    return [(name, ledger.facts["tables"][name]) for name in LEDGER if ledger.facts["tables"].get(name, {}).get("files")]


def _day(value: Any, ledger: Ledger) -> pd.Timestamp | None:
    """A date, or the local date of a UTC time."""
    if value is None:
        return None
    stamp = pd.Timestamp(value)
    return stamp.tz_localize("UTC").tz_convert(ledger.zone).tz_localize(None).normalize() if hasattr(value, "hour") else stamp


def _touched(table: str) -> tuple[str, ...]:
    return ("customers", "segments", "churn", "value") if table in ("order_lines", "customers", "contracts") else ("churn",)
