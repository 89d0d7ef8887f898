"""What every chart is made of: title, two drawings, alt text, caption, and its table behind a fold."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.report.charts.theme import NARROW, SERIES, SMALL, TEXT, WIDE, measure
from analysis.report.show.display import Display, anchor, build_table, escape
from analysis.report.show.tables import render_table
from analysis.report.words import format_number, format_value, has_words, label_level, words
from analysis.report.words.numbers import is_blank

Draw = Callable[[float], str]
TABLE_ROWS = 16


@dataclass(frozen=True)
class Texts:
    """The words of one chart: `key` with the fields of its texts."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)

    def get(self, part: str) -> str:
        """The text ``<key>.<part>``, or an empty one."""
        return words(f"{self.key}.{part}", **self.fields) if has_words(f"{self.key}.{part}") else ""

    def need(self, part: str) -> str:
        """The text ``<key>.<part>``; an error where English lacks it."""
        return words(f"{self.key}.{part}", **self.fields)


def build_chart(
    draw: Draw,
    frame: pd.DataFrame,
    name: str,
    texts: Texts,
    alt: str,
    *,
    formats: dict[str, str] | None = None,
    columns: dict[str, str] | None = None,
) -> Display:
    """A chart's display.

    Parameters
    ----------
    draw : function of a width in CSS pixels
        Returns the SVG; called for a page and for a phone.
    frame : DataFrame
        The finished table that is drawn; shown behind the fold and published as CSV.
    name : str
        Unique on the page.
    texts : Texts
        ``.title`` and ``.caption`` (what to read) are needed; ``.x`` and ``.y`` name the axes.
    alt : str
        What the chart shows, as sentences made from its data.
    """
    title, caption = texts.need("title"), texts.need("caption")
    data = build_table(frame, name, texts.key, title, formats, columns)
    if not data.rows:
        return Display("chart", f'<p class="note">{escape(title)}: {escape(words("common.table.empty"))}</p>', name, data)
    numbers = render_table(data, show_title=False, max_rows=TABLE_ROWS)
    spoken = words("common.alt.chart", title=title, text=alt)
    html = (
        f'<figure class=chart id="c-{anchor(name)}"><p class=title>{escape(title)}</p>'
        f'<div role=img aria-label="{escape(spoken)}"><div class=wide style="max-width:46rem">{draw(WIDE)}</div>'
        f'<div class=narrow style="display:none">{draw(NARROW)}</div></div>'
        f"<figcaption>{escape(caption)}</figcaption>"
        f"<details><summary>{escape(words('common.chart.table'))}</summary>{numbers}</details>"
        f"</figure>"
    )
    return Display("chart", html, name, data)


def need_columns(frame: pd.DataFrame, name: str, *columns: str | None) -> None:
    """Stop at a column that the table does not have."""
    for column in columns:
        if column is not None and column not in frame.columns:
            raise ValueError(f"{name}: there is no column {column}; columns: {', '.join(map(str, frame.columns))}")


def floats(column: pd.Series) -> list[float]:
    """Values as floats, blank ones (of any kind) as NaN; decimals and nullable types are fine."""
    return [math.nan if is_blank(value) else float(value) for value in column]


def label_values(values: Sequence[Any], namespace: str | None) -> list[str]:
    """Levels as they are read: translated where `namespace` is closed, else as the data have them."""
    return [label_level(namespace, value) if namespace else format_value(value) for value in values]


def table_formats(formats: dict[str, str], levels: dict[str, str | None]) -> dict[str, str]:
    """Kinds for the chart's table: those given, and translated levels."""
    return {**formats, **{column: f"level:{namespace}" for column, namespace in levels.items() if namespace}}


def write_tick(value: float, unit: str, step: float) -> str:
    """A number on an axis: short, with only the decimals that the step needs."""
    if unit == "percent":
        return words("common.number.percent", number=format_number(100 * value, _decimals(100 * step)))
    if abs(value) >= 10_000:
        return format_number(value, compact=True)
    return format_number(value, _decimals(step))


def _decimals(step: float) -> int:
    digits = 0
    while digits < 6 and abs(step * 10**digits - round(step * 10**digits)) > 1e-6:
        digits += 1
    return digits


def series_roles(names: Sequence[str]) -> dict[str, str]:
    """A colour role for each series, in order; beyond six they repeat and only labels tell."""
    return {name: SERIES[position % len(SERIES)] for position, name in enumerate(names)}


def legend_rows(labels: Sequence[str], width: float, size: float = TEXT) -> list[list[tuple[float, int]]]:
    """Positions of legend entries flowing over lines: for each line, (x in pixels, index of the label)."""
    rows: list[list[tuple[float, int]]] = [[]]
    at = 0.0
    for index, label in enumerate(labels):
        need = 26 + measure(label, size)
        if rows[-1] and at + need > width:
            rows.append([])
            at = 0.0
        rows[-1].append((at, index))
        at += need + 14
    return rows


LINE_HEIGHT = TEXT + 6
AXIS_SIZE = SMALL
