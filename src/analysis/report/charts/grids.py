"""Heat maps of two kinds of levels."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis.report.charts.axes import AXIS_SIZE, left_margin
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.series import label_values
from analysis.report.charts.theme import TURNS, measure, shorten
from analysis.report.words import format_value, words
from analysis.report.words.numbers import is_blank

MONTH = re.compile(r"\d{4}-\d{2}")
HEAD_PX = {False: (12.0,), True: (17.0, 6.0)}
"""How far the lines of a column's name stand above the cells: one line, or year above month."""


@chart
def heatmap(
    given: Given,
    *,
    row: str,
    column: str,
    value: str,
    unit: str = "percent0",
    diverging: bool = False,
    limits: tuple[float, float] | None = None,
    row_levels: str | None = None,
    column_levels: str | None = None,
    write: bool | None = None,
) -> Drawing:
    """Cells shaded by value: cohort retention, correlations, cross-tables.

    Parameters
    ----------
    given : Given
        Long: one row a cell, in the order of rows and columns of the map; absent or blank cells stay empty.
    unit : str
        How cells are written (short: percent0, integer, decimal).
    diverging : bool
        Two hues around zero (correlations) instead of one from the lowest to the highest value.
    limits : (low, high), optional
        What is drawn palest and darkest; default: the values' own span (around zero when diverging).
    write : bool, optional
        Whether cells carry their value; default: where they are wide enough.
    """
    frame = given.need(row, column, value)
    rows, columns = list(pd.unique(frame[row])), list(pd.unique(frame[column]))
    row_labels, column_labels = label_values(rows, row_levels), label_values(columns, column_levels)
    cells = {
        (rows.index(a), columns.index(b)): float(c)
        for a, b, c in zip(frame[row], frame[column], frame[value], strict=True)
        if not is_blank(c)
    }
    known = list(cells.values()) or [0.0]
    low, high = limits or ((-max(map(abs, known)), max(map(abs, known))) if diverging else (min(0.0, *known), max(known)))

    def draw(width: float) -> str:
        return _draw_cells(width, row_labels, column_labels, cells, (low, high), unit, diverging, write, given.texts)

    alt = ""
    if cells:
        top, bottom = max(cells, key=lambda cell: cells[cell]), min(cells, key=lambda cell: cells[cell])
        alt = words(
            "common.alt.grid", rows=len(rows), columns=len(columns),
            high=format_value(cells[top], unit), high_row=row_labels[top[0]], high_column=column_labels[top[1]],
            low=format_value(cells[bottom], unit), low_row=row_labels[bottom[0]], low_column=column_labels[bottom[1]],
        )  # fmt: skip
    return Drawing(draw, alt, {value: unit}, {row: row_levels, column: column_levels})


def _draw_cells(
    width: float,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    cells: dict[tuple[int, int], float],
    limits: tuple[float, float],
    unit: str,
    diverging: bool,
    write: bool | None,
    texts: Texts,
) -> str:
    size = 24.0 if len(row_labels) > 8 else 30.0
    shown_rows = [shorten(label, width * 0.36, AXIS_SIZE) for label in row_labels]
    left = left_margin(shown_rows)
    cell = (width - left - 4) / max(1, len(column_labels))
    longest = max((measure(label, AXIS_SIZE) for label in column_labels), default=0)
    # Names of columns that do not fit side by side become numbers, explained by the table behind the fold.
    every = max(1, int(-(-(min(longest, width * 0.3) + 6) // cell)))
    fits = every == 1 or all(label.isdigit() for label in column_labels) or len(column_labels) > 8
    in_two = not fits and all(map(MONTH.fullmatch, column_labels)) and measure("0000", AXIS_SIZE) <= cell - 4
    shown_columns = list(column_labels) if fits or in_two else [shorten(label, cell - 4, AXIS_SIZE) for label in column_labels]
    step = every if fits else 1
    title = texts.get("x")
    canvas = Canvas(width, size * len(row_labels) + 26 + (20 if title else 0), (26 + (20 if title else 0), 4, 0, left))
    canvas.scale((0, len(column_labels)), (0, len(row_labels)))
    low, high = limits
    written = (
        write
        if write is not None
        else cell >= max((measure(format_value(value, unit), AXIS_SIZE) for value in cells.values()), default=0) + 2
    )
    for (i, j), value in sorted(cells.items()):
        share = min(1.0, max(0.0, (value - low) / (high - low) if high > low else 0.5))
        role, strength = ("heat", share) if not diverging else ("heat" if share >= 0.5 else "cool", abs(share - 0.5) * 2)
        y = len(row_labels) - 1 - i
        alpha = round(0.06 + 0.94 * strength, 2)
        canvas.box(j + 1 / cell, y + 1 / size, 1 - 2 / cell, 1 - 2 / size, role=role, alpha=alpha)
        if written:
            canvas.text(j + 0.5, y + 0.5, format_value(value, unit), anchor="middle", size=AXIS_SIZE, role=_letters(role, alpha))
    for i, label in enumerate(shown_rows):
        canvas.text(left - 8, len(row_labels) - 0.5 - i, label, anchor="end", size=AXIS_SIZE, role="ink", x_px=True)
    for j, label in enumerate(shown_columns):
        if j % step == 0:
            for line, part in enumerate(label.split("-") if in_two else [label]):
                canvas.text(j + 0.5, len(row_labels), part, anchor="middle", size=AXIS_SIZE, role="ink", dy=HEAD_PX[in_two][line])
    if title:
        canvas.text(left, canvas.height - 8, title, size=AXIS_SIZE, x_px=True, y_px=True)
    return canvas.to_svg()


def _letters(role: str, alpha: float) -> str:
    pale, deep = TURNS[role]
    return "onpale" if alpha < pale else "onmid" if alpha < deep else "ondeep"
