"""Horizontal bars, dots with ranges, hazard ratios, and histograms from finished counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import draw_bottom_labels, draw_value_axis, left_margin, value_ticks, write_end
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import AXIS_SIZE, Texts, build_chart, floats, label_values, need_columns, table_formats, write_tick
from analysis.report.charts.theme import NARROW, TEXT, measure, shorten
from analysis.report.show.display import Display
from analysis.report.words import format_interval, format_number, format_value, words
from analysis.report.words.numbers import is_blank

ROW, ROW_BELOW = 27.0, 43.0
MAX_BARS = 20


def bar(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
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
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Horizontal bars with their values, the largest first.

    Parameters
    ----------
    frame : DataFrame
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
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, label, value, low, high)
    if sort:
        frame = frame.sort_values([value, label], ascending=[False, True], kind="stable")
    shown = frame[frame[value].notna()].head(max_bars)
    labels = label_values(shown[label].tolist(), levels)
    roles = ["s1" if highlight is None or given == highlight else "s6" for given in shown[label]]
    values = floats(shown[value])
    ends = _ends(shown, low, high)

    def draw(width: float) -> str:
        return _draw_rows(width, labels, values, ends, roles, unit, texts, bars=True)

    kinds = {column: unit for column in (value, low, high) if column}
    return build_chart(
        draw, frame, name, texts, describe_parts(labels, values, unit), formats=table_formats({**kinds, **(formats or {})}, {label: levels})
    )


def dot_range(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    label: str,
    value: str,
    low: str,
    high: str,
    unit: str = "number",
    observed: str | None = None,
    levels: str | None = None,
    sort: bool = False,
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """A dot with its interval a row, and optionally what was observed as a ring: estimates need no bar from zero."""
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, label, value, low, high, observed)
    if sort:
        frame = frame.sort_values([value, label], ascending=[False, True], kind="stable")
    shown = frame[frame[value].notna()].head(MAX_BARS)
    labels = label_values(shown[label].tolist(), levels)
    values = floats(shown[value])
    rings = floats(shown[observed]) if observed else []

    def draw(width: float) -> str:
        return _draw_rows(width, labels, values, _ends(shown, low, high), ["s1"] * len(labels), unit, texts, bars=False, rings=rings)

    kinds = {column: unit for column in (value, low, high, observed) if column}
    alt = describe_parts(labels, values, unit)
    return build_chart(draw, frame, name, texts, alt, formats=table_formats({**kinds, **(formats or {})}, {label: levels}))


def _ends(frame: pd.DataFrame, low: str | None, high: str | None) -> list[tuple[float, float] | None]:
    if not (low and high):
        return [None] * len(frame)
    pairs = zip(floats(frame[low]), floats(frame[high]), strict=True)
    return [None if is_blank(a) or is_blank(b) else (a, b) for a, b in pairs]


def _draw_rows(
    width: float,
    labels: list[str],
    values: list[float],
    ends: list[tuple[float, float] | None],
    roles: list[str],
    unit: str,
    texts: Texts,
    *,
    bars: bool,
    rings: list[float] | None = None,
) -> str:
    rings = rings or []
    below = left_margin(labels, TEXT) > width * 0.4  # long names stand above their bar
    row = ROW_BELOW if below else ROW
    left = 4.0 if below else left_margin(labels, TEXT)
    written = [write_end(value, unit) for value in values]
    right = max((measure(text) for text in written), default=0) + 14
    spread = [0.0] if bars else []
    spread += values + [end for pair in ends if pair for end in pair] + [ring for ring in rings if not is_blank(ring)]
    low, high = min(spread, default=0.0), max(spread, default=1.0)
    if high == low:
        high = low + 1
    title = texts.get("x")
    canvas = Canvas(width, row * len(values) + 8 + (24 if title else 4), (8, right, 24 if title else 4, left))
    pad = 0.0 if bars else (high - low) * 0.05
    canvas.scale((low - pad, high + pad), (0, len(values) * row))
    for index, (label, value, pair, role, text) in enumerate(zip(labels, values, ends, roles, written, strict=True)):
        y = (len(values) - index) * row - (30 if below else row / 2)
        if below:
            canvas.text(4, y + 20, shorten(label, width - 8), role="ink", x_px=True)
        else:
            canvas.text(left - 10, y, label, anchor="end", role="ink", x_px=True)
        if bars:
            canvas.box(min(0.0, value), y - 8, abs(value), 16, role=role, alpha=1 if pair is None else 0.55)
        else:
            canvas.rule_y(y, role="rule")
        if pair:
            canvas.line([pair[0], pair[1]], [y, y], role="ink" if bars else role, width=1.5 if bars else 3, round=False)
        if not bars:
            canvas.dot(value, y, role=role, size=9)
            if index < len(rings) and not is_blank(rings[index]):
                canvas.dot(rings[index], y, role="s2", size=9, hollow=True)
        furthest = max([value, 0.0] if bars else [high + pad])
        if pair:
            furthest = max(furthest, pair[1])
        canvas.text(furthest, y, text, role="ink" if role != "s6" else "soft", dx=7)
    if bars and low < 0:
        canvas.rule_x(0, role="axis")
    if title:
        canvas.text(left, 10, title, size=AXIS_SIZE, x_px=True, y_px=True)
    return canvas.to_svg()


def forest(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    label: str,
    estimate: str,
    low: str,
    high: str,
    levels: str | None = None,
    detail: Sequence[str] = (),
    reference: float = 1.0,
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Ratios (hazard, odds, rate) with their intervals on a log axis, around a reference of no effect.

    `frame` has one row a ratio; an interval that leaves out the reference is drawn in full colour, others in grey. The
    filled columns of `detail` follow the label: the level that is compared, the window of time.
    """
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, label, estimate, low, high)
    known = frame[(frame[estimate] > 0) & (frame[low] > 0) & frame[high].map(lambda value: not is_blank(value))]
    named = [label_values(known[label].tolist(), levels), *([str(text) for text in known[column]] for column in detail)]
    labels = [" \u00b7 ".join(part for part in parts if part) for parts in zip(*named, strict=True)]
    rows = list(zip(floats(known[estimate]), floats(known[low]), floats(known[high]), strict=True))

    def draw(width: float) -> str:
        return _draw_forest(width, labels, rows, reference, texts)

    alt = " ".join(
        words("common.alt.ratio", label=text, value=format_number(a, 2), interval=format_interval(b, c, "decimal"))
        for text, (a, b, c) in zip(labels, rows, strict=True)
    )
    kinds = dict.fromkeys((estimate, low, high), "decimal")
    return build_chart(draw, frame, name, texts, alt, formats=table_formats({**kinds, **(formats or {})}, {label: levels}))


def _draw_forest(width: float, labels: list[str], rows: list[tuple[float, float, float]], reference: float, texts: Texts) -> str:
    below = left_margin(labels, TEXT) > width * 0.4
    row = ROW_BELOW if below else ROW
    left = 10.0 if below else left_margin(labels, TEXT)
    written = [f"{format_number(a, 2)} ({format_interval(b, c, 'decimal')})" if width > NARROW else format_number(a, 2) for a, b, c in rows]
    right = max((measure(text, AXIS_SIZE) for text in written), default=0) + 16
    low = min([reference, *(b for _, b, _ in rows)]) / 1.1
    high = max([reference, *(c for _, _, c in rows)]) * 1.1
    title = texts.get("x")
    canvas = Canvas(width, row * len(rows) + (54 if title else 36), (8, right, 46 if title else 28, left))
    canvas.scale((low, high), (0, len(rows) * row), log_x=True)
    ticks = log_ticks(low, high, 4 if width <= NARROW else 7)
    for tick in ticks:
        canvas.rule_x(tick)
    canvas.rule_x(reference, role="soft")
    draw_bottom_labels(canvas, ticks, [write_tick(tick, "number", tick) for tick in ticks], title)
    for index, (text, (a, b, c), end) in enumerate(zip(labels, rows, written, strict=True)):
        y = (len(rows) - index) * row - (28 if below else row / 2)
        if below:
            canvas.text(4, y + 18, shorten(text, width - 8), role="ink", x_px=True, halo=True)
        else:
            canvas.text(left - 10, y, text, anchor="end", role="ink", x_px=True)
        role = "s6" if b <= reference <= c else "s1"
        canvas.line([b, c], [y, y], role=role, width=2.5, round=False)
        canvas.dot(a, y, role=role, size=9)
        canvas.text(width - right + 10, y, end, size=AXIS_SIZE, role="ink", x_px=True)
    return canvas.to_svg()


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers (1, 2, 5 times a power of ten; finer on a short span) between low and high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1.0, 1.1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
        ticks = [round(step * 10.0**power, 10) for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(ticks) <= count:
            return ticks
    return ticks


def histogram(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    start: str,
    end: str,
    count: str,
    unit: str = "number",
    count_unit: str = "integer",
    mark: float | None = None,
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Counts in bins, each from `start` (inclusive) to `end` (exclusive), of equal width on the page.

    Parameters
    ----------
    frame : DataFrame
        One row a bin, in order. Bins of unequal width are drawn equally wide and labelled by their edges; a blank or
        infinite last `end` is an open bin.
    unit, count_unit : str
        How edges and counts are written.
    mark : float, optional
        A value of the axis where a rule stands (a median, a cut-off).
    """
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, start, end, count)
    starts, ends, counts = (floats(frame[column]) for column in (start, end, count))

    def draw(width: float) -> str:
        return _draw_bins(width, starts, ends, counts, (unit, count_unit), mark, texts)

    labels = [_write_bin(a, b, unit) for a, b in zip(starts, ends, strict=True)]
    top = max(range(len(counts)), key=counts.__getitem__, default=0)
    alt = words("common.alt.bins", count=len(counts), at=labels[top], value=format_value(counts[top], count_unit)) if counts else ""
    kinds = {start: unit, end: unit, count: count_unit}
    return build_chart(draw, frame, name, texts, alt, formats={**kinds, **(formats or {})})


def _write_bin(start: float, end: float, unit: str) -> str:
    return words("common.chart.open_bin", start=format_value(start, unit)) if is_blank(end) else format_interval(start, end, unit)


def _draw_bins(
    width: float, starts: list[float], ends: list[float], counts: list[float], units: tuple[str, str], mark: float | None, texts: Texts
) -> str:
    unit, count_unit = units
    ticks, tick_labels = value_ticks(0, max(counts, default=1) or 1, count_unit, 4)
    title = texts.get("x")
    canvas = Canvas(width, 240 if width > NARROW else 220, (16, 14, 46 if title else 28, left_margin(tick_labels)))
    canvas.scale((0, max(1, len(counts))), (0, ticks[-1]))
    draw_value_axis(canvas, ticks, tick_labels)
    gap = 0.06 if len(counts) <= 30 else 0.0
    for index, value in enumerate(counts):
        if value > 0:
            canvas.box(index + gap / 2, 0, 1 - gap, value, role="s1")
    edges = [*starts, *([] if not ends or is_blank(ends[-1]) else [ends[-1]])]
    steps = [b - a for a, b in pairwise(starts)]
    step = min(steps) if steps else 1.0
    draw_bottom_labels(canvas, list(range(len(edges))), [write_tick(edge, unit, step) for edge in edges], title)
    if mark is not None:
        place = next((i for i, (a, b) in enumerate(zip(starts, ends, strict=True)) if a <= mark and (is_blank(b) or mark < b)), None)
        if place is not None:
            share = 0.5 if is_blank(ends[place]) else (mark - starts[place]) / (ends[place] - starts[place])
            canvas.rule_x(place + share, role="s2", width=2)
            end = place + share > len(counts) / 2
            canvas.text(
                place + share,
                canvas.height - 8,
                format_value(mark, unit),
                role="s2",
                bold=True,
                dx=-6 if end else 6,
                anchor="end" if end else "start",
                y_px=True,
            )
    return canvas.to_svg()
