"""The clean ledger on disk, read as of a date."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from analysis.contracts import LEDGER, Column, Table
from analysis.contracts.check import check_columns
from analysis.contracts.ledger import CLEAN_ONLY

if TYPE_CHECKING:
    import ibis.expr.types as ir

FACTS = "ledger.json"
RECORDS = ("rejects", "repairs", "flags")


class LedgerError(ValueError):
    """A source that cannot be read as it stands; the message says what to do."""


def instant_after(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after local `day`, as naive UTC: what is known by the end of `day` is known before it."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


class Ledger:
    """A clean ledger: canonical tables and the records of cleaning, as Ibis tables on DuckDB.

    Parameters
    ----------
    folder : Path
        ``data/<source>/clean``: one Parquet file a table, and ``ledger.json`` with the facts of cleaning.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._read: dict[str, ir.Table] = {}
        if not (self.folder / FACTS).is_file():
            raise LedgerError(f"{self.folder.parent.name}: no clean ledger yet; run: make report SOURCE={self.folder.parent.name}")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What cleaning found: title, currency, zone, founded, covered_until, rows per table, rules, detected formats."""
        return json.loads((self.folder / FACTS).read_text(encoding="utf-8"))

    @property
    def zone(self) -> ZoneInfo:
        """The source's time zone, by which days are cut."""
        return ZoneInfo(self.facts["zone"])

    @property
    def covered_until(self) -> date:
        """The last day that the data cover, inclusive."""
        return date.fromisoformat(self.facts["covered_until"])

    @property
    def observed_on(self) -> date | None:
        """The day that a snapshot shows; None where the source is no snapshot."""
        said = self.facts.get("observed_on")
        return date.fromisoformat(said) if said else None

    @property
    def is_contractual(self) -> bool:
        """Whether customers leave by ending a contract."""
        return self.facts["setting"] == "contractual"

    @cached_property
    def connection(self) -> Any:
        """An in-memory DuckDB, through Ibis."""
        import ibis

        return ibis.duckdb.connect()

    @cached_property
    def merges(self) -> list[tuple[str, str, date]]:
        """All merges, sorted: an id, the id that it was merged into, and the day from which this is known."""
        rows = self.read("merges").select("customer_id", "merged_into", "known_on").order_by("customer_id").to_pyarrow()
        return list(zip(*(rows[name].to_pylist() for name in ("customer_id", "merged_into", "known_on")), strict=True))

    def check_unchanged(self) -> None:
        """Raise `LedgerError` where the source was cleaned anew since its facts were read here."""
        if json.loads((self.folder / FACTS).read_text(encoding="utf-8"))["key"] != self.facts["key"]:
            raise LedgerError(
                f"{self.folder.parent.name}: the source was cleaned anew meanwhile; start the notebook again from its first cell"
            )

    def read(self, name: str) -> ir.Table:
        """A Parquet file of the clean folder, all dates."""
        if name not in self._read:
            rows = self.connection.read_parquet(str(self.folder / f"{name}.parquet"), table_name=f"clean_{name}")
            check_columns(name, rows)  # rows were held to the contract when they were written
            self._read[name] = rows
        return self._read[name]

    def has(self, name: str, *columns: str) -> bool:
        """Whether the source gave this table, with all of `columns` filled somewhere."""
        given = self.facts["tables"].get(name, {})
        return given.get("rows_kept", 0) > 0 and all(given.get("filled", {}).get(column, 0) > 0 for column in columns)

    def table(self, name: str, as_of: date | None = None) -> ir.Table:
        """A canonical table; with `as_of` (inclusive, local), only what was known by the end of that day.

        Rows not yet known are left out (of a snapshot, contracts without a start are known from the day it shows); a column
        that becomes known later than its row (`Column.known`) is blank until then. Of `customers` who had not joined later,
        the newest version known by then stands; where the source keeps only a later version, its earliest one does.
        `products` are taken as they stand.
        """
        rows = self.read(name)
        return rows if as_of is None else mask(rows, LEDGER[name], as_of, self.zone, self.observed_on)

    def orders(self, as_of: date | None = None) -> ir.Table:
        """Sales and cancellations of known customers (contract `orders`), those known by the end of `as_of`."""
        rows = self.read("orders")
        return rows if as_of is None else rows.filter(rows.known_on <= as_of)


def is_known(rows: ir.Table, column: str, as_of: date, zone: ZoneInfo) -> ir.BooleanValue:
    """Whether the date or time in `column` had come by the end of local day `as_of` (inclusive); blank where it is blank."""
    value = rows[column]
    return value <= as_of if value.type().is_date() else value < instant_after(as_of, zone)


def mask(rows: ir.Table, table: Table, as_of: date, zone: ZoneInfo, observed_on: date | None = None) -> ir.Table:
    """`rows` of a canonical table as they were known by the end of local day `as_of` (inclusive).

    In a snapshot of `observed_on`, a contract without a start, and an end without a date, are known from that day.
    """
    import ibis

    end = instant_after(as_of, zone)

    columns = set(rows.columns)
    is_snapshot = table.name == "contracts" and observed_on is not None
    later = [column for column in (*table.columns, *CLEAN_ONLY.get(table.name, ())) if {column.name, column.known} <= columns]
    undated = is_snapshot and observed_on is not None and observed_on <= as_of

    def has_come(column: Column) -> ir.BooleanValue:
        known = is_known(rows, column.known, as_of, zone)
        return known | rows[column.known].isnull() if undated else known

    blank = {c.name: ibis.ifelse(has_come(c), rows[c.name], ibis.null(rows[c.name].type())) for c in later}
    kept = rows
    if table.known and table.known in columns:
        known = is_known(rows, table.known, as_of, zone)
        kept = rows.filter(known if is_snapshot and not undated else rows[table.known].isnull() | known)
    if table.name == "customers" and "joined_on" in columns:
        kept = rows = rows.filter(rows.joined_on.isnull() | is_known(rows, "joined_on", as_of, zone))
    if table.name == "customers" and "updated_at" in columns:
        # of the known versions the newest, one without a time last; where there is none, the earliest of the later ones
        past = ibis.ifelse(rows.updated_at < end, rows.updated_at, ibis.null("timestamp"))
        order = [(rows.updated_at >= end).fill_null(False), past.desc(nulls_first=False), rows.updated_at]
        version = ibis.row_number().over(group_by=rows.customer_id, order_by=order)
        kept = rows.mutate(_version=version).filter(lambda t: t._version == 0).drop("_version")
    return kept.mutate(**blank) if blank else kept
