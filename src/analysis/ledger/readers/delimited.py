"""CSV and TSV: cells between delimiters, quoted where needed, in bounded memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from analysis.ledger.options import FileConfig
from analysis.ledger.readers.encodings import SAMPLE, Utf8Stream, detect_encoding
from analysis.ledger.readers.files import open_bytes, reading
from analysis.ledger.readers.raw import Batch, Report
from analysis.ledger.store import LedgerError

_HEAD = 1 << 18
DELIMITERS = ",;\t|"


class TextFile:
    """A text file: its encoding and its first characters.

    Parameters
    ----------
    path : Path
        Where it is.
    file : str
        What it is called in messages and records.
    part : FileConfig
        How it is read.
    encodings : dict
        Encodings that were found by reading whole files, by `file`.
    """

    def __init__(self, path: Path, file: str, part: FileConfig, encodings: dict[str, str]):
        self._path, self._header_lines = path, part.header_lines
        self._is_sure = bool(part.encoding) or file in encodings
        encoding = part.encoding or encodings.get(file, "")
        with reading(file):
            if not encoding:
                with open_bytes(path) as raw:
                    sample = raw.read(SAMPLE)
                encoding = detect_encoding(sample, file, whole=len(sample) < SAMPLE)
            self.report = Report(file, encoding, is_detected=not part.encoding)
            with self.open() as stream:
                self.head = stream.read(_HEAD).decode("utf-8", "ignore")
        if not self.head.strip():
            raise LedgerError(f"{file}: is empty")

    @contextmanager
    def open(self) -> Iterator[Utf8Stream]:
        """Open it at its beginning."""
        file = self.report.file
        with reading(file), open_bytes(self._path) as raw:
            yield Utf8Stream(raw, file, self.report.encoding, not self._is_sure, self._header_lines)


class DelimitedFile:
    """A CSV or TSV file; see `RawFile`."""

    def __init__(self, path: Path, file: str, part: FileConfig, wanted: set[str], encodings: dict[str, str], delimiter: str = ""):
        self._text = TextFile(path, file, part, encodings)
        self.report = self._text.report
        text = self._text.head
        start = sum(map(len, io.StringIO(text, newline="").readlines()[: max(part.header_lines - 1, 0)]))
        self.report.delimiter = part.delimiter or delimiter or _detect_delimiter(text[start:], wanted)
        lines = io.StringIO(text[start:], newline="")
        names = next(csv.reader(lines, delimiter=self.report.delimiter), [])
        if part.header_lines:
            self.names = names
            self._header_bytes = len(text[: start + lines.tell()].encode())
        else:
            self.names = [str(number) for number in range(1, len(names) + 1)]
            self._header_bytes = 0

    def batches(self) -> Iterator[Batch]:
        """Yield rows; rows with too few or too many cells go to ``report.malformed``."""
        broken: dict[int, int | None] = {}  # record number -> physical lines beyond its first; none of a blank line

        def note(row: pyarrow.csv.InvalidRow) -> str:
            broken[row.number - 1] = row.text.count("\n") if row.text.strip() else None
            return "skip"

        labels = [str(number) for number in range(len(self.names))]
        lines = _Lines(broken)
        with self._text.open() as stream:
            stream.skip(self._header_bytes)
            try:
                reader = pyarrow.csv.open_csv(
                    pa.PythonFile(stream, mode="r"),
                    pyarrow.csv.ReadOptions(use_threads=False, block_size=SAMPLE, column_names=labels),
                    pyarrow.csv.ParseOptions(
                        delimiter=self.report.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
                    ),
                    pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(labels, pa.string()), strings_can_be_null=False),
                )
                for record in reader:
                    yield Batch(record.columns, lines.of(record))
            except pa.ArrowInvalid as error:
                if "Empty CSV file" in str(error):
                    return
                if "straddling" in str(error):
                    place = f"{self.report.file}: a record after data line {lines.last_line}"
                    raise LedgerError(f"{place} has no end for {SAMPLE >> 20} MB; is a quotation mark not closed?") from None
                raise LedgerError(f"{self.report.file}: cannot be split into cells ({_first_line(error)})") from None
        lines.finish()
        self.report.malformed += lines.malformed
        if stream.quotes % 2 and lines.last_spans > 1:
            raise LedgerError(f"{self.report.file} data line {lines.last_line}: a quotation mark is opened there and never closed")


class _Lines:
    """Physical data lines of accepted records, among broken ones and records over several lines."""

    def __init__(self, broken: dict[int, int | None]):
        self._broken = broken
        self._record, self._offset = 0, 0  # next record number, and physical lines beyond one each so far
        self.malformed: list[int] = []
        self.last_line, self.last_spans = 0, 1

    def of(self, record: pa.RecordBatch) -> np.ndarray:
        """Lines of the rows of the next batch, from 1."""
        count = record.num_rows
        if not count:
            return np.empty(0, dtype=np.int64)
        numbers = np.arange(self._record, self._record + count, dtype=np.int64)
        skipped: list[int] = []
        for number in sorted(number for number in self._broken if number >= self._record):
            if number > numbers[-1]:
                break
            skipped.append(number)
            numbers[np.searchsorted(numbers, number) :] += 1
        extra = np.zeros(numbers[-1] - self._record + 1, dtype=np.int64)
        for column in record.columns:
            if _has_newline(column):
                extra[numbers - self._record] += np.asarray(pa.compute.count_substring(column, "\n"), dtype=np.int64)
        for number in skipped:
            extra[number - self._record] = self._broken[number] or 0
        before = self._offset + np.cumsum(extra) - extra
        lines = numbers + before[numbers - self._record] + 1
        self._note(skipped, [number + int(before[number - self._record]) + 1 for number in skipped])
        self.last_line, self.last_spans = int(lines[-1]), int(extra[-1]) + 1
        self._offset += int(extra.sum())
        self._record = int(numbers[-1]) + 1
        return lines

    def finish(self) -> None:
        """Count the broken records after the last accepted one."""
        for number in sorted(number for number in self._broken if number >= self._record):
            extra = self._broken[number] or 0
            self._note([number], [number + self._offset + 1])
            self.last_line, self.last_spans = number + self._offset + 1, extra + 1
            self._offset += extra

    def _note(self, numbers: list[int], lines: list[int]) -> None:
        for number, line in zip(numbers, lines, strict=True):
            extra = self._broken.pop(number)
            if extra is not None:
                # every physical line of a broken record is a row lost: a stray quotation mark may have joined them
                self.malformed += range(line, line + extra + 1)


def _has_newline(column: pa.Array) -> bool:
    data = column.buffers()[2]
    return data is not None and b"\n" in data.to_pybytes()


def _detect_delimiter(text: str, wanted: set[str]) -> str:
    """Choose the sign that finds most of the wanted names in the first line, and then most cells."""
    first = [next(csv.reader(io.StringIO(text, newline=""), delimiter=sign), []) for sign in DELIMITERS]
    scores = [(len(wanted & set(names)), len(names)) for names in first]
    return DELIMITERS[scores.index(max(scores))]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
