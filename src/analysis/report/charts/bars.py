"""Horizontal bars, and dots with ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import AXIS_SIZE, write_end
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.rows import Rows
from analysis.report.charts.series import floats, label_values, write_alike
from analysis.report.charts.theme import measure
from analysis.report.words.numbers import is_blank

MAX_BARS = 20
Ends = list[tuple[float, float] | None]


@chart
def bar(
    given: Given,
    *,
    label: str,
    value: str,
    low: str | None = None,
    high: str | None = None,
    unit: str = "number",
    levels: str | None = None,
    sort: bool = True,
    highlight: Any = None,
    max_bars: int = MAX_BARS,
) -> Drawing:
    """Horizontal bars with their values, the largest first.

    Parameters
    ----------
    given : Given
        One row a bar.
    label, value : str
        Columns of the bar's name and length; `low` and `high` those of an interval.
    unit : str
        How values are written.
    levels : str, optional
        Namespace of the labels in the catalogue.
    sort : bool
        False keeps the order of the rows (stages, ages).
    highlight : optional
        The label that stands out; the others are grey.
    max_bars : int
        Further rows are in the table only.
    """
    frame = _sort(given.need(label, value, low, high), label, value, sort)
    shown = frame[frame[value].notna()].head(max_bars)
    labels, values, ends = label_values(shown[label].tolist(), levels), floats(shown[value]), _ends(shown, low, high)
    roles = ["s1" if highlight is None or one == highlight else "s6" for one in shown[label]]

    def draw(width: float) -> str:
        return _draw_bars(width, labels, values, ends, roles, unit, given.texts)

    return Drawing(draw, describe_parts(labels, values, unit), write_alike(unit, value, low, high), {label: levels}, frame)


@chart
def dot_range(
    given: Given,
    *,
    label: str,
    value: str,
    low: str,
    high: str,
    unit: str = "number",
    observed: str | None = None,
    levels: str | None = None,
    sort: bool = False,
) -> Drawing:
    """A dot with its interval a row, and optionally what was `observed` as a ring: estimates need no bar from zero."""
    frame = _sort(given.need(label, value, low, high, observed), label, value, sort)
    shown = frame[frame[value].notna()].head(MAX_BARS)
    labels, values, ends = label_values(shown[label].tolist(), levels), floats(shown[value]), _ends(shown, low, high)
    rings = floats(shown[observed]) if observed else []

    def draw(width: float) -> str:
        return _draw_dots(width, labels, values, ends, rings, unit, given.texts)

    return Drawing(draw, describe_parts(labels, values, unit), write_alike(unit, value, low, high, observed), {label: levels}, frame)


def _sort(frame: pd.DataFrame, label: str, value: str, sort: bool) -> pd.DataFrame:
    return frame.sort_values([value, label], ascending=[False, True], kind="stable") if sort else frame


def _ends(frame: pd.DataFrame, low: str | None, high: str | None) -> Ends:
    if not (low and high):
        return [None] * len(frame)
    pairs = zip(floats(frame[low]), floats(frame[high]), strict=True)
    return [None if is_blank(a) or is_blank(b) else (a, b) for a, b in pairs]


def _draw_bars(width: float, labels: list[str], values: list[float], ends: Ends, roles: list[str], unit: str, texts: Texts) -> str:
    written = [write_end(value, unit) for value in values]
    low, high = _span([0.0, *values], ends)
    canvas, rows = _prepare(width, labels, written, (low, high), texts)
    for index, (value, pair, role, text) in enumerate(zip(values, ends, roles, written, strict=True)):
        y = rows.write(canvas, index)
        canvas.box(min(0.0, value), y - 8, abs(value), 16, role=role, alpha=1 if pair is None else 0.55)
        if pair:
            canvas.line([pair[0], pair[1]], [y, y], role="ink", width=1.5, round=False)
        furthest = max(value, 0.0, *(pair[1:] if pair else ()))
        canvas.text(furthest, y, text, role="ink" if role != "s6" else "soft", dx=7)
    if low < 0:
        canvas.rule_x(0, role="axis")
    return _finish(canvas, texts)


def _draw_dots(width: float, labels: list[str], values: list[float], ends: Ends, rings: list[float], unit: str, texts: Texts) -> str:
    written = [write_end(value, unit) for value in values]
    low, high = _span([*values, *(ring for ring in rings if not is_blank(ring))], ends)
    pad = (high - low) * 0.05
    canvas, rows = _prepare(width, labels, written, (low - pad, high + pad), texts)
    for index, (value, pair, text) in enumerate(zip(values, ends, written, strict=True)):
        y = rows.write(canvas, index)
        canvas.rule_y(y, role="rule")
        if pair:
            canvas.line([pair[0], pair[1]], [y, y], role="s1", width=3, round=False)
        canvas.dot(value, y, role="s1", size=9)
        if index < len(rings) and not is_blank(rings[index]):
            canvas.dot(rings[index], y, role="s2", size=9, hollow=True)
        canvas.text(high + pad, y, text, role="ink", dx=7)
    return _finish(canvas, texts)


def _span(values: Sequence[float], ends: Ends) -> tuple[float, float]:
    """Lowest and highest of the values and their intervals, never the same."""
    spread = [*values, *(end for pair in ends if pair for end in pair)]
    low, high = min(spread, default=0.0), max(spread, default=1.0)
    return (low, high) if high > low else (low, low + 1)


def _prepare(width: float, labels: list[str], written: list[str], span: tuple[float, float], texts: Texts) -> tuple[Canvas, Rows]:
    """A canvas with a row a label, and room for what is written right of it."""
    rows = Rows(labels, width, edge=4.0, lift=30.0, halo=False)
    room = 24 if texts.get("x") else 4
    right = max((measure(text) for text in written), default=0) + 14
    canvas = Canvas(width, rows.height + 8 + room, (8, right, room, rows.left))
    canvas.scale(span, (0, rows.height))
    return canvas, rows


def _finish(canvas: Canvas, texts: Texts) -> str:
    if title := texts.get("x"):
        canvas.text(canvas.left, 10, title, size=AXIS_SIZE, x_px=True, y_px=True)
    return canvas.to_svg()
