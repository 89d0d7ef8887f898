"""CSV files, chunk by chunk: UTF-8, comma, newline, quotes only where a field needs them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from analysis.demo.cells import Cells, Table

_PARTIAL = ".partial-"
_NEEDS_QUOTES = '[",\n\r]'


def quote(column: Cells) -> Cells:
    """Fields that hold a comma or a quote, in quotes."""
    special = pc.match_substring_regex(column, _NEEDS_QUOTES)
    if not pc.any(special).as_py():
        return column
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
    return pc.if_else(special, quoted, column)


def encode(table: Table) -> bytes:
    """The rows of a table as CSV, without header."""
    rows = len(next(iter(table.values())))
    if not rows:
        return b""
    fields = [quote(column) for column in table.values()]
    fields[-1] = pc.binary_join_element_wise(fields[-1], "\n", "", null_handling="replace", null_replacement="")
    lines = pc.binary_join_element_wise(*fields, ",", null_handling="replace", null_replacement="")
    # The values of a string array stand one after the other in one buffer: with their newlines, that buffer is the file.
    _, offsets, text = lines.buffers()
    return text.slice(0, int(np.frombuffer(offsets, np.int32)[rows])).to_pybytes()


class Writer:
    """Files of a folder that grow by chunks, and appear all at once when they are whole.

    Until then they grow in a hidden folder beside their places; what a killed run left there goes with the next one.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(f"{_PARTIAL}*"):
            if not _is_running(left.name.removeprefix(_PARTIAL)):
                shutil.rmtree(left, ignore_errors=True)
        self.partial = self.folder / f"{_PARTIAL}{os.getpid()}"
        self.partial.mkdir(exist_ok=True)
        self.rows: dict[str, int] = {}

    def append(self, name: str, table: Table) -> None:
        """Rows at the end of ``<name>.csv``; the first call writes the header."""
        is_new = name not in self.rows
        with (self.partial / f"{name}.csv").open("wb" if is_new else "ab") as file:
            if is_new:
                file.write((",".join(table) + "\n").encode())
                self.rows[name] = 0
            file.write(encode(table))
        self.rows[name] += len(next(iter(table.values())))

    def publish(self) -> None:
        """Put the files in their places, the first one last: where it stands, the others do."""
        names = list(self.rows)
        others = sorted(path.name for path in self.partial.iterdir() if path.stem not in self.rows)
        for name in (*others, *(f"{name}.csv" for name in reversed(names))):
            os.replace(self.partial / name, self.folder / name)
        self.drop()

    def drop(self) -> None:
        """Forget what was not published."""
        shutil.rmtree(self.partial, ignore_errors=True)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
