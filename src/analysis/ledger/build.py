"""Raw files -> clean ledger: stage, clean, write, and take the place of the last one at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import DERIVED, LEDGER
from analysis.contracts.check import check
from analysis.contracts.ledger import CLEAN_ONLY
from analysis.ledger.config import SourceConfig, load_config
from analysis.ledger.place import Place
from analysis.ledger.records import REJECTS
from analysis.ledger.store import FACTS, Ledger, LedgerError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import Judged
    from analysis.ledger.readers import Staged
    from analysis.params import LedgerParams

Progress = Callable[[str], None]


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
    key = place.key(config, params)
    if place.built_key() == key:
        return Ledger(place.clean)
    with place.writing() as staging:
        staged, config = _stage(config, folder, staging / "staged", tell)
        facts = _clean(config, params, staged, staging / "clean", tell)
        facts["key"] = place.key(config, params)
        (staging / "clean" / FACTS).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        place.publish(staging / "clean")
    return Ledger(place.clean)


def _stage(config: SourceConfig, folder: Path, out: Path, tell: Progress) -> tuple[dict[str, Staged], SourceConfig]:
    """Staged tables, and the config with detected formats, which are written to ledger.toml once."""
    from analysis.ledger.readers import detect_formats, stage
    from analysis.ledger.readers.formats import keep_detected

    out.mkdir(parents=True)

    def stage_one(name: str) -> tuple[Staged, dict[str, Any]]:
        tell(f"reading {name}")
        staged = stage(config, folder, name, out / f"{name}.parquet")
        return staged, detect_formats(config, name, staged)

    with ThreadPoolExecutor(4) as pool:
        done = dict(zip(config.tables, pool.map(stage_one, config.tables), strict=True))
    found = {name: detected for name, (_, detected) in done.items() if detected}
    if found:
        keep_detected(folder, found)
        config = load_config(folder)
    return {name: staged for name, (staged, _) in done.items()}, config


def _clean(config: SourceConfig, params: LedgerParams, staged: dict[str, Staged], out: Path, tell: Progress) -> dict[str, Any]:
    import ibis

    from analysis.ledger.bench import Bench
    from analysis.ledger.cleaning import clean_tables

    out.mkdir(parents=True)
    connection = ibis.duckdb.connect(temp_directory=str(out.parent / "spill"))
    bench = Bench(connection, config, params)
    with _layered():
        raw = {name: connection.read_parquet(str(part.path), table_name=f"raw_{name}") for name, part in staged.items()}
        judged, readings = clean_tables(bench, raw, tell)
        tell("linking and writing")
        return _write(bench, judged, readings, staged, out)


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


def _write(bench: Bench, judged: dict[str, Judged], readings: ir.Table, staged: dict[str, Staged], out: Path) -> dict[str, Any]:
    from analysis.ledger import facts
    from analysis.ledger.cancellations import link_cancellations, list_orders
    from analysis.ledger.cleaning import empty_table, in_order, shape
    from analysis.ledger.merges import SCHEMA, find_doubles
    from analysis.ledger.records import count_rules, list_flags, list_notes, list_rejects
    from analysis.ledger.sales import list_lines, list_outliers

    flags, lines, links = [], None, None
    clean = {name: bench.clean[name] if name in bench.clean else shape(bench, part) for name, part in judged.items() if name != "order_lines"}
    if "order_lines" in judged:
        lines = list_lines(bench, judged["order_lines"])
        links = link_cancellations(bench, lines)
        lines = clean["order_lines"] = bench.keep(lines.left_join(links.links, "_row"), "linked_lines")
        flags += list_outliers(bench, judged["order_lines"])
    doubles = find_doubles(bench, judged.get("customers"), lines)
    merges = bench.load(doubles.merges, SCHEMA, "merges")
    if doubles.rows:
        rows = judged["customers"].standing
        flags.append(list_flags(rows.filter(rows._row.isin(doubles.rows)), "customers", "name", "near_duplicate"))
    if "payments" in judged and "_is_early" in judged["payments"].cells.columns:
        flags.append(list_flags(judged["payments"].standing.filter(lambda t: t._is_early), "payments", "paid_on", "end_before_start"))

    for name, table in LEDGER.items():
        path = out / f"{name}.parquet"
        if name in clean:
            columns = [c.name for c in (*table.columns, *CLEAN_ONLY.get(name, ()))]
            _save(bench, in_order(clean[name].select(columns), *([table.known] if table.known else table.key)), path)
        else:
            _save_arrow(empty_table(table), path)
    _save(bench, merges.order_by("customer_id"), out / "merges.parquet")
    if lines is None:
        _save_arrow(empty_table(DERIVED["orders"]), out / "orders.parquet")
    else:
        _save(bench, list_orders(lines, merges), out / "orders.parquet")

    rejected = list_rejects(bench, judged)
    malformed = [{"table": name, "file": row.file, "line": row.line, "rule": "malformed_row"} for name, part in staged.items() for row in part.malformed]
    rejects = rejected.drop("row").union(bench.load(malformed, REJECTS, "malformed")) if malformed else rejected.drop("row")
    repairs, flagged = list_notes(bench, judged, readings, rejected, flags)
    rules = {}
    for action, name, rows in (("reject", "rejects", rejects), ("repair", "repairs", repairs), ("flag", "flags", flagged)):
        rows = bench.keep(rows.select(DERIVED[name].names).order_by(DERIVED[name].names), f"record_{name}")
        _save(bench, rows.order_by(DERIVED[name].names), out / f"{name}.parquet")
        rules[action] = count_rules(rows)
    return facts.tell(bench, judged, staged, clean.get("order_lines"), rules, links.facts if links else {}, out)


def _save(bench: Bench, rows: Any, path: Path) -> None:
    bench.connection.to_parquet(rows, path, compression="zstd")
    check(path.stem, bench.connection.read_parquet(str(path), table_name=f"written_{path.stem}"))


def _save_arrow(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")


__all__ = ["LedgerError", "build_ledger"]
