"""A table on its way to becoming dirty: which rows have a fault already, what changes, what is added, and on which line it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.demo.cells import Table, take

Expected = Literal["reject", "repair", "flag", "count"]
Row = tuple[str, int, str, str, Expected, str, str]
"""A fault as the truth tells it: table, line, column, kind, expected, before, after."""
Maker = Callable[..., "str | None"]
"""The faulty text of a cell, from its clean text (and those of the columns beside it); None where it cannot have this fault."""


@dataclass
class Fault:
    """One row of the truth about dirt; `row` is the row of the sheet, added rows after the others; `source` that of a copy's original."""

    row: int
    column: str
    kind: str
    expected: Expected
    before: str
    after: str
    source: int = -1


class Sheet:
    """One chunk of a table.

    Parameters
    ----------
    name : str
        Canonical table.
    table : dict
        Its columns.
    free : array of bool, optional
        Rows that may be lost without making another row look wrong; None: all.
    rng : Generator
        Of this sheet alone.
    """

    def __init__(self, name: str, table: Table, free: np.ndarray | None, rng: np.random.Generator):
        self.name, self.table, self.rng = name, table, rng
        self.size = len(next(iter(table.values())))
        self.free = np.ones(self.size, dtype=bool) if free is None else free
        self.is_scarce = free is not None and name != "order_lines"
        self.open = np.ones(self.size, dtype=bool)
        self.faults: list[Fault] = []
        self.edits: dict[str, dict[int, str]] = {}
        self.added: list[tuple[float, dict[str, str]]] = []

    def texts(self, column: str, rows: Sequence[int] | np.ndarray) -> list[str]:
        """Clean cells."""
        return [value or "" for value in self.table[column].take(pa.array(rows, pa.int64())).to_pylist()]

    def filled(self, column: str) -> np.ndarray:
        """Rows whose cell is not empty."""
        return pc.fill_null(pc.greater(pc.binary_length(self.table[column]), 0), False).to_numpy(zero_copy_only=False)

    def candidates(self, expected: Expected, where: np.ndarray | None) -> np.ndarray:
        """Rows without a fault that may have one; rows that may be lost are left to the faults that need them, where they are few."""
        mask = self.open if where is None else self.open & where
        if expected == "reject":
            return np.flatnonzero(mask & self.free)
        return np.flatnonzero(mask & ~self.free if self.is_scarce else mask)

    def draw(self, rows: np.ndarray, count: int) -> np.ndarray:
        """`count` different rows, or as many as there are."""
        return self.rng.choice(rows, min(count, len(rows)), replace=False)

    def spoil(
        self,
        kind: str,
        expected: Expected,
        columns: Sequence[str],
        make: Maker,
        rate: float,
        where: np.ndarray | None = None,
        beside: Sequence[str] = (),
    ) -> None:
        """Give a share of the rows one faulty cell each, in any of `columns`."""
        columns = [column for column in columns if column in self.table]
        rows = self.candidates(expected, where)
        if not len(rows) or not columns:
            return
        count = max(1, round(rate * len(rows)))
        tried = self.draw(rows, 4 * count + 60)
        at = self.rng.integers(len(columns), size=len(tried))
        cells = {column: self.texts(column, tried) for column in {*columns, *beside}}
        for position, row in enumerate(tried.tolist()):
            column = columns[at[position]]
            before = cells[column][position]
            after = make(self.rng, before, *(cells[name][position] for name in beside)) if before else None
            if after is None or after == before:
                continue
            self.change(row, column, after)
            self.note(Fault(row, column, kind, expected, before, after))
            count -= 1
            if not count:
                break

    def change(self, row: int, column: str, after: str) -> None:
        """Another text in a cell."""
        self.edits.setdefault(column, {})[row] = after

    def note(self, fault: Fault) -> None:
        """Put a fault on record; its row takes no other."""
        self.faults.append(fault)
        if fault.row < self.size:
            self.open[fault.row] = False
        if fault.source >= 0:
            self.open[fault.source] = False

    def add(self, values: dict[str, str], after_row: int) -> int:
        """A further row below `after_row`; its number."""
        self.added.append((after_row + 0.5, values))
        return self.size + len(self.added) - 1

    def row(self, row: int) -> dict[str, str]:
        """All cells of a row."""
        return {column: self.texts(column, [row])[0] for column in self.table}

    def copy(self, kind: str, rate: float, column: str = "", make: Maker | None = None, where: np.ndarray | None = None) -> None:
        """Repeat a share of the rows some lines further down or at the end, with another text in `column` if one is given."""
        rows = np.flatnonzero(self.open if where is None else self.open & where)
        if not len(rows):
            return
        for source in self.draw(rows, max(1, round(rate * len(rows)))).tolist():
            values = self.row(source)
            shown = column or next(iter(values))
            if make is not None:
                changed = make(self.rng, values[shown])
                if changed is None or changed == values[shown]:
                    continue
                values[shown] = changed
            below = min(source + int(self.rng.integers(12)), self.size - 1) if self.rng.random() < 0.7 else self.size - 1
            self.note(Fault(self.add(values, below), "", kind, "reject", "", f"{shown}={values[shown]}", source))

    def finish(self, first_line: int) -> tuple[Table, list[Row]]:
        """The dirty rows and the truth: table, line, column, kind, expected, before, after; the first row stands on `first_line`."""
        table = dict(self.table)
        for column, cells in self.edits.items():
            mask = np.zeros(self.size, dtype=bool)
            rows = sorted(cells)
            mask[rows] = True
            table[column] = pc.replace_with_mask(table[column], pa.array(mask), pa.array([cells[row] for row in rows], pa.string()))
        order = np.arange(self.size)
        if self.added:
            table = {
                name: pa.concat_arrays([cells, pa.array([row[name] for _, row in self.added], pa.string())])
                for name, cells in table.items()
            }
            order = np.argsort([*range(self.size), *(position for position, _ in self.added)], kind="stable")
            table = take(table, order)
        line = np.empty(len(order), dtype=np.int64)
        line[order] = first_line + np.arange(len(order))
        truth = [
            (self.name, int(line[f.row]), f.column, f.kind, f.expected, f"line {line[f.source]}" if f.source >= 0 else f.before, f.after)
            for f in self.faults
        ]
        return table, sorted(truth)
