"""Columns of text as they stand in the files: numbers of the simulation in, Arrow strings out; null is an empty cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.demo.calendar import NEVER

Cells = Any
"""An Arrow array of strings (its classes have no types that a checker knows)."""
Table = dict[str, Cells]
"""The columns of a table, all of one length."""

_PENCE = pa.array([f"{part:02d}" for part in range(100)])


def ids(prefix: str, number: np.ndarray, width: int) -> Cells:
    """`prefix` and the number, padded with zeros; empty where the number is negative."""
    digits = pc.utf8_lpad(pa.array(number, mask=number < 0).cast(pa.string()), width, padding="0")
    return join(prefix, digits)


def pick(words: Sequence[str] | Cells, code: np.ndarray) -> Cells:
    """The word of each code; empty where the code is negative."""
    return pa.array(words, pa.string()).take(pa.array(code, mask=code < 0))


def dates(day: np.ndarray) -> Cells:
    """ISO dates of days since 1970."""
    return pa.array(day.astype(np.int64), mask=day == NEVER).cast(pa.int32()).cast(pa.date32()).cast(pa.string())


def times(second: np.ndarray) -> Cells:
    """Local times of seconds since 1970, without zone."""
    return pa.array(second.astype(np.int64), mask=second == NEVER).cast(pa.timestamp("s")).cast(pa.string())


def whole(number: np.ndarray, is_empty: np.ndarray | None = None) -> Cells:
    """Whole numbers."""
    return pa.array(number.astype(np.int64), mask=is_empty).cast(pa.string())


def money(cents: np.ndarray, is_empty: np.ndarray | None = None) -> Cells:
    """Amounts of yuan with two decimals; not for negative ones."""
    cents = cents.astype(np.int64)
    return join(whole(cents // 100, is_empty), ".", _PENCE.take(pa.array(cents % 100, mask=is_empty)))


def yes_no(is_true: np.ndarray, is_empty: np.ndarray | None = None) -> Cells:
    """The words true and false."""
    code = is_true.astype(np.int64)
    return pick(("false", "true"), code if is_empty is None else np.where(is_empty, -1, code))


def join(*parts: Cells | str) -> Cells:
    """Parts side by side; empty where a part is."""
    return pc.binary_join_element_wise(*parts, "")


def choose(condition: np.ndarray, yes: Cells, no: Cells | None) -> Cells:
    """`yes` where the condition holds, else `no` (None: empty)."""
    return pc.if_else(pa.array(condition), yes, pa.scalar(None, pa.string()) if no is None else no)


def take(table: Table, rows: np.ndarray) -> Table:
    """The given rows of every column."""
    index = pa.array(rows)
    return {name: column.take(index) for name, column in table.items()}
