"""The tables of a source, cleaned in parts: one process does all of them, or several do some each.

A part stages, cleans and writes its tables, and leaves its records of cleaning in files of its own. The only table that
one part needs of another is `customers`, whose part writes it first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import DERIVED, LEDGER
from analysis.contracts.check import check
from analysis.contracts.ledger import CLEAN_ONLY
from analysis.ledger.config import SourceConfig
from analysis.ledger.store import LedgerError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import Judged
    from analysis.ledger.options import Detected
    from analysis.ledger.readers import Staged
    from analysis.params import LedgerParams

RECORDS = ("rejects", "repairs", "flags")
GROUPS = (
    ("customers", "order_lines"),
    ("invoices", "payments", "feedback", "surveys", "needs", "contracts", "exits", "products"),
    ("interactions", "points", "consents", "actions", "referrals"),
)
"""Tables that are cleaned together when several processes work: rules that compare tables stay within one, but for customers."""
_WAIT_SECONDS = 0.01


@dataclass(frozen=True)
class Job:
    """What a part is to do.

    Attributes
    ----------
    folder : Path
        ``data/<source>``.
    work, out : Path
        Where its own files and the clean tables go.
    config, params
        The source's ledger.toml, and the limits of the rules.
    names : tuple of str
        Canonical tables.
    threads : int
        Of the engine.
    """

    folder: Path
    work: Path
    out: Path
    config: SourceConfig
    params: LedgerParams
    names: tuple[str, ...]
    threads: int

    @property
    def label(self) -> str:
        """Tells the files of the parts apart."""
        return self.names[0]


@dataclass
class Part:
    """What a part found.

    Attributes
    ----------
    tables : dict
        Canonical name -> facts of the table, as in ledger.json.
    detected : dict
        Table -> column -> format that nobody stated.
    cancellations, anonymous : dict
        Facts of order_lines, empty in other parts.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    detected: dict[str, dict[str, Detected]] = field(default_factory=dict)
    cancellations: dict[str, Any] = field(default_factory=dict)
    anonymous: dict[str, Any] = field(default_factory=dict)


def clean_part(job: Job, tell: Callable[[str], None] = lambda words: None) -> Part:
    """Stage, clean and write the tables of `job`.

    Raises
    ------
    LedgerError
        One line: what is wrong with a raw file, or that the part that cleans `customers` failed.
    """
    import ibis

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import clean_tables

    part = Part()
    try:
        staged, config = _stage(job, part, tell)
        connection = ibis.duckdb.connect(temp_directory=str(job.work / f"spill-{job.label}"), threads=job.threads)
        connection.raw_sql("SET enable_progress_bar = false")
        bench = Bench(connection, config, job.params)
        with _layered():
            raw = {name: connection.read_parquet(str(table.path), table_name=f"raw_{name}") for name, table in staged.items()}
            judged, readings = clean_tables(bench, raw, tell, lambda: _customers(bench, job))
            tell("linking and writing")
            _write(bench, judged, readings, staged, part, job)
        connection.disconnect()
    finally:
        if "customers" in job.names and not _handed_over(job).exists():
            _handed_over(job).with_suffix(".none").touch()
    return part


def _stage(job: Job, part: Part, tell: Callable[[str], None]) -> tuple[dict[str, Staged], SourceConfig]:
    """Staged tables, and the config with the formats that were detected."""
    from analysis.ledger.readers import detect_formats, stage

    def stage_one(name: str) -> Staged:
        tell(f"reading {name}")
        staged = stage(job.config, job.folder, name, job.work / "staged" / f"{name}.parquet")
        if found := detect_formats(job.config, name, staged):
            part.detected[name] = found
        return staged

    with ThreadPoolExecutor(job.threads) as pool:
        staged = dict(zip(job.names, pool.map(stage_one, job.names), strict=True))
    known = {name: job.config.detected.get(name, {}) | found for name, found in part.detected.items()}
    return staged, job.config.model_copy(update={"detected": job.config.detected | known})


@contextmanager
def _layered() -> Iterator[None]:
    """Keep layers of an expression apart: merged into one, their SQL would repeat every step wherever it is used."""
    import ibis

    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


def _handed_over(job: Job) -> Path:
    return job.work / "customers.parquet"


def _customers(bench: Bench, job: Job) -> None:
    """Hand the clean customers over to the other parts, or take them from the part that cleans them."""
    path = _handed_over(job)
    if "customers" in job.names:
        if "customers" in bench.clean and len(job.names) < len(job.config.tables):
            bench.connection.to_parquet(bench.clean["customers"], path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)
        return
    if "customers" not in job.config.tables:
        return
    while not path.exists():
        if path.with_suffix(".none").exists():
            raise LedgerError(f"{job.folder.name}: customers could not be cleaned, so no other table was")
        time.sleep(_WAIT_SECONDS)
    customers = bench.connection.read_parquet(str(path), table_name="customers_elsewhere")
    if customers.count().to_pyarrow().as_py():
        bench.clean["customers"] = customers


def _write(bench: Bench, judged: dict[str, Judged], readings: ir.Table, staged: dict[str, Staged], part: Part, job: Job) -> None:
    from analysis.ledger import facts
    from analysis.ledger.cleaning import in_order, shape
    from analysis.ledger.records import list_flags, list_notes, list_rejects

    flags = []
    clean = {
        name: bench.clean[name] if name in bench.clean else shape(bench, table) for name, table in judged.items() if name != "order_lines"
    }
    lines = None
    if "order_lines" in judged:
        lines, more = _write_orders(bench, judged["order_lines"], part)
        clean["order_lines"] = lines
        flags += more
    if "customers" in judged:
        flags += _write_merges(bench, judged["customers"], lines, job.out)
    if lines is not None:
        _write_net_orders(bench, lines, job.out)
    if "payments" in judged and "_is_early" in judged["payments"].cells.columns:
        flags.append(list_flags(judged["payments"].standing.filter(lambda t: t._is_early), "payments", "paid_on", "end_before_start"))
    if "contracts" in judged and judged["contracts"].has("tenure_months"):
        begun = judged["contracts"].standing.filter(lambda t: t.tenure_months == 0)
        flags.append(list_flags(begun, "contracts", "tenure_months", "no_full_month"))
    for name, rows in clean.items():
        table = LEDGER[name]
        columns = [column.name for column in (*table.columns, *CLEAN_ONLY.get(name, ()))]
        save(bench, in_order(rows.select(columns), *([table.known] if table.known else table.key)), job.out / f"{name}.parquet")
    rejects = list_rejects(bench, judged)
    repairs, flagged = list_notes(bench, judged, readings, rejects, flags)
    for name, rows in zip(RECORDS, (rejects, repairs, flagged), strict=True):
        bench.connection.to_parquet(rows.select(DERIVED[name].names), job.work / "records" / f"{name}-{job.label}.parquet")
    part.tables = {name: facts.tell_table(judged[name], staged[name], bench.config) for name in judged}


def _write_orders(bench: Bench, judged: Judged, part: Part) -> tuple[ir.Table, list[ir.Table]]:
    """Order lines with what they cancel, and flags on them."""
    from analysis.ledger import facts
    from analysis.ledger.cancellations import link_cancellations
    from analysis.ledger.sales import list_lines, list_outliers

    lines = list_lines(bench, judged)
    found = link_cancellations(bench, lines)
    lines = bench.keep(lines.left_join(found.links, "_row"), "linked_lines")
    part.cancellations, part.anonymous = found.facts, facts.tell_anonymous(bench, lines)
    return lines, list_outliers(bench, judged)


def _write_merges(bench: Bench, judged: Judged, lines: ir.Table | None, out: Path) -> list[ir.Table]:
    from analysis.ledger.merges import SCHEMA, find_doubles
    from analysis.ledger.records import list_flags

    doubles = find_doubles(bench, judged, lines)
    save(bench, bench.load(doubles.merges, SCHEMA, "merges").order_by("customer_id"), out / "merges.parquet")
    rows = judged.standing
    return [list_flags(rows.filter(rows._row.isin(doubles.rows)), "customers", "name", "near_duplicate")] if doubles.rows else []


def _write_net_orders(bench: Bench, lines: ir.Table, out: Path) -> None:
    from analysis.ledger.cancellations import list_orders
    from analysis.ledger.merges import SCHEMA

    path = out / "merges.parquet"
    merges = (
        bench.connection.read_parquet(str(path), table_name="known_merges") if path.exists() else bench.load([], SCHEMA, "known_merges")
    )
    save(bench, list_orders(lines, merges), out / "orders.parquet")


def save(bench: Bench, rows: ir.Table, path: Path) -> None:
    """Write a table of the clean ledger, and hold it to its contract."""
    bench.connection.to_parquet(rows, path, compression="zstd")
    check(path.stem, bench.connection.read_parquet(str(path), table_name=f"written_{path.stem}"))
