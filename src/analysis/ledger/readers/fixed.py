"""Text in columns: by character positions, or divided by white space."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.ledger.options import FileConfig
from analysis.ledger.readers.delimited import TextFile
from analysis.ledger.readers.encodings import SAMPLE, Utf8Stream
from analysis.ledger.readers.raw import Batch
from analysis.ledger.store import LedgerError


class FixedFile:
    """A fixed-width file; see `RawFile`. Cells lose their padding; a line with another number of cells is malformed."""

    def __init__(self, path: Path, file: str, part: FileConfig, encodings: dict[str, str]):
        if bool(part.positions) == bool(part.whitespace):
            raise LedgerError(f'{file}: fixed width needs either positions = {{name = [first, last]}} or whitespace = "columns"')
        self._text = TextFile(path, file, part, encodings)
        self.report = self._text.report
        self._positions, self._header_lines = part.positions, part.header_lines
        if part.positions:
            self.names = list(part.positions)
        else:
            line = self._text.head.split("\n")[max(part.header_lines - 1, 0)]
            self.names = line.split() if part.header_lines else [str(number) for number, _ in enumerate(line.split(), 1)]

    def batches(self) -> Iterator[Batch]:
        """Yield rows, in order, once."""
        first, rest, above = 1, "", self._header_lines
        with self._text.open() as stream:
            for text in _texts(stream):
                *lines, rest = (rest + text).split("\n")
                skipped, lines = lines[:above], lines[above:]
                above -= len(skipped)
                yield self._split(pa.array(lines, pa.string()), first)
                first += len(lines)
            if rest and not above:
                yield self._split(pa.array([rest], pa.string()), first)

    def _split(self, lines: pa.Array, first: int) -> Batch:
        numbers = np.arange(first, first + len(lines), dtype=np.int64)
        lines = pc.utf8_rtrim_whitespace(lines)
        is_filled = pc.greater(pc.binary_length(lines), 0)
        lines, numbers = lines.filter(is_filled), numbers[np.asarray(is_filled)]
        if self._positions:
            spans = self._positions.values()
            return Batch([pc.utf8_trim(pc.utf8_slice_codeunits(lines, begin - 1, end), " ") for begin, end in spans], numbers)
        cells = pc.utf8_split_whitespace(pc.utf8_ltrim_whitespace(lines))
        is_whole = pc.equal(pc.list_value_length(cells), len(self.names))
        whole = np.asarray(is_whole)
        self.report.malformed += numbers[~whole].tolist()
        cells = cells.filter(is_whole)
        return Batch([pc.list_element(cells, index) for index in range(len(self.names))], numbers[whole])


def _texts(stream: Utf8Stream) -> Iterator[str]:
    """Pieces of a text, none cut within a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while data := stream.read(SAMPLE):
        yield decoder.decode(data)
