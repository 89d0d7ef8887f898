"""Flows between the levels of several moments in a row."""

from __future__ import annotations

from typing import Any

from analysis.report.charts.alt import Flow, describe_moves
from analysis.report.charts.axes import AXIS_SIZE, spread_labels
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, chart
from analysis.report.charts.series import label_values, series_roles, write_alike
from analysis.report.charts.theme import NARROW, TEXT, measure, shorten
from analysis.report.words import format_number
from analysis.report.words.numbers import is_blank

PHONE_MOMENTS = 3
GAP = 8.0
BAR = 10.0
THINNEST = 0.4
"""Ribbons thinner than this many pixels are left to the table behind the fold: they would be ink without a sight."""


@chart
def alluvial(given: Given, *, moment: str, before: str, after: str, count: str, size: str, levels: str | None = None) -> Drawing:
    """Customers on their way through the levels of several moments: a stack of bars for each, ribbons between them.

    Parameters
    ----------
    given : Given
        One row a moment and a pair of levels, moments in order, levels in the order in which they are to stand: who went
        from `before` (blank at the first moment) to `after` at this `moment`, their number in `count`, and the whole of
        `after` at this moment in `size`. What `size` holds beyond the ribbons came from nowhere: new customers.
    """
    frame = given.need(moment, before, after, count, size)
    moments = list(dict.fromkeys(frame[moment]))
    order = list(dict.fromkeys(frame[after]))
    labels = dict(zip(order, label_values(order, levels), strict=True))
    sizes: dict[Any, dict[Any, float]] = {each: dict.fromkeys(order, 0.0) for each in moments}
    flows: dict[Any, list[Flow]] = {each: [] for each in moments}
    for each, a, b, number, whole in zip(frame[moment], frame[before], frame[after], frame[count], frame[size], strict=True):
        sizes[each][b] = float(whole)
        if not is_blank(a) and not is_blank(number) and number > 0:
            flows[each].append((a, b, float(number)))

    def draw(width: float) -> str:
        kept = moments[-PHONE_MOMENTS:] if width <= NARROW else moments
        return _draw(width, kept, order, labels, sizes, flows)

    alt = describe_moves(labels, flows[moments[-1]] if moments else [])
    return Drawing(draw, alt, write_alike("integer", count, size), {before: levels, after: levels})


def _draw(
    width: float,
    moments: list[Any],
    order: list[Any],
    labels: dict[Any, str],
    sizes: dict[Any, dict[Any, float]],
    flows: dict[Any, list[Flow]],
) -> str:
    last = sizes[moments[-1]]
    figures = max(measure(f" {format_number(size, 0)}", AXIS_SIZE) for size in last.values())
    room = min(width * 0.4, max(measure(labels[level], AXIS_SIZE) for level in order) + figures + 16)
    left = max(measure(str(moments[0]), AXIS_SIZE) / 2 - BAR / 2, 2.0)
    height = max(30.0 * len(order), 220.0) + GAP * len(order)
    canvas = Canvas(width, height + 28, (26, room, 2, left))
    canvas.scale((0, canvas.inner_width), (0, height))
    unit = (height - GAP * (len(order) - 1)) / (max(sum(sizes[each].values()) for each in moments) or 1.0)
    roles = series_roles([str(level) for level in order])
    step = (canvas.inner_width - BAR) / max(len(moments) - 1, 1)
    tops: dict[Any, dict[Any, float]] = {}
    for number, each in enumerate(moments):
        tops[each], top = {}, height
        for level in order:
            tops[each][level] = top
            extent = sizes[each][level] * unit
            if extent > 0:
                canvas.box(number * step, top - extent, BAR, extent, role=roles[str(level)])
                top -= extent + GAP
        canvas.text(number * step + BAR / 2, height, str(each), anchor="middle", size=AXIS_SIZE, dy=14)
    for number, each in enumerate(moments[1:], start=1):
        start, end = dict(tops[moments[number - 1]]), dict(tops[each])
        for a, b, count in sorted(flows[each], key=lambda flow: (order.index(flow[0]), order.index(flow[1]))):
            extent = count * unit
            if extent >= THINNEST:
                x1, x2 = (number - 1) * step + BAR, number * step
                canvas.ribbon(x1, x2, start[a], end[b], extent, role=roles[str(a)], alpha=0.14 if a == b else 0.45)
            start[a] -= extent
            end[b] -= extent
    shown = [level for level in order if last[level] > 0]
    middles = [tops[moments[-1]][level] - last[level] * unit / 2 for level in shown]
    for level, y in zip(shown, spread_labels(middles, TEXT + 3, 6, height), strict=True):
        text = f"{shorten(labels[level], room - figures - 12, AXIS_SIZE)} {format_number(last[level], 0)}"
        canvas.text(width - room + 8, canvas.bottom + y, text, size=AXIS_SIZE, role="ink", x_px=True, y_px=True)
    return canvas.to_svg()
