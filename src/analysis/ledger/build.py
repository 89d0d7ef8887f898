"""Raw files -> clean ledger: stage, clean, write, and take the place of the last one at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import DERIVED, LEDGER
from analysis.contracts.check import check
from analysis.ledger.config import SourceConfig, load_config
from analysis.ledger.parts import GROUPS, RECORDS, Job, Part, clean_part
from analysis.ledger.place import Place, list_raw
from analysis.ledger.store import FACTS, Ledger
from analysis.ledger.worker import clean_at_once

if TYPE_CHECKING:
    from analysis.ledger.bench import Bench
    from analysis.params import LedgerParams

Progress = Callable[[str], None]
MANY_TABLES, MUCH_DATA = 6, 200_000_000
"""With more tables than this, and fewer bytes, most of the time goes into planning queries: several processes plan at once."""


def build_ledger(folder: Path, params: LedgerParams | None = None, progress: Progress | None = None) -> Ledger:
    """The clean ledger of a source, made anew only if its raw files, ledger.toml, parameters or this code changed.

    Parameters
    ----------
    folder : Path
        ``data/<source>``: ledger.toml and the raw files that it names; ``clean/`` is written.
    params : LedgerParams, optional
        Limits of the rules; default: the shipped ones with the source's overrides.
    progress : callable, optional
        Told in a few words what is being done.

    Raises
    ------
    LedgerError
        One line: what is wrong with ledger.toml or a raw file, or that another process is cleaning this source.
    """
    folder = Path(folder)
    tell = progress or (lambda words: None)
    config = load_config(folder)
    params = params or config.load_params().ledger
    place = Place(folder)
    if place.built_key() == place.key(config, params):
        return Ledger(place.clean)
    with place.writing() as staging:
        # another process may have built it while this one waited
        if place.built_key() == place.key(config, params):
            return Ledger(place.clean)
        work, out = staging / "work", staging / "clean"
        for part in (work / "staged", work / "records", out):
            part.mkdir(parents=True)
        facts = _clean(folder, config, params, work, out, tell)
        facts["key"] = place.key(load_config(folder), params)
        (out / FACTS).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        place.publish(out)
    return Ledger(place.clean)


def _clean(folder: Path, config: SourceConfig, params: LedgerParams, work: Path, out: Path, tell: Progress) -> dict[str, Any]:
    names = [name for name in LEDGER if name in config.tables]
    size = sum(path.stat().st_size for path in list_raw(config, folder))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(names) > MANY_TABLES and size < MUCH_DATA and cores > 1:
        shares = [tuple(name for name in group if name in names) for group in GROUPS]
        jobs = [Job(folder, work, out, config, params, share, max(1, cores // 2)) for share in shares if share]
        tell(f"cleaning {len(names)} tables in {len(jobs)} processes")
        parts = clean_at_once(jobs)
    else:
        parts = [clean_part(Job(folder, work, out, config, params, tuple(names), cores), tell)]
    return _finish(folder, config, params, parts, work, out)


def _finish(folder: Path, config: SourceConfig, params: LedgerParams, parts: list[Part], work: Path, out: Path) -> dict[str, Any]:
    """Put the records of all parts together, add the tables that the source lacks, and tell the facts."""
    import ibis

    from analysis.ledger import facts
    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import empty_table
    from analysis.ledger.readers.formats import keep_detected

    keep_detected(folder, {name: found for part in parts for name, found in part.detected.items()})
    bench = Bench(ibis.duckdb.connect(), config, params)
    malformed = [row for part in parts for table in part.tables.values() for row in table.pop("malformed")]
    rules = {action: _write_records(bench, name, work, out, malformed) for action, name in zip(facts.ACTIONS, RECORDS, strict=True)}
    for name, table in {**LEDGER, "orders": DERIVED["orders"], "merges": DERIVED["merges"]}.items():
        path = out / f"{name}.parquet"
        if not path.exists():
            bench.connection.to_parquet(bench.connection.create_table(f"no_{name}", empty_table(table)), path, compression="zstd")
    found = {name: table for part in parts for name, table in part.tables.items()}
    return facts.tell(config, found, rules, parts, out)


def _write_records(bench: Bench, name: str, work: Path, out: Path, malformed: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """One record of cleaning; its rows are counted by table and rule."""
    import pyarrow.parquet as pq

    from analysis.ledger.records import REJECTS, count_rules

    columns = DERIVED[name].names
    rows = bench.connection.read_parquet(str(work / "records" / f"{name}-*.parquet"), table_name=f"part_{name}").select(columns)
    if name == "rejects" and malformed:
        rows = rows.union(bench.load(malformed, REJECTS, "malformed").select(columns))
    # written as one piece: the same bytes, however many parts there were
    pq.write_table(rows.order_by(columns).to_pyarrow().combine_chunks(), out / f"{name}.parquet", compression="zstd")
    check(name, bench.connection.read_parquet(str(out / f"{name}.parquet"), table_name=name))
    return count_rules(rows)
