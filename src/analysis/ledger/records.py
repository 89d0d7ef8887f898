"""The three records of cleaning: rejected rows, repaired cells, flagged cells; by file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.ledger.reading import together
from analysis.ledger.rules import REPAIRS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import Judged

REJECTS = {"table": "string", "file": "string", "line": "int64", "rule": "string"}
_REJECTED = REJECTS | {"row": "int64"}
_NOTES = {"table": "string", "column": "string", "file": "string", "line": "int64", "row": "int64", "rule": "string"}


def list_rejects(bench: Bench, judged: dict[str, Judged]) -> ir.Table:
    """One row per staged row that a rule rejected: ``table, file, line, rule, row``."""
    import ibis

    parts = []
    for name, part in judged.items():
        if part.kept < part.rows:
            rows = part.cells.filter(part.cells._reject.notnull())
            parts.append(rows.select(table=ibis.literal(name), file=rows._file, line=rows._line, rule=rows._reject, row=rows._row))
    return _together(bench, parts, _REJECTED, "rejected")


def list_notes(
    bench: Bench, judged: dict[str, Judged], readings: ir.Table, rejected: ir.Table, more: list[ir.Table]
) -> tuple[ir.Table, ir.Table]:
    """Repairs and flags of kept rows.

    Parameters
    ----------
    readings : ir.Table
        Odd cells (`analysis.ledger.reading.read_odd_cells`).
    rejected : ir.Table
        From `list_rejects`.
    more : list of ir.Table
        From `list_flags`: cells that keep their value.

    Returns
    -------
    repairs : ir.Table
        ``table, file, line, column, rule, before, after``.
    flags : ir.Table
        ``table, file, line, column, rule``; the cell is empty now, or stands as it was.
    """
    import ibis

    emptied = _together(bench, [_list_faults(part) for part in judged.values() if part.faults], _NOTES, "emptied")
    read = readings.filter(readings.rule.notnull()).select(
        "table", "column", "rule", file="_file", line="_line", row="_row", before="raw", after="after"
    )
    read = read.anti_join(rejected, ["table", "row"]).anti_join(emptied, ["table", "column", "row"])
    is_repair = read.rule.isin(REPAIRS)
    repairs = read.filter(is_repair).select("table", "file", "line", "column", "rule", "before", "after")
    if "order_lines" in judged and "_home" in judged["order_lines"].cells.columns:
        rows = judged["order_lines"].standing.filter(lambda t: t._home.notnull())
        filled = rows.select(
            table=ibis.literal("order_lines"), file=rows._file, line=rows._line, column=ibis.literal("country"),
            rule=ibis.literal("filled_country"), before=ibis.literal(""), after=rows._home,
        )  # fmt: skip
        repairs = repairs.union(filled)
    columns = ("table", "file", "line", "column", "rule")
    flags = [read.filter(~is_repair).select(*columns), emptied.select(*columns), *(part.select(*columns) for part in more)]
    return repairs, ibis.union(*flags)


def list_flags(rows: ir.Table, table: str, column: str, rule: str) -> ir.Table:
    """Flags on cells that keep their value, from rows with ``_file``, ``_line`` and ``_row``."""
    import ibis

    return rows.select(
        table=ibis.literal(table), column=ibis.literal(column), file=rows._file, line=rows._line, row=rows._row, rule=ibis.literal(rule)
    )


def _list_faults(judged: Judged) -> ir.Table:
    """Cells of kept rows that a rule emptied."""
    import ibis

    rows = judged.standing
    rows = rows.filter(ibis.or_(*[rows[f"{column}__f"].notnull() for column in judged.faults]))
    each = [ibis.struct({"column": column, "rule": rows[f"{column}__f"]}) for column in judged.faults]
    cells = rows.select("_file", "_line", "_row", cell=ibis.array(each).unnest())
    listed = cells.select(
        table=ibis.literal(judged.table.name), column=cells.cell["column"], file="_file", line="_line", row="_row", rule=cells.cell["rule"]
    )
    return listed.filter(listed.rule.notnull())


def _together(bench: Bench, parts: list[ir.Table], schema: dict[str, str], name: str) -> ir.Table:
    return bench.keep(together(parts), name) if parts else bench.load([], schema, name)


def count_rules(records: ir.Table) -> dict[str, dict[str, int]]:
    """Table -> rule -> records."""
    counted = records.group_by("table", "rule").aggregate(count=records.count()).order_by("table", "rule").to_pyarrow().to_pylist()
    found: dict[str, dict[str, int]] = {}
    for row in counted:
        found.setdefault(row["table"], {})[row["rule"]] = row["count"]
    return found
