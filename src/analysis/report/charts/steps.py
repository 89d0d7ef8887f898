"""From one level to another, step by step: a waterfall laid on its side."""

from __future__ import annotations

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import draw_bottom_labels, write_tick
from analysis.report.charts.canvas import Canvas, tick_values
from analysis.report.charts.chart import Drawing, Given, chart
from analysis.report.charts.rows import Rows
from analysis.report.charts.series import floats, label_values, write_alike
from analysis.report.charts.theme import measure
from analysis.report.words import format_value, words
from analysis.report.words.numbers import is_blank


@chart
def waterfall(given: Given, *, label: str, change: str, total: str, unit: str = "money", levels: str | None = None) -> Drawing:
    """Steps between two levels, from top to bottom.

    Parameters
    ----------
    given : Given
        One row a step, in order. A row without a change is a level (the first, the last): it is drawn as a dot, for a bar
        from zero would leave no room for the steps; the axis need not begin at zero.
    label, change, total : str
        Columns of the step's name, of what it adds, and of the total after it.
    """
    frame = given.need(label, change, total)
    labels = label_values(frame[label].tolist(), levels)
    changes, totals = floats(frame[change]), floats(frame[total])

    def draw(width: float) -> str:
        return _draw_steps(width, labels, changes, totals, unit)

    said = [after if is_blank(step) else step for step, after in zip(changes, totals, strict=True)]
    alt = describe_parts(labels, said, unit, most=len(labels))
    return Drawing(draw, alt, write_alike(unit, change, total), {label: levels})


def write_change(value: float, unit: str) -> str:
    """A step with its sign, large numbers shortened."""
    text = format_value(abs(value), "compact" if abs(value) >= 10_000 else unit)
    return text if value == 0 else words(f"common.chart.{'plus' if value > 0 else 'minus'}", number=text)


def _draw_steps(width: float, labels: list[str], changes: list[float], totals: list[float], unit: str) -> str:
    rows = Rows(labels, width)
    written = [
        format_value(total, "compact") if is_blank(change) else write_change(change, unit)
        for change, total in zip(changes, totals, strict=True)
    ]
    right = max((measure(text) for text in written), default=0) + 16
    low, high = min(totals, default=0.0), max(totals, default=1.0)
    if low == high:
        low, high = low - 1, high + 1
    ticks = [tick for tick in tick_values(low, high, 5 if width > 400 else 3) if low <= tick <= high]
    canvas = Canvas(width, rows.height + 36, (8, right, 28, rows.left))
    canvas.scale((low, high), (0, rows.height))
    for tick in ticks:
        canvas.rule_x(tick, role="axis" if tick == 0 else "rule")
    step = ticks[1] - ticks[0] if len(ticks) > 1 else max(abs(high - low), 1.0)
    draw_bottom_labels(canvas, ticks, [write_tick(tick, unit, step) for tick in ticks])
    before = totals[0] if totals else 0.0
    for index, (change, total, text) in enumerate(zip(changes, totals, written, strict=True)):
        y = rows.write(canvas, index)
        if is_blank(change):
            canvas.dot(total, y, role="ink", size=11)
        elif change == 0:
            canvas.line([total, total], [y - 8, y + 8], role="s6", width=2, round=False)
        else:
            canvas.box(min(before, total), y - 8, abs(total - before), 16, role="s1" if change > 0 else "s2")
        if index + 1 < len(labels):
            canvas.line([total, total], [y - 8, y - rows.size + 8], role="axis", width=1, round=False)
        canvas.text(width - right + 10, y, text, role="ink", x_px=True)
        before = total
    return canvas.to_svg()
