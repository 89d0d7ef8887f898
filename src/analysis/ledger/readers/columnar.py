"""Parquet: typed columns as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.ledger.readers.files import reading
from analysis.ledger.readers.raw import Batch, Report
from analysis.ledger.store import LedgerError

_EXACT = float(2**53)


def column_text(column: pa.Array) -> pa.Array:
    """Write a typed column as text: floats with their point, times as ISO, none as the empty string.

    Raises
    ------
    TypeError
        The column is nested: no text says it.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_nested(column.type):
        raise TypeError(str(column.type))
    if pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
        is_whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), _EXACT))
        whole = pc.if_else(is_whole, column, 0.0).cast(pa.int64()).cast(pa.string())
        text = pc.if_else(is_whole, pc.binary_join_element_wise(whole, ".0", ""), column.cast(pa.string()))
    else:
        text = column.cast(pa.string())
    return pc.fill_null(text, "")


class ParquetFile:
    """A Parquet file; see `RawFile`. A line is a row, from 1."""

    def __init__(self, path: Path, file: str):
        self.report, self._path = Report(file), path
        with reading(file):
            try:
                self.names = pq.read_schema(path).names
            except pa.ArrowInvalid as error:
                raise LedgerError(f"{file}: is no readable Parquet file ({str(error).splitlines()[0][:120]})") from None

    def batches(self) -> Iterator[Batch]:
        """Yield rows, in order, once."""
        first = 1
        with reading(self.report.file), pq.ParquetFile(self._path) as parquet:
            for record in parquet.iter_batches():
                columns = []
                for name, column in zip(record.schema.names, record.columns, strict=True):
                    try:
                        columns.append(column_text(column))
                    except (TypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                        raise LedgerError(f"{self.report.file}: column {name} cannot be read as text ({error})") from None
                lines = np.arange(first, first + record.num_rows, dtype=np.int64)
                first += record.num_rows
                yield Batch(columns, lines)
