"""A tiny clean ledger from literal frames, for tests of what reads one."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.contracts import DERIVED, LEDGER
from analysis.contracts.ledger import CLEAN_ONLY
from analysis.ledger import Ledger

TYPES: dict[str, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "level": pa.string(),
    "phone": pa.string(),
    "email": pa.string(),
    "money": pa.decimal128(18, 4),
    "number": pa.float64(),
    "integer": pa.int64(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
    "bool": pa.bool_(),
}
RECORDS = ("rejects", "repairs", "flags", "merges")


def write_clean(folder: Path, tables: dict[str, pd.DataFrame], **facts: Any) -> Ledger:
    """Write a clean folder and open it.

    Every canonical table exists afterwards, with right types; the ones not in `tables` are empty. Of order lines only
    `customer_id`, a date (`ordered_on`, text such as 2020-01-31) and an `amount` are needed: a negative amount is a
    cancellation, `cancels_ordered_on` the date of the order that it cancels. `orders.parquet` follows from them.

    `facts` (title, currency, zone, covered_until, ...) replace the defaults; `covered_until` is the last day of order
    lines by default.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    zone = ZoneInfo(facts.get("zone", "UTC"))
    given = {name: frame.copy() for name, frame in tables.items()}
    lines = _complete_lines(given.get("order_lines", pd.DataFrame({"customer_id": [], "ordered_on": [], "amount": []})), zone)
    given["order_lines"] = lines
    counts: dict[str, dict[str, Any]] = {}
    for name, table in LEDGER.items():
        columns = list(table.columns) + list(CLEAN_ONLY.get(name, ()))
        frame = given.pop(name, pd.DataFrame())
        arrow = _arrow(name, frame, [(c.name, c.kind) for c in columns])
        pq.write_table(arrow, folder / f"{name}.parquet")
        filled = {c: arrow.num_rows - arrow[c].null_count for c in arrow.column_names}
        counts[name] = {
            "files": [f"raw/{name}.csv"] if name in tables else [],
            "rows_read": arrow.num_rows,
            "rows_kept": arrow.num_rows,
            "rows_rejected": 0,
            "filled": filled,
            "mapped": list(frame.columns),
            "first_on": None,
            "last_on": None,
            "join_rate": None,
        }
    merges = given.get("merges")
    for name in RECORDS:
        columns = [(c.name, c.kind) for c in DERIVED[name].columns]
        pq.write_table(_arrow(name, given.pop(name, pd.DataFrame()), columns), folder / f"{name}.parquet")
    orders = given.pop("orders", None)
    orders = _orders(lines, merges) if orders is None else orders
    pq.write_table(_arrow("orders", orders, [(c.name, c.kind) for c in DERIVED["orders"].columns]), folder / "orders.parquet")
    if given:
        raise KeyError(f"no such clean table: {', '.join(given)}")
    last = max((day for day in lines["ordered_on"]), default=date(2020, 12, 31))
    known: dict[str, Any] = {
        "title": "Tiny",
        "currency": "GBP",
        "zone": "UTC",
        "home_country": None,
        "setting": "noncontractual",
        "founded": None,
        "covered_until": last.isoformat(),
        "covered_until_is_stated": True,
        "key": "tiny",
        "formats": {},
        "tables": counts,
        "rules": {"reject": {}, "repair": {}, "flag": {}},
        "cancellations": {},
        "anonymous": {},
    }
    (folder / "ledger.json").write_text(json.dumps(known | facts), encoding="utf-8")
    (folder / "tables.json").write_text(json.dumps({name: part["files"] for name, part in counts.items()}), encoding="utf-8")
    return Ledger(folder)


def order_lines(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Lines from (customer, day, amount) or (customer, day, amount, date of the cancelled order)."""
    return pd.DataFrame([(*row, None)[:4] for row in rows], columns=["customer_id", "ordered_on", "amount", "cancels_ordered_on"])


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _complete_lines(lines: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    lines = lines.copy()
    utc = ZoneInfo("UTC")
    if "ordered_at" not in lines:
        noon = [datetime.combine(pd.Timestamp(day).date(), time(12), tzinfo=zone) for day in lines["ordered_on"]]
        lines["ordered_at"] = [at.astimezone(utc).replace(tzinfo=None) for at in noon]
    lines["ordered_on"] = [pd.Timestamp(at).tz_localize(utc).tz_convert(zone).date() for at in lines["ordered_at"]]
    if "amount" not in lines:
        lines["amount"] = lines["quantity"] * lines["unit_price"]
    if "line_kind" not in lines:
        lines["line_kind"] = ["cancellation" if float(amount) < 0 else "sale" for amount in lines["amount"]]
    if "cancels_ordered_on" not in lines:
        lines["cancels_ordered_on"] = None
    lines["cancels_ordered_on"] = [_day(day) for day in lines["cancels_ordered_on"]]

    def own_id(customer: Any, day: date | None) -> str | None:
        return None if day is None else f"{customer}/{day}"

    if "order_id" not in lines:
        lines["order_id"] = [own_id(c, d) for c, d in zip(lines["customer_id"], lines["ordered_on"], strict=True)]
    if "cancels_order_id" not in lines:
        lines["cancels_order_id"] = [own_id(c, d) for c, d in zip(lines["customer_id"], lines["cancels_ordered_on"], strict=True)]
    if "line_id" not in lines:
        lines["line_id"] = [str(number) for number in range(1, len(lines) + 1)]
    return lines


def _orders(lines: pd.DataFrame, merges: pd.DataFrame | None) -> pd.DataFrame:
    into = {} if merges is None else dict(zip(merges["customer_id"], merges["merged_into"], strict=True))
    rows = lines[lines["customer_id"].notna()].copy()
    sale = rows["line_kind"] == "sale"
    rows = rows[sale | rows["cancels_ordered_on"].notna()]
    sale = rows["line_kind"] == "sale"
    rows["known_on"] = rows["ordered_on"]
    rows["ordered_on"] = rows["ordered_on"].where(sale, rows["cancels_ordered_on"])
    for _ in range(len(into)):
        rows["customer_id"] = [into.get(customer, customer) for customer in rows["customer_id"]]
    rows["amount"] = [Decimal(str(amount)) for amount in rows["amount"]]
    keys = ["customer_id", "order_id", "ordered_on", "known_on"]
    summed = rows.groupby(keys, as_index=False)["amount"].sum() if len(rows) else rows
    return summed[summed["amount"] != 0][["customer_id", "ordered_on", "known_on", "amount"]]


def _arrow(name: str, frame: pd.DataFrame, columns: list[tuple[str, str]]) -> pa.Table:
    unknown = set(frame.columns) - {column for column, _ in columns}
    if unknown:
        raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
    arrays = {}
    for column, kind in columns:
        values = list(frame[column]) if column in frame else [None] * len(frame)
        arrays[column] = pa.array([_cell(value, kind) for value in values], type=TYPES[kind])
    return pa.table(arrays)


def _cell(value: Any, kind: str) -> Any:
    if value is None or pd.isna(value):
        return None
    if kind == "money":
        return Decimal(str(value)).quantize(Decimal("0.0001"))
    if kind == "date":
        return pd.Timestamp(value).date()
    if kind == "time":
        return pd.Timestamp(value).to_pydatetime()
    if kind in ("number", "integer", "bool"):
        return {"number": float, "integer": int, "bool": bool}[kind](value)
    return str(value)
