"""Staged tables -> judged tables -> clean rows.

Three steps, each an Ibis expression: read every cell, judge what was read (row-wise, or against earlier rows and the
tables cleaned before), and shape what is kept into canonical columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from analysis.contracts import LEDGER, Column, Table
from analysis.contracts.ledger import CLEAN_ONLY
from analysis.ledger.bench import Bench
from analysis.ledger.judging import judge, key_of, ruled_columns
from analysis.ledger.parsing import DTYPES
from analysis.ledger.reading import ORIGIN, Sheet, merge_readings, open_sheet, read_odd_cells
from analysis.ledger.zones import to_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

FIRST = ("customers", "invoices")
"""Tables that rules of other tables look at."""


@dataclass
class Judged:
    """A table after judgement.

    Attributes
    ----------
    sheet : Sheet
        How it was read.
    cells : ir.Table
        One row per staged row: ``_file``, ``_line``, ``_row``; each column's value, times local; ``<column>__f``, the rule
        that emptied the cell; ``_rule`` and ``_action`` of the source's own rule; ``_reject``, the rule that costs the row.
    rows, kept : int
        Number of rows, and of those that no rule rejected.
    filled, faults : dict
        Column -> cells of kept rows that are filled, that a rule emptied.
    first_on, last_on : date or None
        Local days between which the kept rows became known, inclusive.
    """

    sheet: Sheet
    cells: ir.Table
    rows: int
    kept: int
    filled: dict[str, int]
    faults: dict[str, int]
    first_on: date | None = None
    last_on: date | None = None

    @property
    def table(self) -> Table:
        """Its contract."""
        return self.sheet.table

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that the source gives."""
        return self.sheet.columns

    @property
    def standing(self) -> ir.Table:
        """Rows that no rule rejected."""
        return self.cells.filter(self.cells._reject.isnull()) if self.kept < self.rows else self.cells

    def has(self, *names: str) -> bool:
        """Whether the source gives all of these columns."""
        return set(names) <= {column.name for column in self.columns}


def clean_tables(bench: Bench, raw: dict[str, ir.Table], tell: Callable[[str], None]) -> tuple[dict[str, Judged], ir.Table]:
    """Read and judge all tables of a source.

    Parameters
    ----------
    bench : Bench
        Its `clean` gets the tables that rules of other tables look at.
    raw : dict
        Canonical name -> staged table.
    tell : callable
        Told what is being done.

    Returns
    -------
    judged : dict
        Canonical name -> judged table.
    readings : ir.Table
        The odd cells of all tables, as `analysis.ledger.reading.read_odd_cells` says.
    """
    sheets = {}
    for name, rows in raw.items():
        tell(f"reading the cells of {name}")
        sheets[name] = open_sheet(bench, name, rows)
    readings = read_odd_cells(bench, sheets)
    judged = {}
    for name in sorted(sheets, key=lambda name: (name not in FIRST, list(LEDGER).index(name))):
        tell(f"judging {name}")
        judged[name] = judge_table(bench, sheets[name], readings)
        if name in FIRST and judged[name].kept:
            bench.clean[name] = bench.keep(shape(bench, judged[name]), f"clean_{name}")
    return judged, readings


def judge_table(bench: Bench, sheet: Sheet, readings: ir.Table) -> Judged:
    """Judge one table; see `analysis.ledger.judging`."""
    table = sheet.table
    names = {column.name for column in sheet.columns}
    duplicates = _exact_duplicates(bench, sheet) if sheet.has_twins and sheet.config.duplicates == "reject" else None
    merged = merge_readings(sheet, readings, ruled_columns(table, names))
    judged = bench.keep(judge(bench, sheet, merged, duplicates), f"judged_{table.name}")
    found = _count(bench, sheet, judged)
    if found["standing"] > found["keys"]:
        judged = _reject_duplicate_keys(bench, sheet, judged)
        found = _count(bench, sheet, judged)
    filled = {column.name: found[f"{column.name}.filled"] for column in sheet.columns}
    faults = {name: found[f"{name}.faults"] for name in filled if found.get(f"{name}.faults")}
    return Judged(sheet, judged, found["rows"], found["kept"], filled, faults, _day(found["first"]), _day(found["last"]))


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _exact_duplicates(bench: Bench, sheet: Sheet) -> ir.Table | None:
    """``_row`` of rows whose every text repeats an earlier row; None when there is none.

    Rows are compared by text; hashes only pick the candidates.
    """
    import ibis

    hashed = sheet.cells.select("_row", "_hash")
    twice = hashed.group_by("_hash").aggregate(_count=hashed.count()).filter(lambda t: t._count > 1)
    candidates = bench.keep(hashed.semi_join(twice, "_hash").select("_row"), f"twins_{sheet.table.name}")
    rows = sheet.raw.filter(sheet.raw._row.isin(candidates._row))
    earlier = ibis.row_number().over(group_by=[rows[column] for column in rows.columns if column not in ORIGIN], order_by=rows._row)
    return bench.keep(rows.mutate(_earlier=earlier).filter(lambda t: t._earlier > 0).select("_row"), f"duplicates_{sheet.table.name}")


def _keyed(sheet: Sheet, judged: ir.Table) -> tuple[list[str], ir.BooleanValue | None]:
    """Columns of the key that the source gives, and which standing rows have all of it."""
    import ibis

    key = key_of(sheet)
    # a customer without updated_at is one version; any other empty part of a key says nothing
    filled = [judged[column].notnull() for column in key if column != "updated_at"]
    return key, ibis.and_(judged._reject.isnull(), *filled) if key else None


def _reject_duplicate_keys(bench: Bench, sheet: Sheet, judged: ir.Table) -> ir.Table:
    """Of the rows that stand so far, the first one of a key stays."""
    import ibis

    key, is_standing = _keyed(sheet, judged)
    standing = judged.filter(is_standing)
    twice = standing.group_by(key).aggregate(_count=standing.count()).filter(lambda t: t._count > 1)
    several = standing.semi_join(twice, [standing[column].identical_to(twice[column]) for column in key])
    earlier = ibis.row_number().over(group_by=key, order_by=several._row)
    later = bench.keep(several.mutate(_earlier=earlier).filter(lambda t: t._earlier > 0).select("_row"), f"repeated_{sheet.table.name}")
    return judged.mutate(_reject=ibis.ifelse(judged._row.isin(later._row), "duplicate_key", judged._reject))


def _count(bench: Bench, sheet: Sheet, judged: ir.Table) -> dict[str, Any]:
    import ibis

    is_kept = judged._reject.isnull()
    asked: dict[str, ir.Value] = {"rows": judged.count(), "kept": is_kept.sum()}
    for column in sheet.columns:
        asked[f"{column.name}.filled"] = judged[column.name].count(where=is_kept)
        if f"{column.name}__f" in judged.columns:
            asked[f"{column.name}.faults"] = judged[f"{column.name}__f"].count(where=is_kept)
    when = "updated_at" if sheet.table.name == "customers" else sheet.table.known
    has_when = when in {column.name for column in sheet.columns}
    asked |= {"first": judged[when].min(where=is_kept), "last": judged[when].max(where=is_kept)} if has_when else {}
    key, is_standing = _keyed(sheet, judged)
    if key:
        parts = [judged[column].cast("string").fill_null("") for column in key]
        whole = parts[0] if len(parts) == 1 else ibis.literal("\x1f").join(parts)
        asked |= {"standing": is_standing.sum(), "keys": whole.nunique(where=is_standing)}
    return {"first": None, "last": None, "standing": 0, "keys": 0} | bench.ask(judged, asked)


def shape(bench: Bench, judged: Judged) -> ir.Table:
    """Kept rows in canonical columns and types, times in UTC, and ``_row``; columns that the source lacks are empty."""
    rows = judged.standing
    return rows.select(**{column.name: _value(bench, judged, rows, column) for column in judged.table.columns}, _row=rows._row)


def _value(bench: Bench, judged: Judged, rows: ir.Table, column: Column) -> ir.Value:
    import ibis

    dtype = DTYPES.get(column.kind, "string")
    if not judged.has(column.name):
        return ibis.null(dtype)
    value = rows[column.name]
    if column.kind == "time" and column.name in judged.sheet.spans:
        value = to_utc(value, bench.zone, *judged.sheet.spans[column.name])
        if f"{column.name}__u" in rows.columns:
            value = ibis.coalesce(rows[f"{column.name}__u"], value)
    return value.cast(dtype)


def empty_table(table: Table) -> Any:
    """A canonical table that the source lacks: no rows, the right columns and types (pyarrow)."""
    import ibis
    import pyarrow as pa

    columns = (*table.columns, *CLEAN_ONLY.get(table.name, ()))
    return pa.schema([(c.name, ibis.dtype(DTYPES.get(c.kind, "string")).to_pyarrow()) for c in columns]).empty_table()


def in_order(rows: ir.Table, *first: str) -> ir.Table:
    """`rows` sorted by `first`, then by all other columns, so that the order of the raw rows does not show."""
    return rows.order_by([*first, *(column for column in rows.columns if column not in first)])
