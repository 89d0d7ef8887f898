"""Movements between the levels of two moments."""

from __future__ import annotations

from typing import Any

from analysis.report.charts.alt import Flow, describe_moves
from analysis.report.charts.axes import AXIS_SIZE, spread_labels
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, chart
from analysis.report.charts.series import label_values, series_roles, write_alike
from analysis.report.charts.theme import TEXT, measure, shorten
from analysis.report.words import format_number, words
from analysis.report.words.numbers import is_blank


@chart
def transitions(given: Given, *, before: str, after: str, count: str, levels: str | None = None) -> Drawing:
    """Who moved from which level (left) to which (right): ribbons as thick as their counts; who stayed is pale.

    The table has one row a (before, after) pair with a count, in the order in which levels are to stand. A level that nobody is in
    has no place on that side.
    """
    frame = given.need(before, after, count)
    order = list(dict.fromkeys([*frame[before], *frame[after]]))
    labels = dict(zip(order, label_values(order, levels), strict=True))
    flows = [(a, b, float(c)) for a, b, c in zip(frame[before], frame[after], frame[count], strict=True) if not is_blank(c) and c > 0]

    def draw(width: float) -> str:
        return _draw_flows(width, order, labels, flows)

    return Drawing(draw, describe_moves(labels, flows), write_alike("integer", count), {before: levels, after: levels})


def _draw_flows(width: float, order: list[Any], labels: dict[Any, str], flows: list[Flow]) -> str:
    out = {level: sum(c for a, _, c in flows if a == level) for level in order}
    into = {level: sum(c for _, b, c in flows if b == level) for level in order}
    total = sum(out.values()) or 1.0
    figures = max(measure(f" {format_number(size, 0)}", AXIS_SIZE) for size in [*out.values(), *into.values()])
    room = min(width * 0.36, max(measure(labels[level], AXIS_SIZE) for level in order) + figures + 12)
    left, right = ([level for level in order if sizes[level]] for sizes in (out, into))
    gap, most = 8.0, max(len(left), len(right), 1)
    height = max(26.0 * most, 200.0) + gap * most
    canvas = Canvas(width, height + 28, (26, room, 2, room))
    canvas.scale((0, 1), (0, height))
    unit = (height - gap * (most - 1)) / total
    roles = series_roles([str(level) for level in order])
    left_at: dict[Any, float] = {}
    right_at: dict[Any, float] = {}
    top = {"l": height, "r": height}
    # Small levels get the room of a line, so that labels never meet.
    for side, shown, sizes, places in (("l", left, out, left_at), ("r", right, into, right_at)):
        for level in shown:
            places[level] = top[side]
            top[side] -= sizes[level] * unit + gap
    bar = 10 / canvas.inner_width
    for x, places, sizes in ((0.0, left_at, out), (1 - bar, right_at, into)):
        for level, place in places.items():
            canvas.box(x, place - sizes[level] * unit, bar, sizes[level] * unit, role=roles[str(level)])
    start, end = dict(left_at), dict(right_at)
    for a, b, c in sorted(flows, key=lambda flow: (order.index(flow[0]), order.index(flow[1]))):
        size = c * unit
        canvas.ribbon(bar, 1 - bar, start[a], end[b], size, role=roles[str(a)], alpha=0.14 if a == b else 0.45)
        start[a] -= size
        end[b] -= size
    for side, places, sizes in (("l", left_at, out), ("r", right_at, into)):
        middles = [place - sizes[level] * unit / 2 for level, place in places.items()]
        for level, y in zip(places, _spread_down(middles, TEXT + 3), strict=True):
            text = f"{shorten(labels[level], room - figures - 12, AXIS_SIZE)} {format_number(sizes[level], 0)}"
            x, anchor = (room - 8, "end") if side == "l" else (width - room + 8, "start")
            canvas.text(x, canvas.bottom + y, text, anchor=anchor, size=AXIS_SIZE, role="ink", x_px=True, y_px=True)
    canvas.text(room + 10, canvas.height - 10, words("common.chart.before"), anchor="end", size=AXIS_SIZE, x_px=True, y_px=True)
    canvas.text(width - room - 10, canvas.height - 10, words("common.chart.after"), anchor="start", size=AXIS_SIZE, x_px=True, y_px=True)
    return canvas.to_svg()


def _spread_down(heights: list[float], gap: float) -> list[float]:
    return spread_labels(heights, gap, 6, max([*heights, gap * len(heights)]))
