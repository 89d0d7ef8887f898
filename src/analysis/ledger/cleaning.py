"""One staged table -> judged cells -> clean rows and the records of what was done.

Three steps, each an Ibis expression: read every cell (row-wise), judge what was read (row-wise, or against earlier rows
and the tables cleaned before), and shape what is kept into canonical columns.

In between, a canonical column ``x`` has its raw text in ``x``, its value in ``x__v``, the rule that applied in ``x__r``
and the text as read in ``x__a``; ``_reject`` is the rule that costs the row, null for rows that are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from analysis.contracts import LEDGER, Column, Table
from analysis.contracts.ledger import CLEAN_ONLY
from analysis.ledger.config import SourceConfig, TableConfig
from analysis.ledger.dates import offset_minutes
from analysis.ledger.judging import judge
from analysis.ledger.parsing import MOJIBAKE, Style, read_cells, unscramble
from analysis.ledger.zones import to_local, to_utc

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.params import LedgerParams

DTYPES = {"money": "decimal(18, 4)", "number": "float64", "integer": "int64", "date": "date", "time": "timestamp(6)", "bool": "boolean"}
"""Ibis types of the kinds of columns; all other kinds are text."""
ORIGIN = ("_file", "_line", "_row")
_WIDEST = datetime(1990, 1, 1), datetime(2040, 1, 1)


@dataclass
class Bench:
    """What cleaning works with: the engine, what the source says, and the tables that are already clean.

    Attributes
    ----------
    connection : ibis backend
        An engine of its own.
    config : SourceConfig
        The source's ledger.toml.
    params : LedgerParams
        Limits of the rules.
    clean : dict
        Canonical name -> clean table, for rules that look at another table.
    """

    connection: Any
    config: SourceConfig
    params: LedgerParams
    clean: dict[str, ir.Table] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The source's time zone."""
        return ZoneInfo(self.config.zone)

    @property
    def last_day(self) -> date | None:
        """The stated last day of the data, inclusive."""
        return self.config.covered_until or self.config.observed_on

    def keep(self, rows: ir.Table, name: str) -> ir.Table:
        """`rows` computed once."""
        return self.connection.create_table(name, rows, temp=True)

    def load(self, rows: list[dict[str, Any]], schema: dict[str, str], name: str) -> ir.Table:
        """A small table of Python values."""
        import ibis
        import pyarrow as pa

        return self.connection.create_table(name, pa.Table.from_pylist(rows, ibis.schema(schema).to_pyarrow()), temp=True)


@dataclass
class Judged:
    """A table after judgement.

    Attributes
    ----------
    table : Table
        Its contract.
    cells : ir.Table
        One row per staged row, columns as the module says.
    columns : tuple of Column
        Those that the source gives.
    counts : dict
        "<column>.filled" and "<column>.ruled" among kept rows, "rows", "kept".
    spans : dict
        Time column -> first and last local time read.
    """

    table: Table
    cells: ir.Table
    columns: tuple[Column, ...]
    counts: dict[str, Any]
    spans: dict[str, tuple[datetime, datetime]]

    @property
    def kept(self) -> ir.Table:
        """Rows that no rule rejected."""
        return self.cells.filter(self.cells._reject.isnull()) if self.counts["kept"] < self.counts["rows"] else self.cells

    def has(self, *names: str) -> bool:
        """Whether the source gives all of these columns."""
        return set(names) <= {column.name for column in self.columns}


def clean_table(bench: Bench, name: str, raw: ir.Table) -> Judged:
    """Read and judge a staged table.

    Parameters
    ----------
    bench : Bench
        With `clean` holding customers (and, for payments, invoices) where the source has them.
    name : str
        Canonical table.
    raw : ir.Table
        As staged: text columns, ``_file``, ``_line``, ``_row``.
    """
    table, config = LEDGER[name], bench.config.tables[name]
    columns = tuple(column for column in table.columns if column.name in raw.columns)
    cells = bench.keep(_read(raw, columns, bench.config, name), f"read_{name}")
    cells, spans = _mend(bench, cells, columns, name)
    duplicates = None if config.duplicates == "keep" else _exact_duplicates(bench, raw, name)
    judged = bench.keep(judge(bench, table, config, cells, columns, duplicates), f"judged_{name}")
    cells = _reject_duplicate_keys(bench, table, config, judged)
    result = Judged(table, cells, columns, {}, spans)
    result.counts = _count(result)
    return result


def _read(raw: ir.Table, columns: tuple[Column, ...], config: SourceConfig, name: str) -> ir.Table:
    formats, levels = config.formats(name), config.tables[name].levels
    styles = {
        column: Style(formats.get(column.name, "iso"), config.decimal(name, column.name), config.currency, config.symbol, levels.get(column.name))
        for column in columns
    }
    return read_cells(raw, styles)


def _mend(bench: Bench, cells: ir.Table, columns: tuple[Column, ...], name: str) -> tuple[ir.Table, dict[str, tuple[datetime, datetime]]]:
    """Apply what needs a look at the whole column first: stated offsets become local times, scrambled texts are decoded."""
    asked = {}
    for column in columns:
        if column.kind == "time":
            value = cells[f"{column.name}__v"]
            asked |= {f"{column.name}.offsets": cells[f"{column.name}__o"].count(), f"{column.name}.first": value.min(), f"{column.name}.last": value.max()}
        elif column.kind == "text":
            asked[f"{column.name}.suspects"] = cells[column.name].re_search(MOJIBAKE).sum()
    if not asked:
        return cells, {}
    found = cells.aggregate(**asked).to_pyarrow().to_pylist()[0]
    spans = {c.name: (found[f"{c.name}.first"], found[f"{c.name}.last"]) for c in columns if found.get(f"{c.name}.first")}
    for column in columns:
        if found.get(f"{column.name}.offsets"):
            cells = _apply_offsets(bench, cells, column.name)
        if found.get(f"{column.name}.suspects"):
            cells = _decode(bench, cells, column.name, name)
    return cells, spans


def _apply_offsets(bench: Bench, cells: ir.Table, column: str) -> ir.Table:
    """A time with an offset is an instant: keep it in ``x__u``, and its local time in ``x__v``."""
    import ibis

    wall, offset = cells[f"{column}__v"], cells[f"{column}__o"]
    instant = wall - offset_minutes(offset).as_interval("m")
    local = to_local(instant, bench.zone, *_WIDEST)
    return cells.mutate(**{f"{column}__u": ibis.ifelse(offset.notnull(), instant, None), f"{column}__v": ibis.ifelse(offset.notnull(), local, wall)})


def _decode(bench: Bench, cells: ir.Table, column: str, name: str) -> ir.Table:
    """Only the few distinct suspects leave the engine; each is decided by decoding it."""
    import ibis

    value = cells[f"{column}__v"]
    suspects = cells.filter(value.re_search(MOJIBAKE)).select(text=value).distinct().to_pyarrow().column("text").to_pylist()
    decoded = [{"scrambled": text, "decoded": unscramble(text)} for text in sorted(suspects) if unscramble(text) != text]
    if not decoded:
        return cells
    pairs = bench.load(decoded, {"scrambled": "string", "decoded": "string"}, f"decoded_{name}_{column}")
    joined = cells.left_join(pairs, value == pairs.scrambled)
    is_found = joined.decoded.notnull()
    return joined.mutate(
        **{
            f"{column}__v": ibis.ifelse(is_found, joined.decoded, joined[f"{column}__v"]),
            f"{column}__r": ibis.ifelse(is_found, "mojibake", joined[f"{column}__r"]),
            f"{column}__a": ibis.ifelse(is_found, joined.decoded, joined[f"{column}__a"]),
        }
    ).drop("scrambled", "decoded")


def _exact_duplicates(bench: Bench, raw: ir.Table, name: str) -> ir.Table | None:
    """``_row`` of rows whose every text repeats an earlier row; None when there is none.

    Rows are compared by text; hashes only pick the candidates.
    """
    import ibis

    texts = [raw[column] for column in raw.columns if column not in ORIGIN]
    hashed = raw.select(raw._row, _hash=ibis.literal("\x1f").join(texts).hash())
    twice = hashed.group_by("_hash").aggregate(_count=hashed.count()).filter(lambda t: t._count > 1)
    candidates = bench.keep(hashed.semi_join(twice, "_hash").select("_row"), f"twins_{name}")
    if not candidates.count().to_pyarrow().as_py():
        return None
    rows = raw.filter(raw._row.isin(candidates._row))
    earlier = ibis.row_number().over(group_by=[rows[c] for c in rows.columns if c not in ORIGIN], order_by=rows._row)
    return bench.keep(rows.mutate(_earlier=earlier).filter(lambda t: t._earlier > 0).select("_row"), f"duplicates_{name}")


def _reject_duplicate_keys(bench: Bench, table: Table, config: TableConfig, judged: ir.Table) -> ir.Table:
    """Of the rows that stand so far, the first one of a key stays."""
    import ibis

    key = [column for column in config.key or table.key if column in judged.columns]
    if not key or (table.name == "order_lines" and not config.key and "line_id" not in key):
        return judged
    # a customer without updated_at is one version; any other empty part of a key says nothing
    filled = [judged[f"{column}__v"].notnull() for column in key if column != "updated_at"]
    standing = judged.filter(judged._reject.isnull(), *filled)
    values = [f"{column}__v" for column in key]
    twice = standing.group_by(values).aggregate(_count=standing.count()).filter(lambda t: t._count > 1)
    if not twice.count().to_pyarrow().as_py():
        return judged
    earlier = ibis.row_number().over(group_by=values, order_by=standing._row)
    later = bench.keep(standing.mutate(_earlier=earlier).filter(lambda t: t._earlier > 0).select("_row"), f"repeated_{table.name}")
    return judged.mutate(_reject=ibis.ifelse(judged._row.isin(later._row), "duplicate_key", judged._reject))


def _count(judged: Judged) -> dict[str, Any]:
    cells = judged.cells
    is_kept = cells._reject.isnull()
    asked = {"rows": cells.count(), "kept": is_kept.sum()}
    for column in judged.columns:
        asked[f"{column.name}.filled"] = cells[f"{column.name}__v"].count(where=is_kept)
        asked[f"{column.name}.ruled"] = cells[f"{column.name}__r"].count(where=is_kept)
    found = cells.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return {name: value or 0 for name, value in found.items()}


def shape(bench: Bench, judged: Judged) -> ir.Table:
    """Kept rows in canonical columns and types, UTC times; columns that the source lacks are empty."""
    kept = judged.kept
    return kept.select(**{column.name: _value(bench, judged, kept, column) for column in judged.table.columns}, _row=kept._row)


def _value(bench: Bench, judged: Judged, rows: ir.Table, column: Column) -> ir.Value:
    import ibis

    dtype = DTYPES.get(column.kind, "string")
    if f"{column.name}__v" not in rows.columns:
        return ibis.null(dtype)
    value = rows[f"{column.name}__v"]
    if column.kind == "time" and column.name in judged.spans:
        value = to_utc(value, bench.zone, *judged.spans[column.name])
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
