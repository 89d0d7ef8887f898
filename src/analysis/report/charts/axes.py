"""Axes shared by charts: a value axis with rules, an axis of months or numbers, and a legend."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis.report.charts.canvas import Canvas, tick_values
from analysis.report.charts.chart import AXIS_SIZE, LINE_HEIGHT, legend_rows, write_tick
from analysis.report.charts.theme import DASHES, TEXT, measure
from analysis.report.words import format_value, words

_MONTH = re.compile(r"\d{4}-\d{2}")


def value_ticks(low: float, high: float, unit: str, count: int = 5) -> tuple[list[float], list[str]]:
    """Round values that span low to high, and how they are written."""
    ticks = tick_values(low, high, count, whole=unit in ("integer", "days"))
    step = ticks[1] - ticks[0]
    return ticks, [write_tick(tick, unit, step) for tick in ticks]


def draw_value_axis(canvas: Canvas, ticks: Sequence[float], labels: Sequence[str]) -> None:
    """Rules across the chart at each tick of y, with its label left of it."""
    for tick, label in zip(ticks, labels, strict=True):
        canvas.rule_y(tick, role="axis" if tick == 0 else "rule")
        canvas.text(canvas.left - 8, tick, label, anchor="end", size=AXIS_SIZE, x_px=True)


def draw_bottom_labels(canvas: Canvas, at: Sequence[float], labels: Sequence[str], title: str = "") -> None:
    """Labels below the chart, as many as fit, evenly chosen so that the last one is kept; the title of the axis below."""
    if labels:
        room = canvas.inner_width / max(1, len(labels))
        widest = max(measure(label, AXIS_SIZE) for label in labels) + 10
        every = max(1, int(-(-widest // max(room, 1e-9))))
        for index, (x, label) in enumerate(zip(at, labels, strict=True)):
            if (len(labels) - 1 - index) % every == 0:
                half = measure(label, AXIS_SIZE) / 2
                place = float(canvas.axes.transData.transform((x, 0))[0])
                place = min(max(place, half), canvas.width - half)  # kept inside the drawing
                canvas.text(place, canvas.bottom - 13, label, anchor="middle", size=AXIS_SIZE, x_px=True, y_px=True)
    if title:
        canvas.text(canvas.left + canvas.inner_width / 2, canvas.bottom - 31, title, anchor="middle", size=AXIS_SIZE, x_px=True, y_px=True)


def draw_legend(canvas: Canvas, labels: Sequence[str], roles: Sequence[str], *, lines: bool = True) -> None:
    """Entries above the chart, flowing over as many lines as they need."""
    for line, row in enumerate(legend_rows(labels, canvas.width)):
        y = canvas.height - 9 - line * LINE_HEIGHT
        for x, index in row:
            if lines:
                # In pixels: a short stroke as the series is drawn.
                canvas.stroke(x + 1, y, x + 17, y, role=roles[index], dash=DASHES[index % len(DASHES)])
            else:
                canvas.stroke(x + 5, y, x + 13, y, role=roles[index], width=9)
            canvas.text(x + 22, y, labels[index], role="ink", x_px=True, y_px=True)


def legend_height(labels: Sequence[str], width: float) -> float:
    """Room that a legend needs above the chart."""
    return len(legend_rows(labels, width)) * LINE_HEIGHT + 8 if labels else 0.0


def spread_labels(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights of labels moved apart to at least `gap`, kept within low and high where they fit; their order is kept."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = [heights[index] for index in order]
    for _ in range(len(placed) * 4):
        for lower in range(len(placed) - 1):
            lack = gap - (placed[lower + 1] - placed[lower])
            if lack > 1e-6:
                placed[lower] -= lack / 2
                placed[lower + 1] += lack / 2
        if placed and placed[0] < low:
            placed[0] = low
        if placed and placed[-1] > high:
            placed[-1] = high
    result = [0.0] * len(placed)
    for position, index in enumerate(order):
        result[index] = placed[position]
    return result


def is_month_axis(values: Sequence[object]) -> bool:
    """Whether positions are months or dates rather than numbers."""
    first = next(iter(values), None)
    return isinstance(first, str) or hasattr(first, "isoformat") or isinstance(first, pd.Period)


def write_positions(values: Sequence[object]) -> list[str]:
    """Months as ``Jan 2016``, dates as ISO, other texts as they are."""
    written = []
    for value in values:
        text = value.isoformat()[:10] if hasattr(value, "isoformat") else str(value)
        if _MONTH.fullmatch(text):
            text = words("common.number.month_of_year", month=words(f"common.months_short.m{text[5:]}"), year=text[:4])
        written.append(text)
    return written


def left_margin(labels: Sequence[str], size: float = AXIS_SIZE) -> float:
    """Room for labels left of the chart."""
    return max((measure(label, size) for label in labels), default=0) + 12


def write_end(value: float, unit: str) -> str:
    """A value written beside its mark."""
    return format_value(value, "compact" if unit in ("money", "number", "integer") and abs(value) >= 10_000 else unit)


__all__ = [
    "TEXT", "draw_bottom_labels", "draw_legend", "draw_value_axis", "is_month_axis", "left_margin", "legend_height", "spread_labels",
    "value_ticks", "write_end", "write_positions",
]  # fmt: skip
