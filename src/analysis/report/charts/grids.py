"""Heat maps of two kinds of levels, and movements between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.report.charts.axes import left_margin, spread_labels
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import AXIS_SIZE, Texts, build_chart, label_values, need_columns, series_roles, table_formats
from analysis.report.charts.theme import TEXT, TURNS, measure, shorten
from analysis.report.show.display import Display
from analysis.report.words import format_number, format_value, words
from analysis.report.words.numbers import is_blank

MONTH = re.compile(r"\d{4}-\d{2}")
HEAD_PX = {False: (12.0,), True: (17.0, 6.0)}
"""How far the lines of a column's name stand above the cells: one line, or year above month."""


def heatmap(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
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
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Cells shaded by value: cohort retention, correlations, cross-tables.

    Parameters
    ----------
    frame : DataFrame
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
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, row, column, value)
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
        return _draw_cells(width, row_labels, column_labels, cells, (low, high), unit, diverging, write, texts)

    alt = ""
    if cells:
        top, bottom = max(cells, key=lambda cell: cells[cell]), min(cells, key=lambda cell: cells[cell])
        alt = words(
            "common.alt.grid", rows=len(rows), columns=len(columns),
            high=format_value(cells[top], unit), high_row=row_labels[top[0]], high_column=column_labels[top[1]],
            low=format_value(cells[bottom], unit), low_row=row_labels[bottom[0]], low_column=column_labels[bottom[1]],
        )  # fmt: skip
    return build_chart(
        draw, frame, name, texts, alt, formats=table_formats({value: unit, **(formats or {})}, {row: row_levels, column: column_levels})
    )


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


def transitions(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    before: str,
    after: str,
    count: str,
    levels: str | None = None,
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Who moved from which level (left) to which (right): ribbons as thick as their counts; who stayed is pale.

    `frame` has one row a (before, after) pair with a count, in the order in which levels are to stand.
    """
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, before, after, count)
    order = list(dict.fromkeys([*frame[before], *frame[after]]))
    labels = dict(zip(order, label_values(order, levels), strict=True))
    flows = [(a, b, float(c)) for a, b, c in zip(frame[before], frame[after], frame[count], strict=True) if not is_blank(c) and c > 0]

    def draw(width: float) -> str:
        return _draw_flows(width, order, labels, flows, texts)

    moved = sorted(((c, labels[a], labels[b]) for a, b, c in flows if a != b), reverse=True)
    total, staying = sum(c for *_, c in flows), sum(c for a, b, c in flows if a == b)
    largest = "; ".join(words("common.alt.move", count=format_number(c, 0), before=a, after=b) for c, a, b in moved[:5])
    alt = words("common.alt.moves", stayed=format_number(staying, 0), total=format_number(total, 0), moves=largest or "–")
    return build_chart(
        draw, frame, name, texts, alt, formats=table_formats({count: "integer", **(formats or {})}, {before: levels, after: levels})
    )


def _draw_flows(width: float, order: list[Any], labels: dict[Any, str], flows: list[tuple[Any, Any, float]], texts: Texts) -> str:
    out = {level: sum(c for a, _, c in flows if a == level) for level in order}
    into = {level: sum(c for _, b, c in flows if b == level) for level in order}
    total = sum(out.values()) or 1.0
    figures = max(measure(f" {format_number(size, 0)}", AXIS_SIZE) for size in [*out.values(), *into.values()])
    room = min(width * 0.36, max(measure(labels[level], AXIS_SIZE) for level in order) + figures + 12)
    gap = 8.0
    height = max(26.0 * len(order), 200.0) + gap * len(order)
    canvas = Canvas(width, height + 28, (26, room, 2, room))
    canvas.scale((0, 1), (0, height))
    unit = (height - gap * (len(order) - 1)) / total
    roles = series_roles([str(level) for level in order])
    left_at: dict[Any, float] = {}
    right_at: dict[Any, float] = {}
    top = {"l": height, "r": height}
    # Small levels get the room of a line, so that labels never meet.
    for side, sizes, places in (("l", out, left_at), ("r", into, right_at)):
        for level in order:
            places[level] = top[side]
            top[side] -= sizes[level] * unit + gap
    bar = 10 / canvas.inner_width
    for level in order:
        for x, places, sizes in ((0.0, left_at, out), (1 - bar, right_at, into)):
            canvas.box(x, places[level] - sizes[level] * unit, bar, sizes[level] * unit, role=roles[str(level)])
    start, end = dict(left_at), dict(right_at)
    for a, b, c in sorted(flows, key=lambda flow: (order.index(flow[0]), order.index(flow[1]))):
        size = c * unit
        canvas.ribbon(bar, 1 - bar, start[a], end[b], size, role=roles[str(a)], alpha=0.14 if a == b else 0.45)
        start[a] -= size
        end[b] -= size
    for side, places, sizes in (("l", left_at, out), ("r", right_at, into)):
        middles = [places[level] - sizes[level] * unit / 2 for level in order]
        spread = _spread_down(middles, TEXT + 3)
        for level, y in zip(order, spread, strict=True):
            text = f"{shorten(labels[level], room - figures - 12, AXIS_SIZE)} {format_number(sizes[level], 0)}"
            x, anchor = (room - 8, "end") if side == "l" else (width - room + 8, "start")
            canvas.text(x, canvas.bottom + y, text, anchor=anchor, size=AXIS_SIZE, role="ink", x_px=True, y_px=True)
    canvas.text(room + 10, canvas.height - 10, words("common.chart.before"), anchor="end", size=AXIS_SIZE, x_px=True, y_px=True)
    canvas.text(width - room - 10, canvas.height - 10, words("common.chart.after"), anchor="start", size=AXIS_SIZE, x_px=True, y_px=True)
    return canvas.to_svg()


def _spread_down(heights: list[float], gap: float) -> list[float]:
    return spread_labels(heights, gap, 6, max([*heights, gap * len(heights)]))
