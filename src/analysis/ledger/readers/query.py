"""A table that the source's own SQL makes of its raw files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.ledger.options import FileConfig
from analysis.ledger.readers.raw import LINE, Batch, Report
from analysis.ledger.readers.sources import open_files
from analysis.ledger.readers.staged import Malformed
from analysis.ledger.store import LedgerError

FILE = "_file"


class Query:
    """The result of a query over raw files; see `RawFile`.

    Each file is a view of its columns as text with ``_file`` and ``_line``. A result that keeps both is in their
    order; of another one the line is the number of the result's row.
    """

    def __init__(self, sql: str, files: dict[str, FileConfig], folder: Path, where: str, work: Path, encodings: dict[str, str]):
        import duckdb

        self.malformed: list[Malformed] = []
        self._connection = duckdb.connect()
        for name, part in files.items():
            path = work / f"{name}.parquet"
            self._write(part, folder, f"files.{name}", path, encodings)
            self._connection.read_parquet(str(path)).create_view(name)
        try:
            result = self._connection.sql(sql.strip().rstrip(";"))
        except duckdb.Error as error:
            raise LedgerError(f"{where}.sql: {' '.join(str(error).split())[:300]}") from None
        self._has_lines = {FILE, LINE} <= set(result.columns)
        if self._has_lines:
            result = result.order(f"{FILE}, {LINE}")
        self.names = [name for name in result.columns if name not in (FILE, LINE)]
        self.report = Report("query")
        self._where, self._result = where, result

    def _write(self, part: FileConfig, folder: Path, where: str, path: Path, encodings: dict[str, str]) -> None:
        """All rows of the files of `part`; a column that one of them lacks is empty there."""
        files = open_files(part, folder, where, set(), encodings)
        names = list(dict.fromkeys(name for raw in files for name in raw.names if name))
        schema = pa.schema([*((name, pa.string()) for name in names), (FILE, pa.string()), (LINE, pa.int64())])
        with pq.ParquetWriter(path, schema) as writer:
            for raw in files:
                for batch in map(Batch.without_blank, raw.batches()):
                    by_name = dict(zip(raw.names, batch.columns, strict=True))
                    count = len(batch.lines)
                    columns = [by_name.get(name, pa.repeat("", count)) for name in names]
                    writer.write_batch(pa.record_batch([*columns, pa.repeat(raw.report.file, count), pa.array(batch.lines)], schema=schema))
                self.malformed += [Malformed(raw.report.file, line) for line in raw.report.malformed]

    def batches(self) -> Iterator[Batch]:
        """Yield rows, in order, once."""
        import duckdb

        quoted = ['"' + name.replace('"', '""') + '"' for name in self.names]
        texts = [f"coalesce(cast({name} as varchar), '') as {name}" for name in quoted]
        result = self._result.project(", ".join([*texts, FILE, f"cast({LINE} as bigint)"] if self._has_lines else texts))
        first = 1
        try:
            for record in result.to_arrow_reader(1 << 16):
                columns = record.columns
                count = record.num_rows
                if self._has_lines:
                    yield Batch(columns[:-2], np.asarray(columns[-1]), columns[-2])
                else:
                    yield Batch(columns, np.arange(first, first + count, dtype=np.int64))
                first += count
        except duckdb.Error as error:
            raise LedgerError(f"{self._where}.sql: {' '.join(str(error).split())[:300]}") from None
