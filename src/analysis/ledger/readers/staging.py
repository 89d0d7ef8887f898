"""Raw files of a table -> one Parquet file of canonical columns as text."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.contracts import LEDGER
from analysis.ledger.config import SourceConfig
from analysis.ledger.readers.encodings import UndecodableError, detect_encoding
from analysis.ledger.readers.files import open_bytes, reading
from analysis.ledger.readers.joins import Join
from analysis.ledger.readers.mapping import resolve
from analysis.ledger.readers.query import FILE, Query
from analysis.ledger.readers.raw import LINE, Batch, RawFile
from analysis.ledger.readers.sources import open_files
from analysis.ledger.readers.staged import Malformed, Read, Staged

ROW = "_row"
_GROUP = 1 << 17  # rows of a row group


def stage(config: SourceConfig, folder: Path, table: str, out: Path) -> Staged:
    """Read the raw files of a canonical table into one Parquet file, in bounded memory.

    The file keeps the contract stated in `analysis.ledger.config`. Files that joins bring in are held in memory.

    Parameters
    ----------
    config : SourceConfig
        The source's ledger.toml.
    folder : Path
        ``data/<source>``: raw paths are relative to it.
    table : str
        Canonical name; one of ``config.tables``.
    out : Path
        The Parquet file to write; replaced when it is complete.

    Raises
    ------
    LedgerError
        One line: a file that is missing, empty, damaged or of unclear encoding; a column that no header has; a join
        whose key repeats.
    """
    folder, out = Path(folder), Path(out)
    encodings: dict[str, str] = {}
    while True:
        try:
            return _stage(config, folder, table, out, encodings)
        except UndecodableError as error:
            if not error.is_detected:
                raise
            # the beginning of the file was plain; its encoding shows further down
            with reading(error.file), open_bytes(folder / error.file) as raw:
                encodings[error.file] = detect_encoding(raw.read(), error.file)


def _stage(config: SourceConfig, folder: Path, table: str, out: Path, encodings: dict[str, str]) -> Staged:
    part, where = config.tables[table], f"tables.{table}"
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{table}-") as work:
        malformed: list[Malformed] = []
        files: list[RawFile]
        if part.sql:
            query = Query(part.sql, config.files, folder, where, Path(work), encodings)
            files, malformed = [query], query.malformed
        else:
            wanted = {*part.columns.values(), *LEDGER[table].names}
            files = open_files(part, folder, where, wanted, encodings)
        joins = [Join(join, folder, f"{where}.joins (number {n})", encodings) for n, join in enumerate(part.joins, 1)]
        names = []
        for raw in files:
            known = raw.names
            for join in joins:
                known = join.extend(known, raw.report.file)
            names.append((raw.report.file, known))
        positions = resolve(LEDGER[table], part, names)
        writer = _Writer(Path(work) / "staged.parquet", part.constants, positions, LEDGER[table].names)
        rows: Counter[str] = Counter()
        with writer:
            for raw, place in zip(files, positions, strict=True):
                for batch in map(Batch.without_blank, raw.batches()):
                    known = raw.names
                    for join in joins:
                        batch, known = join.apply(batch, known), known + join.names
                    writer.write(batch, place, raw.report.file)
                    rows[raw.report.file] += len(batch.lines)
        writer.path.replace(out)
    malformed = [*malformed, *(Malformed(raw.report.file, line) for raw in files for line in raw.report.malformed)]
    malformed += [lost for join in joins for lost in join.malformed]
    reads = tuple(
        Read(r.file, rows[r.file] + len(r.malformed), r.encoding, r.delimiter, r.is_detected) for r in (raw.report for raw in files)
    )
    rates = {join.file: (join.matched, join.rows) for join in joins}
    return Staged(table, out, writer.columns, writer.rows, reads, tuple(malformed), rates)


class _Writer:
    """The staged file, written in row groups of even size."""

    def __init__(self, path: Path, constants: dict[str, str], positions: list[dict[str, int]], order: tuple[str, ...]):
        given = {*constants, *(column for place in positions for column in place)}
        self.path, self.rows, self._constants = path, 0, constants
        self.columns = tuple(column for column in order if column in given)
        fields = [*((column, pa.string()) for column in self.columns), (FILE, pa.string()), (LINE, pa.int64()), (ROW, pa.int64())]
        self._schema = pa.schema(fields)
        self._held: list[pa.RecordBatch] = []
        self._count = 0

    def __enter__(self) -> _Writer:
        # names repeat, so they are coded; a running number is not
        coded = [name for name in self._schema.names if name not in (LINE, ROW)]
        self._parquet = pq.ParquetWriter(self.path, self._schema, compression="lz4", use_dictionary=coded)
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._parquet.close()

    def write(self, batch: Batch, place: dict[str, int], file: str) -> None:
        count = len(batch.lines)
        texts = [
            batch.columns[place[column]] if column in place else pa.repeat(self._constants.get(column, ""), count)
            for column in self.columns
        ]
        files = pa.repeat(file, count) if batch.files is None else batch.files
        numbers = pa.array(np.arange(self.rows, self.rows + count, dtype=np.int64))
        self._held.append(pa.record_batch([*texts, files, pa.array(batch.lines), numbers], schema=self._schema))
        self.rows += count
        self._count += count
        if self._count >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._parquet.write_table(pa.Table.from_batches(self._held).combine_chunks(), row_group_size=1 << 18)
        self._held, self._count = [], 0
