"""Histograms of finished counts."""

from __future__ import annotations

from itertools import pairwise

from analysis.report.charts.axes import bottom_room, draw_bottom_labels, draw_value_axis, left_margin, value_ticks, write_tick
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.series import floats
from analysis.report.charts.theme import NARROW
from analysis.report.words import format_interval, format_value, words
from analysis.report.words.numbers import is_blank


@chart
def histogram(
    given: Given,
    *,
    start: str,
    end: str,
    count: str,
    unit: str = "number",
    count_unit: str = "integer",
    mark: float | None = None,
) -> Drawing:
    """Counts in bins, each from `start` (inclusive) to `end` (exclusive), of equal width on the page.

    Parameters
    ----------
    given : Given
        One row a bin, in order. Bins of unequal width are drawn equally wide and labelled by their edges; a blank or
        infinite last `end` is an open bin.
    unit, count_unit : str
        How edges and counts are written.
    mark : float, optional
        A value of the axis where a rule stands (a median, a cut-off).
    """
    frame = given.need(start, end, count)
    starts, ends, counts = (floats(frame[column]) for column in (start, end, count))

    def draw(width: float) -> str:
        return _draw_bins(width, starts, ends, counts, (unit, count_unit), mark, given.texts)

    labels = [_write_bin(a, b, unit) for a, b in zip(starts, ends, strict=True)]
    top = max(range(len(counts)), key=counts.__getitem__, default=0)
    alt = words("common.alt.bins", count=len(counts), at=labels[top], value=format_value(counts[top], count_unit)) if counts else ""
    return Drawing(draw, alt, {start: unit, end: unit, count: count_unit})


def _write_bin(start: float, end: float, unit: str) -> str:
    return words("common.chart.open_bin", start=format_value(start, unit)) if is_blank(end) else format_interval(start, end, unit)


def _draw_bins(
    width: float, starts: list[float], ends: list[float], counts: list[float], units: tuple[str, str], mark: float | None, texts: Texts
) -> str:
    unit, count_unit = units
    ticks, tick_labels = value_ticks(0, max(counts, default=1) or 1, count_unit, 4)
    title = texts.get("x")
    canvas = Canvas(width, 240 if width > NARROW else 220, (16, 14, bottom_room(title), left_margin(tick_labels)))
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
