"""Axes shared by charts: a value axis with rules, an axis of months or numbers, a legend, and labels at the ends of lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis.report.charts.canvas import Canvas, tick_values
from analysis.report.charts.theme import DASHES, SMALL, TEXT, measure
from analysis.report.words import format_number, format_value, words

_MONTH = re.compile(r"\d{4}-\d{2}")
LINE_HEIGHT = TEXT + 6
AXIS_SIZE = SMALL


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


def draw_number_axis(canvas: Canvas, low: float, high: float, count: int, title: str) -> list[float]:
    """Labels below the chart at about `count` round numbers from low to high, which are returned."""
    ticks = [tick for tick in tick_values(low, high, count) if low <= tick <= high]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    draw_bottom_labels(canvas, ticks, [write_tick(tick, "number", step) for tick in ticks], title)
    return ticks


def bottom_room(title: str) -> float:
    """Room below the chart for the labels of an axis and its title, if it has one."""
    return 46.0 if title else 28.0


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


def write_ends(canvas: Canvas, ends: Sequence[str], roles: Sequence[str], heights: Sequence[float], low: float = 0.0) -> None:
    """Labels right of the chart, each at the height (pixels above its foot) at which its line ends, or near it."""
    x = canvas.width - canvas.right + 9
    for end, role, height in zip(ends, roles, spread_labels(heights, TEXT + 3, low, canvas.inner_height), strict=True):
        canvas.text(x, canvas.bottom + height, end, role=role, bold=True, x_px=True, y_px=True)


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
