"""Hazard, odds and rate ratios around a reference of no effect."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.report.charts.axes import AXIS_SIZE, bottom_room, draw_bottom_labels, write_tick
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.rows import Rows
from analysis.report.charts.series import floats, label_values, write_alike
from analysis.report.charts.theme import NARROW, measure
from analysis.report.words import format_interval, format_number, words
from analysis.report.words.numbers import is_blank

Ratio = tuple[float, float, float]


@chart
def forest(
    given: Given,
    *,
    label: str,
    estimate: str,
    low: str,
    high: str,
    levels: str | None = None,
    detail: Sequence[str] = (),
    reference: float = 1.0,
) -> Drawing:
    """Ratios (hazard, odds, rate) with their intervals on a log axis, around a reference of no effect.

    The table has one row a ratio; an interval that leaves out the reference is drawn in full colour, others in grey. The
    filled columns of `detail` follow the label: the level that is compared, the window of time.
    """
    frame = given.need(label, estimate, low, high)
    known = frame[(frame[estimate] > 0) & (frame[low] > 0) & frame[high].map(lambda value: not is_blank(value))]
    named = [label_values(known[label].tolist(), levels), *([str(text) for text in known[column]] for column in detail)]
    labels = [" \u00b7 ".join(part for part in parts if part) for parts in zip(*named, strict=True)]
    ratios = list(zip(floats(known[estimate]), floats(known[low]), floats(known[high]), strict=True))

    def draw(width: float) -> str:
        return _draw_forest(width, labels, ratios, reference, given.texts)

    alt = " ".join(
        words("common.alt.ratio", label=text, value=format_number(a, 2), interval=format_interval(b, c, "decimal"))
        for text, (a, b, c) in zip(labels, ratios, strict=True)
    )
    return Drawing(draw, alt, write_alike("decimal", estimate, low, high), {label: levels})


def _draw_forest(width: float, labels: list[str], ratios: list[Ratio], reference: float, texts: Texts) -> str:
    rows = Rows(labels, width)
    written = [_write_ratio(ratio, width > NARROW) for ratio in ratios]
    right = max((measure(text, AXIS_SIZE) for text in written), default=0) + 16
    low = min([reference, *(b for _, b, _ in ratios)]) / 1.1
    high = max([reference, *(c for _, _, c in ratios)]) * 1.1
    title = texts.get("x")
    canvas = Canvas(width, rows.height + 8 + bottom_room(title), (8, right, bottom_room(title), rows.left))
    canvas.scale((low, high), (0, rows.height), log_x=True)
    ticks = log_ticks(low, high, 4 if width <= NARROW else 7)
    for tick in ticks:
        canvas.rule_x(tick)
    canvas.rule_x(reference, role="soft")
    draw_bottom_labels(canvas, ticks, [write_tick(tick, "number", tick) for tick in ticks], title)
    for index, ((a, b, c), end) in enumerate(zip(ratios, written, strict=True)):
        y = rows.write(canvas, index)
        role = "s6" if b <= reference <= c else "s1"
        canvas.line([b, c], [y, y], role=role, width=2.5, round=False)
        canvas.dot(a, y, role=role, size=9)
        canvas.text(width - right + 10, y, end, size=AXIS_SIZE, role="ink", x_px=True)
    return canvas.to_svg()


def _write_ratio(ratio: Ratio, is_wide: bool) -> str:
    value, low, high = ratio
    return f"{format_number(value, 2)} ({format_interval(low, high, 'decimal')})" if is_wide else format_number(value, 2)


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers (1, 2, 5 times a power of ten; finer on a short span) between low and high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1.0, 1.1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
        ticks = [round(step * 10.0**power, 10) for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(ticks) <= count:
            return ticks
    return ticks
