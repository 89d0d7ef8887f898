"""Left joins with other raw files, whose keys are unique there; the order of rows stays."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.ledger.mistakes import nearest
from analysis.ledger.options import JoinConfig
from analysis.ledger.readers.raw import Batch, RawFile
from analysis.ledger.readers.sources import open_files
from analysis.ledger.readers.staged import Malformed
from analysis.ledger.store import LedgerError

_BETWEEN = "\x1f"


class Join:
    """A file in memory, by its key.

    Attributes
    ----------
    names : list of str
        Columns that it brings.
    matched, rows : int
        Rows that found a partner, and rows asked, so far.
    malformed : list of Malformed
        Rows of the file that could not be split into cells.
    """

    def __init__(self, part: JoinConfig, folder: Path, where: str, encodings: dict[str, str]):
        self.where, self._left = where, list(part.on)
        self.matched, self.rows = 0, 0
        files = open_files(part, folder, where, set(part.on.values()) | set(part.columns.values()), encodings)
        self.file = files[0].report.file
        brought = part.columns or {name: name for name in files[0].names if name and name not in part.on.values()}
        self.names = list(brought)
        sources = [*part.on.values(), *brought.values()]
        pieces: list[list[pa.Array]] = [[] for _ in sources]
        origins: list[tuple[str, np.ndarray]] = []
        for raw in files:
            indices = [position(name, raw, f"{where}.on" if name in part.on.values() else f"{where}.columns") for name in sources]
            for batch in map(Batch.without_blank, raw.batches()):
                for piece, index in zip(pieces, indices, strict=True):
                    piece.append(batch.columns[index])
                origins.append((raw.report.file, batch.lines))
        self.malformed = [Malformed(raw.report.file, line) for raw in files for line in raw.report.malformed]
        whole = [pa.concat_arrays(piece) if piece else pa.array([], pa.string()) for piece in pieces]
        self._keys, self._columns = _key(whole[: len(part.on)]), whole[len(part.on) :]
        if pc.count_distinct(self._keys).as_py() < len(self._keys):
            raise LedgerError(f"{where}: {self._repeated(origins, list(part.on.values()))}")

    def _repeated(self, origins: list[tuple[str, np.ndarray]], on: list[str]) -> str:
        keys = self._keys.to_pylist()
        twice = next(key for key, count in Counter(keys).items() if count > 1)
        places = [f"{file} line {line}" for file, lines in origins for line in lines.tolist()]
        first, second = [place for place, key in zip(places, keys, strict=True) if key == twice][:2]
        return f"a join needs one row per key, but {first} and {second} have the same {', '.join(on)}"

    def apply(self, batch: Batch, names: list[str]) -> Batch:
        """Columns of the partners behind those of `batch`, empty where there is none."""
        found = pc.index_in(_key([batch.columns[names.index(name)] for name in self._left]), value_set=self._keys)
        self.rows += len(found)
        self.matched += len(found) - found.null_count
        partners = [pc.fill_null(column.take(found), "") for column in self._columns]
        return Batch([*batch.columns, *partners], batch.lines, batch.files)

    def extend(self, names: list[str], file: str) -> list[str]:
        """Names of a file's columns after the join."""
        for name in self._left:
            if name not in names:
                raise LedgerError(f"{self.where}.on: {file} has no column {name}; {nearest(name, names)}")
        for name in self.names:
            if name in names:
                raise LedgerError(
                    f'{self.where}.columns: {file} already has a column {name}; rename it: columns = {{other_name = "{name}"}}'
                )
        return names + self.names


def position(name: str, raw: RawFile, where: str) -> int:
    """Position of a column in a raw file, or an error that names the nearest header."""
    count = raw.names.count(name)
    if count == 1:
        return raw.names.index(name)
    if count:
        raise LedgerError(f"{where}: the header of {raw.report.file} has {name} {count} times; rename all but one")
    raise LedgerError(f"{where}: {raw.report.file} has no column {name}; {nearest(name, [known for known in raw.names if known])}")


def _key(columns: list[pa.Array]) -> pa.Array:
    return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, _BETWEEN)
