"""Staged tables -> their cells as typed values, and the odd cells of all tables in one list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analysis.contracts import LEDGER, Column, Table
from analysis.ledger.bench import Bench
from analysis.ledger.config import TableConfig
from analysis.ledger.dates import offset_minutes
from analysis.ledger.parsing import MOJIBAKE, Style, read_odd, style_of, unscramble, usual_value
from analysis.ledger.zones import to_local

if TYPE_CHECKING:
    import ibis.expr.types as ir

ORIGIN = ("_file", "_line", "_row")
ODD = {"table": "string", "column": "string", "style": "int64", "_file": "string", "_line": "int64", "_row": "int64", "raw": "string"}
_READINGS = ODD | {"value": "string", "rule": "string", "after": "string", "offset": "string", "instant": "string"}
_WIDEST = datetime(1990, 1, 1), datetime(2040, 1, 1)


@dataclass
class Sheet:
    """A staged table while it is read.

    Attributes
    ----------
    table : Table
        Its contract.
    config : TableConfig
        What ledger.toml says about it.
    raw : ir.Table
        As staged.
    styles : dict
        Column that the source gives -> how its cells are written.
    cells : ir.Table
        One row per staged row: ``_file``, ``_line``, ``_row``; each column's value, null where the cell is empty or odd;
        ``<column>__odd``, the text of odd cells; ``_rule`` and ``_action`` of the source's own rule that holds.
    odd : dict
        Column -> number of odd cells, where there are any.
    spans : dict
        Time column -> first and last local time read.
    has_twins : bool
        Whether some row may repeat another one, and must not.
    """

    table: Table
    config: TableConfig
    raw: ir.Table
    styles: dict[Column, Style]
    cells: ir.Table
    odd: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    has_twins: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that the source gives."""
        return tuple(self.styles)


def open_sheet(bench: Bench, name: str, raw: ir.Table) -> Sheet:
    """Read the cells of a staged table that are written as expected, and count the others."""
    table, config = LEDGER[name], bench.config.tables[name]
    formats, said = bench.config.formats(name), bench.config
    styles = {
        column: style_of(
            column,
            formats.get(column.name, "iso"),
            said.decimal(name, column.name),
            said.currency,
            said.symbol,
            config.levels.get(column.name, {}),
        )
        for column in table.columns
        if column.name in raw.columns
    }
    sheet = Sheet(table, config, raw, styles, bench.keep(_usual(raw, styles, config), f"cells_{name}"))
    _measure(bench, sheet)
    return sheet


def _usual(raw: ir.Table, styles: dict[Column, Style], config: TableConfig) -> ir.Table:
    import ibis

    names = [column.name for column in styles]
    values = {f"{column.name}__v": usual_value(raw[column.name], column, style) for column, style in styles.items()}
    whole = ibis.literal("\x1f").join([raw[name] for name in names]).hash()
    rows = raw.mutate(**values, _hash=whole, **_source_rule(raw, config))
    odd = {f"{name}__odd": ibis.ifelse(rows[f"{name}__v"].isnull(), rows[name].nullif(""), None) for name in names}
    return rows.select(*ORIGIN, "_hash", "_rule", "_action", **{name: rows[f"{name}__v"] for name in names}, **odd)


def _source_rule(raw: ir.Table, config: TableConfig) -> dict[str, ir.StringValue]:
    """Name and action of the first of the source's own rules that holds."""
    import ibis

    def holds(when: dict[str, str]) -> ir.BooleanValue:
        if not set(when) <= set(raw.columns):
            return ibis.literal(False)
        return ibis.and_(*[raw[column].re_search(f"^(?:{pattern})$") for column, pattern in when.items()])

    cases = [(holds(rule.when), rule) for rule in config.rows]
    none = ibis.null("string")
    return {
        "_rule": ibis.cases(*[(condition, rule.rule) for condition, rule in cases], else_=none) if cases else none,
        "_action": ibis.cases(*[(condition, rule.action) for condition, rule in cases], else_=none) if cases else none,
    }


def _measure(bench: Bench, sheet: Sheet) -> None:
    cells = sheet.cells
    asked: dict[str, ir.Value] = {"rows": cells.count(), "hashes": cells._hash.nunique()}
    for column in sheet.columns:
        asked[f"{column.name}.odd"] = cells[f"{column.name}__odd"].count()
        if column.kind == "time":
            asked |= {f"{column.name}.first": cells[column.name].min(), f"{column.name}.last": cells[column.name].max()}
    found = bench.ask(cells, asked)
    sheet.has_twins = found["hashes"] < found["rows"] and sheet.config.duplicates == "reject"
    sheet.odd = {column.name: found[f"{column.name}.odd"] for column in sheet.columns if found[f"{column.name}.odd"]}
    sheet.spans = {c.name: (found[f"{c.name}.first"], found[f"{c.name}.last"]) for c in sheet.columns if found.get(f"{c.name}.first")}


def together(parts: list[ir.Table]) -> ir.Table:
    """All rows of tables with the same columns."""
    import ibis

    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def read_odd_cells(bench: Bench, sheets: dict[str, Sheet]) -> ir.Table:
    """Read the odd cells of all tables, those of one style together.

    Returns
    -------
    ir.Table
        One row per odd cell: ``table, column, _file, _line, _row, raw``, and as `analysis.ledger.parsing.read_odd` says
        ``value, rule, after``; of a time with an offset, ``value`` is local and ``instant`` is UTC.
    """
    styles = list(dict.fromkeys(style for sheet in sheets.values() for column, style in sheet.styles.items() if column.name in sheet.odd))
    if not styles:
        return bench.load([], _READINGS, "readings")
    listed = together([_list_odd(sheet, styles) for sheet in sheets.values() if sheet.odd])
    odd = listed.mutate(column=listed.cell["column"], style=listed.cell["style"], raw=listed.cell["raw"]).filter(lambda t: t.raw.notnull())
    odd = bench.keep(odd.select(*ODD), "odd_cells")
    read = [read_odd(odd.filter(odd["style"] == number), style) for number, style in enumerate(styles)]
    readings = bench.keep(together(read), "odd_readings")
    readings = _decode(bench, readings, [number for number, style in enumerate(styles) if style.kind == "text"])
    readings = bench.keep(_apply_offsets(bench, readings), "readings")
    _widen_spans(bench, sheets, readings, [number for number, style in enumerate(styles) if style.kind == "time"])
    return readings


def _list_odd(sheet: Sheet, styles: list[Style]) -> ir.Table:
    """One row per column of each row that has an odd cell: ``cell`` is its column, the number of its style, and its text."""
    import ibis

    columns = {column.name: styles.index(style) for column, style in sheet.styles.items() if column.name in sheet.odd}
    rows = sheet.cells.filter(ibis.or_(*[sheet.cells[f"{name}__odd"].notnull() for name in columns]))
    numbers = {name: ibis.literal(number, "int64") for name, number in columns.items()}
    each = [ibis.struct({"column": name, "style": number, "raw": rows[f"{name}__odd"]}) for name, number in numbers.items()]
    return rows.select(*ORIGIN, table=ibis.literal(sheet.table.name), cell=ibis.array(each).unnest())


def _decode(bench: Bench, readings: ir.Table, texts: list[int]) -> ir.Table:
    """Undo wrong encodings. Only the few distinct suspects leave the engine; each is decided by decoding it."""
    import ibis

    is_suspect = readings["style"].isin(texts) & readings.value.re_search(MOJIBAKE)
    suspects = readings.filter(is_suspect).select("value").distinct().to_pyarrow().column("value").to_pylist() if texts else []
    decoded = [{"scrambled": text, "decoded": unscramble(text)} for text in sorted(suspects) if unscramble(text) != text]
    if not decoded:
        return readings
    pairs = bench.load(decoded, {"scrambled": "string", "decoded": "string"}, "decoded")
    joined = readings.left_join(pairs, [readings.value == pairs.scrambled, readings["style"].isin(texts)])
    return joined.mutate(
        value=ibis.coalesce(joined.decoded, joined.value),
        rule=ibis.ifelse(joined.decoded.notnull(), "mojibake", joined.rule),
        after=ibis.coalesce(joined.decoded, joined.after),
    ).drop("scrambled", "decoded")


def _apply_offsets(bench: Bench, readings: ir.Table) -> ir.Table:
    """A time with an offset is an instant, which has a local time."""
    import ibis

    none = ibis.null("string")
    if not readings.offset.count().to_pyarrow().as_py():
        return readings.mutate(instant=none)
    has_offset = readings.offset.notnull()
    instant = readings.value.try_cast("timestamp") - offset_minutes(readings.offset).as_interval("m")
    local = to_local(instant, bench.zone, *_WIDEST)
    return readings.mutate(
        instant=ibis.ifelse(has_offset, instant.cast("string"), none), value=ibis.ifelse(has_offset, local.cast("string"), readings.value)
    )


def _widen_spans(bench: Bench, sheets: dict[str, Sheet], readings: ir.Table, times: list[int]) -> None:
    if not times:
        return
    at = readings.value.try_cast("timestamp")
    rows = readings.filter(readings["style"].isin(times) & readings.value.notnull())
    spans = rows.group_by("table", "column").aggregate(first=at.min(), last=at.max()).to_pyarrow().to_pylist()
    for row in spans:
        span = sheets[row["table"]].spans
        first, last = span.get(row["column"], (row["first"], row["last"]))
        span[row["column"]] = min(first, row["first"]), max(last, row["last"])


def merge_readings(sheet: Sheet, readings: ir.Table, ruled: Any) -> ir.Table:
    """The sheet's cells with the readings of its odd ones.

    Parameters
    ----------
    sheet, readings
        As above.
    ruled : collection of str
        Columns of which the rule that left them empty matters.

    Returns
    -------
    ir.Table
        As `Sheet.cells` without the texts of odd cells; beside them ``<column>__r``, the rule of an odd cell, for columns in
        `ruled`, and ``<column>__u``, the instant of a time, where some state an offset.
    """
    import ibis

    names = [column.name for column in sheet.columns]
    kept = [*ORIGIN, "_rule", "_action"]
    if not sheet.odd:
        return sheet.cells.select(*kept, *names, **{f"{name}__r": ibis.null("string") for name in ruled})
    mine = readings.filter(readings.table == sheet.table.name)
    wide = {}
    for column in (column for column in sheet.columns if column.name in sheet.odd):
        is_here = mine["column"] == column.name
        wide[f"{column.name}__v"] = mine.value.max(where=is_here)
        if column.name in ruled:
            wide[f"{column.name}__r"] = mine.rule.max(where=is_here)
        if column.kind == "time":
            wide[f"{column.name}__u"] = mine.instant.max(where=is_here)
    fixes = mine.group_by("_row").aggregate(**wide)
    rows = sheet.cells.left_join(fixes, "_row").drop("_row_right")
    values = {}
    for column in sheet.columns:
        value = rows[column.name]
        values[column.name] = (
            value if column.name not in sheet.odd else ibis.coalesce(value, rows[f"{column.name}__v"].try_cast(value.type()))
        )
        if column.name in ruled:
            values[f"{column.name}__r"] = rows[f"{column.name}__r"] if column.name in sheet.odd else ibis.null("string")
        if column.name in sheet.odd and column.kind == "time":
            values[f"{column.name}__u"] = rows[f"{column.name}__u"].try_cast("timestamp(6)")
    return rows.select(*kept, **values)
