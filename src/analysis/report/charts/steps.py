"""From one level to another, step by step: a waterfall laid on its side."""

from __future__ import annotations

import pandas as pd

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import draw_bottom_labels, left_margin
from analysis.report.charts.canvas import Canvas, tick_values
from analysis.report.charts.chart import Texts, build_chart, floats, label_values, need_columns, table_formats, write_tick
from analysis.report.charts.theme import TEXT, measure, shorten
from analysis.report.show.display import Display
from analysis.report.words import format_value, words
from analysis.report.words.numbers import is_blank

ROW, ROW_BELOW = 27.0, 43.0


def waterfall(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    label: str,
    change: str,
    total: str,
    unit: str = "money",
    levels: str | None = None,
    formats: dict[str, str] | None = None,
    fields: dict[str, object] | None = None,
) -> Display:
    """Steps between two levels, from top to bottom.

    Parameters
    ----------
    frame : DataFrame
        One row a step, in order. A row without a change is a level (the first, the last): it is drawn as a dot, for a bar
        from zero would leave no room for the steps; the axis need not begin at zero.
    label, change, total : str
        Columns of the step's name, of what it adds, and of the total after it.
    """
    texts = Texts(words_key or name, dict(fields or {}))
    need_columns(frame, name, label, change, total)
    labels = label_values(frame[label].tolist(), levels)
    changes, totals = floats(frame[change]), floats(frame[total])

    def draw(width: float) -> str:
        return _draw_steps(width, labels, changes, totals, unit, texts)

    said = [after if is_blank(step) else step for step, after in zip(changes, totals, strict=True)]
    kinds = {change: unit, total: unit, **(formats or {})}
    alt = describe_parts(labels, said, unit, most=len(labels))
    return build_chart(draw, frame, name, texts, alt, formats=table_formats(kinds, {label: levels}))


def write_change(value: float, unit: str) -> str:
    """A step with its sign, large numbers shortened."""
    text = format_value(abs(value), "compact" if abs(value) >= 10_000 else unit)
    return text if value == 0 else words(f"common.chart.{'plus' if value > 0 else 'minus'}", number=text)


def _draw_steps(width: float, labels: list[str], changes: list[float], totals: list[float], unit: str, texts: Texts) -> str:
    below = left_margin(labels, TEXT) > width * 0.4
    row = ROW_BELOW if below else ROW
    left = 10.0 if below else left_margin(labels, TEXT)
    written = [
        format_value(total, "compact") if is_blank(change) else write_change(change, unit)
        for change, total in zip(changes, totals, strict=True)
    ]
    right = max((measure(text) for text in written), default=0) + 16
    low, high = min(totals, default=0.0), max(totals, default=1.0)
    if low == high:
        low, high = low - 1, high + 1
    ticks = [tick for tick in tick_values(low, high, 5 if width > 400 else 3) if low <= tick <= high]
    canvas = Canvas(width, row * len(labels) + 36, (8, right, 28, left))
    canvas.scale((low, high), (0, len(labels) * row))
    for tick in ticks:
        canvas.rule_x(tick, role="axis" if tick == 0 else "rule")
    step = ticks[1] - ticks[0] if len(ticks) > 1 else max(abs(high - low), 1.0)
    draw_bottom_labels(canvas, ticks, [write_tick(tick, unit, step) for tick in ticks])
    before = totals[0] if totals else 0.0
    for index, (label, change, total, text) in enumerate(zip(labels, changes, totals, written, strict=True)):
        y = (len(labels) - index) * row - (28 if below else row / 2)
        if below:
            canvas.text(4, y + 18, shorten(label, width - 8), role="ink", x_px=True, halo=True)
        else:
            canvas.text(left - 10, y, label, anchor="end", role="ink", x_px=True)
        if is_blank(change):
            canvas.dot(total, y, role="ink", size=11)
        elif change == 0:
            canvas.line([total, total], [y - 8, y + 8], role="s6", width=2, round=False)
        else:
            canvas.box(min(before, total), y - 8, abs(total - before), 16, role="s1" if change > 0 else "s2")
        if index + 1 < len(labels):
            canvas.line([total, total], [y - 8, y - row + 8], role="axis", width=1, round=False)
        canvas.text(width - right + 10, y, text, role="ink", x_px=True)
        before = total
    return canvas.to_svg()
