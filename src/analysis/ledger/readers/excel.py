"""Excel sheets: numbers and dates as the text that a CSV of them would hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.ledger.options import FileConfig
from analysis.ledger.readers.files import reading
from analysis.ledger.readers.raw import Batch, Report
from analysis.ledger.store import LedgerError

_BATCH = 1 << 15


def cell_text(value: Any) -> str:
    """Text of a cell: whole numbers without point, dates and times as ISO to the second (or finer), empty for none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        nearest = (value + timedelta(microseconds=500)).replace(microsecond=0)  # a day's fraction may miss the second
        return str(nearest if abs(nearest - value) <= timedelta(microseconds=500) else value)
    return str(value) if isinstance(value, (int, date, time, timedelta)) else ""


class Sheet:
    """A sheet of a workbook; see `RawFile`."""

    def __init__(self, sheet: Any, file: str, part: FileConfig):
        self.report = Report(f"{file}#{sheet.name}")
        self._rows = sheet.iter_rows()
        header = [[cell_text(cell) for cell in row] for row in islice(self._rows, part.header_lines)]
        if header:
            self.names = header[-1]
        else:
            self.names = [str(number) for number in range(1, sheet.width + 1)]

    def batches(self) -> Iterator[Batch]:
        """Yield rows, in order, once."""
        rows: list[list[str]] = []
        first = 1
        for row in self._rows:
            rows.append([cell_text(cell) for cell in row])
            if len(rows) == _BATCH:
                yield self._batch(rows, first)
                first, rows = first + len(rows), []
        if rows:
            yield self._batch(rows, first)

    def _batch(self, rows: list[list[str]], first: int) -> Batch:
        columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        return Batch(columns, np.arange(first, first + len(rows), dtype=np.int64))


def open_sheets(path: Path, file: str, part: FileConfig) -> list[Sheet]:
    """Sheets of a workbook that `part.sheets` names, in the order of the workbook; empty sheets are left out.

    Raises
    ------
    LedgerError
        The file is no workbook, or none of its sheets is named.
    """
    import python_calamine

    with reading(file):
        try:
            workbook = python_calamine.CalamineWorkbook.from_path(str(path))
            names = [name for name in workbook.sheet_names if any(fnmatchcase(name, pattern) for pattern in part.sheets)]
            if not names:
                raise LedgerError(f"{file}: no sheet {' or '.join(part.sheets)}; sheets: {', '.join(workbook.sheet_names)}")
            sheets = [workbook.get_sheet_by_name(name) for name in names]
        except (python_calamine.CalamineError, python_calamine.ZipError, python_calamine.XmlError) as error:
            raise LedgerError(f"{file}: is no readable workbook ({str(error).splitlines()[0]})") from None
    filled = [sheet for sheet in sheets if sheet.height]
    if not filled:
        raise LedgerError(f"{file}: is empty")
    return [Sheet(sheet, file, part) for sheet in filled]
