"""Columns of a table as a chart needs them: numbers, labels, and one part of the table a series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.report.charts.theme import SERIES
from analysis.report.words import format_value, label_level
from analysis.report.words.numbers import is_blank


def floats(column: pd.Series) -> list[float]:
    """Values as floats, blank ones (of any kind) as NaN; decimals and nullable types are fine."""
    return [math.nan if is_blank(value) else float(value) for value in column]


def label_values(values: Sequence[Any], namespace: str | None) -> list[str]:
    """Levels as they are read: translated where `namespace` is closed, else as the data have them."""
    return [label_level(namespace, value) if namespace else format_value(value) for value in values]


def write_alike(unit: str, *columns: str | None) -> dict[str, str]:
    """Kinds of columns that are all written as `unit`; None stands for no column."""
    return {column: unit for column in columns if column}


def split(frame: pd.DataFrame, along: str, series: str | None) -> tuple[list[Any], list[pd.DataFrame]]:
    """The series and the rows of each, ordered by the column `along`; without a column `series` they are one, called None."""
    ordered = frame.sort_values(along, kind="stable")
    if series is None:
        return [None], [ordered]
    keys = list(pd.unique(frame[series]))
    return keys, [ordered[ordered[series] == key] for key in keys]


def series_roles(names: Sequence[str]) -> dict[str, str]:
    """A colour role for each series, in order; beyond six they repeat and only labels tell."""
    return {name: SERIES[position % len(SERIES)] for position, name in enumerate(names)}
