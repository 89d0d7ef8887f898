"""The three records of cleaning: rejected rows, repaired cells, flagged cells; by file and line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis.ledger.rules import REPAIRS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.cleaning import Bench, Judged

REJECTS = {"table": "string", "file": "string", "line": "int64", "rule": "string"}
NOTES = {"table": "string", "file": "string", "line": "int64", "column": "string", "rule": "string", "before": "string", "after": "string"}
"""A note is a repair or a flag: its rule says which."""


def list_rejects(judged: Judged) -> ir.Table | None:
    """One row per rejected row of a table; None when it has none."""
    import ibis

    if judged.counts["kept"] == judged.counts["rows"]:
        return None
    rows = judged.cells.filter(judged.cells._reject.notnull())
    return rows.select(table=ibis.literal(judged.table.name), file=rows._file, line=rows._line, rule=rows._reject)


def list_notes(bench: Bench, judged: Judged) -> ir.Table | None:
    """One row per cell of a kept row to which a rule applied; None when there is none."""
    import ibis

    parts = []
    for column in (column.name for column in judged.columns if judged.counts[f"{column.name}.ruled"]):
        rows = judged.kept.filter(judged.kept[f"{column}__r"].notnull())
        parts.append(
            rows.select(
                table=ibis.literal(judged.table.name), file=rows._file, line=rows._line, column=ibis.literal(column),
                rule=rows[f"{column}__r"], before=rows[column], after=rows[f"{column}__a"],
            )
        )  # fmt: skip
    return bench.keep(ibis.union(*parts) if len(parts) > 1 else parts[0], f"notes_{judged.table.name}") if parts else None


def list_flags(rows: ir.Table, table: str, column: str, rule: str) -> ir.Table:
    """Notes on cells that keep their value, from rows with ``_file`` and ``_line``."""
    import ibis

    none = ibis.null("string")
    return rows.select(
        table=ibis.literal(table), file=rows._file, line=rows._line, column=ibis.literal(column), rule=ibis.literal(rule), before=none, after=none
    )


def gather(bench: Bench, parts: Iterable[ir.Table | None], schema: dict[str, str], name: str) -> ir.Table:
    """All parts in one table, computed once; empty with the right types when there are none."""
    import ibis

    present = [part for part in parts if part is not None]
    if not present:
        return bench.load([], schema, name)
    return bench.keep(ibis.union(*present) if len(present) > 1 else present[0], name)


def split_notes(notes: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Repairs and flags. A flagged cell has no `after`: it is empty, or stands as it was."""
    repairs = notes.filter(notes.rule.isin(REPAIRS))
    flags = notes.filter(notes.rule.notin(REPAIRS)).select("table", "file", "line", "column", "rule")
    return repairs, flags


def count_rules(records: ir.Table) -> dict[str, dict[str, int]]:
    """Table -> rule -> records."""
    counted = records.group_by("table", "rule").aggregate(count=records.count()).order_by("table", "rule").to_pyarrow().to_pylist()
    found: dict[str, dict[str, int]] = {}
    for row in counted:
        found.setdefault(row["table"], {})[row["rule"]] = row["count"]
    return found
