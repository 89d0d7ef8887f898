"""Raw files -> clean ledger: stage, clean, write, and take the place of the last one at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import DERIVED, LEDGER
from analysis.contracts.ledger import CLEAN_ONLY
from analysis.ledger.config import SourceConfig, load_config
from analysis.ledger.place import Place
from analysis.ledger.store import FACTS, Ledger, LedgerError

if TYPE_CHECKING:
    from analysis.ledger.cleaning import Bench, Judged
    from analysis.ledger.readers import Staged
    from analysis.params import LedgerParams

Progress = Callable[[str], None]
FIRST = ("customers", "invoices")
"""Tables that rules of other tables look at."""


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

    from analysis.ledger.cleaning import Bench, clean_table, shape

    out.mkdir(parents=True)
    # readings are written in layers; merged into one, their SQL would repeat every step wherever it is used
    ibis.options.sql.fuse_selects = False
    connection = ibis.duckdb.connect(temp_directory=str(out.parent / "spill"))
    bench = Bench(connection, config, params)
    judged: dict[str, Judged] = {}
    for name in sorted(staged, key=lambda name: (name not in FIRST, list(LEDGER).index(name))):
        tell(f"cleaning {name}")
        judged[name] = clean_table(bench, name, connection.read_parquet(str(staged[name].path), table_name=f"raw_{name}"))
        if name in FIRST and judged[name].counts["kept"]:
            bench.clean[name] = bench.keep(shape(bench, judged[name]), f"clean_{name}")
    return _write(bench, judged, staged, out, tell)


def _write(bench: Bench, judged: dict[str, Judged], staged: dict[str, Staged], out: Path, tell: Progress) -> dict[str, Any]:
    from analysis.ledger import facts as telling
    from analysis.ledger.cancellations import link_cancellations, list_orders
    from analysis.ledger.cleaning import empty_table, in_order, shape
    from analysis.ledger.merges import SCHEMA, find_doubles
    from analysis.ledger.records import NOTES, REJECTS, count_rules, gather, list_flags, list_notes, list_rejects, split_notes
    from analysis.ledger.sales import list_lines, list_outliers

    tell("writing")
    clean, extra, links = {}, [], None
    lines = None
    if "order_lines" in judged:
        lines = list_lines(bench, judged["order_lines"])
        links = link_cancellations(bench, lines)
        lines = bench.keep(lines.left_join(links.links, "_row").drop("_row_right", "step", "worth"), "linked_lines")
        extra.append(list_outliers(bench, judged["order_lines"]))
        clean["order_lines"] = lines
    doubles = find_doubles(bench, judged["customers"], lines) if "customers" in judged else None
    if doubles and doubles.rows:
        rows = judged["customers"].kept
        extra.append(list_flags(rows.filter(rows._row.isin(doubles.rows)), "customers", "name", "near_duplicate"))
    merges = bench.load(doubles.merges if doubles else [], SCHEMA, "merges")
    for name, part in judged.items():
        clean.setdefault(name, bench.clean.get(name, shape(bench, part) if name not in bench.clean else None))

    for name, table in LEDGER.items():
        path = out / f"{name}.parquet"
        if name in clean:
            columns = [c.name for c in (*table.columns, *CLEAN_ONLY.get(name, ()))]
            first = [table.known] if table.known in columns else list(table.key)
            _save(bench, in_order(clean[name].select(columns), *first), path)
        else:
            _save_arrow(empty_table(table), path)
    _save(bench, merges.order_by("customer_id"), out / "merges.parquet")
    if lines is not None:
        _save(bench, list_orders(lines, merges), out / "orders.parquet")
    else:
        import pyarrow as pa

        fields = [("customer_id", pa.string()), ("ordered_on", pa.date32()), ("known_on", pa.date32()), ("amount", pa.decimal128(18, 4))]
        _save_arrow(pa.schema(fields).empty_table(), out / "orders.parquet")

    malformed = [
        {"table": name, "file": row.file, "line": row.line, "rule": "malformed_row"} for name, part in staged.items() for row in part.malformed
    ]
    rejects = [list_rejects(part) for part in judged.values()]
    rejects.append(bench.load(malformed, REJECTS, "malformed") if malformed else None)
    rejected = gather(bench, rejects, REJECTS, "rejects")
    notes = gather(bench, [*(list_notes(bench, part) for part in judged.values()), *extra], NOTES, "notes")
    repairs, flags = split_notes(notes)
    records = {"rejects": rejected, "repairs": repairs, "flags": flags}
    for name, rows in records.items():
        _save(bench, rows.order_by([column for column in DERIVED[name].names]), out / f"{name}.parquet")
    rules = {action: count_rules(rows) for action, rows in zip(("reject", "repair", "flag"), records.values(), strict=True)}
    return telling.tell(bench, judged, staged, clean, rules, links.facts if links else None, out)


def _save(bench: Bench, rows: Any, path: Path) -> None:
    bench.connection.to_parquet(rows, path, compression="zstd")


def _save_arrow(table: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")


__all__ = ["LedgerError", "build_ledger"]
