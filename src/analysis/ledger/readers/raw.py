"""A raw file (or sheet) as its reader hands it over: named columns of text, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LINE = "_line"


@dataclass
class Batch:
    """Some rows of a raw file: text columns in the order of its names, and the physical data line of each."""

    columns: list[pa.Array]
    lines: np.ndarray
    files: pa.Array | None = None  # of each row, where a batch holds rows of several files

    def without_blank(self) -> Batch:
        """Without the rows whose every cell is empty."""
        filled: pa.Array | None = None
        for column in self.columns:
            has_text = pc.greater(pc.binary_length(column), 0)
            filled = has_text if filled is None else pc.or_(filled, has_text)
            if pc.all(filled).as_py():
                return self
        keep = np.asarray(filled)
        mask = pa.array(keep)
        files = None if self.files is None else self.files.filter(mask)
        return Batch([column.filter(mask) for column in self.columns], self.lines[keep], files)


@dataclass
class Report:
    """How a raw file is read, and the lines that could not be: filled while its batches pass."""

    file: str
    encoding: str = ""
    delimiter: str = ""
    is_detected: bool = False
    malformed: list[int] = field(default_factory=list)


class RawFile(Protocol):
    """A raw file whose header has been read; no handle stays open between its header and its batches."""

    names: list[str]
    report: Report

    def batches(self) -> Iterator[Batch]:
        """Yield its rows, in order, once."""
        ...
