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
from analysis.ledger.reading import Sheet, merge_readings, open_sheet, read_odd_cells, together
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


def clean_tables(
    bench: Bench, raw: dict[str, ir.Table], tell: Callable[[str], None], hand_over: Callable[[], None] = lambda: None
) -> tuple[dict[str, Judged], ir.Table]:
    """Read and judge all tables of a source.

    Parameters
    ----------
    bench : Bench
        Its `clean` gets the tables that rules of other tables look at.
    raw : dict
        Canonical name -> staged table.
    tell : callable
        Told what is being done.
    hand_over : callable
        Called when `FIRST` tables are clean, before others are judged.

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
    duplicates = find_duplicates(bench, list(sheets.values()))
    judged: dict[str, Judged] = {}
    for batch in (*([name] for name in FIRST), LEDGER):
        names = [name for name in batch if name in sheets and name not in judged]
        tell(f"judging {', '.join(names)}")
        judged |= judge_tables(bench, [sheets[name] for name in names], readings, duplicates, f"{len(judged)}")
        if batch is not LEDGER:
            bench.clean |= {name: bench.keep(shape(bench, judged[name]), f"clean_{name}") for name in names if judged[name].kept}
        if batch == ["customers"]:
            hand_over()
    return judged, readings


def judge_tables(bench: Bench, sheets: list[Sheet], readings: ir.Table, duplicates: ir.Table | None, label: str) -> dict[str, Judged]:
    """Judge tables that do not look at each other; see `analysis.ledger.judging`."""
    import ibis

    tables = {}
    for sheet in sheets:
        name = sheet.table.name
        merged = merge_readings(sheet, readings, ruled_columns(sheet.table, {column.name for column in sheet.columns}))
        mine = duplicates.filter(duplicates.table == name) if duplicates is not None and sheet.has_twins else None
        tables[name] = bench.keep(judge(bench, sheet, merged, mine), f"judged_{name}")
    repeated, which = find_repeated_keys(bench, {sheet.table.name: (key_of(sheet), tables[sheet.table.name]) for sheet in sheets}, label)
    judged = {}
    for sheet in sheets:
        name, cells = sheet.table.name, tables[sheet.table.name]
        if repeated is not None and name in which:
            mine = repeated.filter(repeated.table == name)
            cells = cells.mutate(_reject=ibis.ifelse(cells._row.isin(mine._row), "duplicate_key", cells._reject))
        judged[name] = _count(bench, sheet, cells)
    return judged


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def find_duplicates(bench: Bench, sheets: list[Sheet]) -> ir.Table | None:
    """Rows whose every text repeats an earlier row of their table: ``table``, ``_row``; None when there is none.

    Rows are compared by text; hashes only pick the candidates.
    """
    import ibis

    suspects = [sheet for sheet in sheets if sheet.has_twins]
    if not suspects:
        return None
    hashed = together([sheet.cells.select("_row", "_hash", table=ibis.literal(sheet.table.name)) for sheet in suspects])
    twice = hashed.group_by("table", "_hash").aggregate(_count=lambda t: t.count()).filter(lambda t: t._count > 1)
    twins = bench.keep(hashed.semi_join(twice, ["table", "_hash"]).select("table", "_row"), "twins")
    whole = together([_whole(sheet, twins) for sheet in suspects])
    earlier = ibis.row_number().over(group_by=[whole.table, whole.text], order_by=whole._row)
    return bench.keep(whole.mutate(_earlier=earlier).filter(lambda t: t._earlier > 0).select("table", "_row"), "duplicates")


def _whole(sheet: Sheet, twins: ir.Table) -> ir.Table:
    import ibis

    name, raw = sheet.table.name, sheet.raw
    rows = raw.filter(raw._row.isin(twins.filter(twins.table == name)._row))
    return rows.select("_row", table=ibis.literal(name), text=ibis.literal("\x1f").join([rows[column.name] for column in sheet.columns]))


def find_repeated_keys(bench: Bench, tables: dict[str, tuple[list[str], ir.Table]], label: str) -> tuple[ir.Table | None, set[str]]:
    """Of the rows that stand so far, all but the first one of a key.

    Parameters
    ----------
    tables : dict
        Canonical name -> columns of the key, and judged rows.

    Returns
    -------
    repeated : ir.Table or None
        ``table``, ``_row``.
    which : set of str
        Tables that have such rows.
    """
    import ibis

    parts = []
    for name, (key, rows) in tables.items():
        if key:
            # a customer without updated_at is one version; any other empty part of a key says nothing
            filled = [rows[column].notnull() for column in key if column != "updated_at"]
            texts = [rows[column].cast("string").fill_null("") for column in key]
            text = texts[0] if len(texts) == 1 else ibis.literal("\x1f").join(texts)
            parts.append(rows.filter(rows._reject.isnull(), *filled).select("_row", table=ibis.literal(name), key=text))
    if not parts:
        return None, set()
    keyed = together(parts)
    twice = keyed.group_by("table", "key").aggregate(_count=lambda t: t.count()).filter(lambda t: t._count > 1)
    several = keyed.semi_join(twice, ["table", "key"])
    earlier = ibis.row_number().over(group_by=[several.table, several.key], order_by=several._row)
    repeated = bench.keep(several.mutate(_earlier=earlier).filter(lambda t: t._earlier > 0).select("table", "_row"), f"repeated_{label}")
    return repeated, set(repeated.select("table").distinct().to_pyarrow().column("table").to_pylist())


def _count(bench: Bench, sheet: Sheet, cells: ir.Table) -> Judged:
    is_kept = cells._reject.isnull()
    asked: dict[str, ir.Value] = {"rows": cells.count(), "kept": is_kept.sum()}
    for column in sheet.columns:
        asked[f"{column.name}.filled"] = cells[column.name].count(where=is_kept)
        if f"{column.name}__f" in cells.columns:
            asked[f"{column.name}.faults"] = cells[f"{column.name}__f"].count(where=is_kept)
    when = "updated_at" if sheet.table.name == "customers" else sheet.table.known
    if when in {column.name for column in sheet.columns}:
        asked |= {"first": cells[when].min(where=is_kept), "last": cells[when].max(where=is_kept)}
    found = bench.ask(cells, asked)
    filled = {column.name: found[f"{column.name}.filled"] for column in sheet.columns}
    faults = {name: found[f"{name}.faults"] for name in filled if found.get(f"{name}.faults")}
    return Judged(sheet, cells, found["rows"], found["kept"], filled, faults, _day(found.get("first")), _day(found.get("last")))


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
