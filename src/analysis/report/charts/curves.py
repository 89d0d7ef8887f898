"""Survival curves as steps."""

from __future__ import annotations

import pandas as pd

from analysis.report.charts.axes import (
    AXIS_SIZE,
    bottom_room,
    draw_legend,
    draw_number_axis,
    draw_value_axis,
    left_margin,
    legend_height,
    write_ends,
    write_tick,
)
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.series import floats, label_values, series_roles, split, write_alike
from analysis.report.charts.theme import DASHES, NARROW, measure, shorten
from analysis.report.words import format_number, format_percent, format_value, words
from analysis.report.words.numbers import is_blank


@chart
def survival(
    given: Given,
    *,
    time: str,
    survival: str,
    low: str | None = None,
    high: str | None = None,
    at_risk: str | None = None,
    series: str | None = None,
    levels: str | None = None,
    unit: str = "days",
) -> Drawing:
    """Survival curves as steps, with bands and the number still at risk below.

    Parameters
    ----------
    given : Given
        One row a (series, time): the share still without the event just after `time` (0 to 1), its interval, and the
        number at risk just before it. A curve starts at 1; the row for time 0 may be left out.
    unit : str
        How times are written: days, or number for months.
    """
    keys, groups = split(given.need(time, survival, low, high, at_risk, series), time, series)
    labels = label_values(keys, levels) if series else [given.texts.need("title")]

    def draw(width: float) -> str:
        return _draw_survival(width, groups, labels, (time, survival, low, high, at_risk), series is not None, given.texts)

    alt = " ".join(_describe_survival(label, group, time, survival, unit) for label, group in zip(labels, groups, strict=True))
    kinds = write_alike("percent", survival, low, high) | {time: "integer" if unit == "days" else unit} | write_alike("integer", at_risk)
    return Drawing(draw, alt, kinds, {series: levels})


def _describe_survival(label: str, group: pd.DataFrame, time: str, survival: str, unit: str) -> str:
    if group.empty:
        return words("common.alt.no_values", label=label)
    below = group[group[survival] <= 0.5]
    half = words("common.alt.half_at", time=format_value(below[time].iloc[0], unit)) if len(below) else words("common.alt.half_never")
    return words(
        "common.alt.survival",
        label=label,
        last=format_percent(group[survival].iloc[-1]),
        time=format_value(group[time].iloc[-1], unit),
        half=half,
    )


def _draw_survival(
    width: float,
    groups: list[pd.DataFrame],
    labels: list[str],
    names: tuple[str, str, str | None, str | None, str | None],
    several: bool,
    texts: Texts,
) -> str:
    time, survival, low, high, at_risk = names
    narrow = width <= NARROW
    beside = several and not narrow  # names stand at the ends of the curves where there is room, else in a legend
    above = legend_height(labels, width) if several and narrow else 0.0
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    tick_labels = [write_tick(tick, "percent", 0.25) for tick in ticks]
    short = [shorten(label, 64 if narrow else 150, AXIS_SIZE) for label in labels]
    left = left_margin(tick_labels)
    if at_risk and several:
        left = max(left, max(measure(label, AXIS_SIZE) for label in short) * 1.06 + 34)
    below = (22 + 16 * len(groups)) if at_risk else 0
    title = texts.get("x")
    axis = bottom_room(title)
    right = max(measure(label) for label in short) * 1.06 + 14 if beside else 16
    canvas = Canvas(width, (220 if narrow else 260) + above + below, (12 + above, right, axis + below, left))
    end = max((float(group[time].max()) for group in groups if len(group)), default=1.0) or 1.0
    canvas.scale((0, end), (0, 1))
    draw_value_axis(canvas, ticks, tick_labels)
    steps = draw_number_axis(canvas, 0, end, 4 if narrow else 6, title)
    roles = list(series_roles(labels).values())
    most = 30 if narrow else 50
    for index, (group, role) in enumerate(zip(groups, roles, strict=True)):
        times = floats(group[time])
        if low and high:
            x, bottoms = _steps(times, floats(group[low]), most)
            _, tops = _steps(times, floats(group[high]), most)
            canvas.band(x, bottoms, tops, role=role, alpha=0.14)
        x, y = _steps(times, floats(group[survival]), most)
        canvas.line(x, y, role=role, dash=DASHES[index % len(DASHES)] if several and narrow else (), round=False)
    if beside:
        heights = [(float(group[survival].iloc[-1]) if len(group) else 1.0) * canvas.inner_height for group in groups]
        write_ends(canvas, short, roles, heights, low=2)
    elif several:
        draw_legend(canvas, labels, roles)
    if at_risk:
        _draw_at_risk(canvas, groups, short if several else [""], roles, steps, time, at_risk, below)
    return canvas.to_svg()


def _draw_at_risk(
    canvas: Canvas,
    groups: list[pd.DataFrame],
    labels: list[str],
    roles: list[str],
    steps: list[float],
    time: str,
    at_risk: str,
    height: float,
) -> None:
    """Numbers still at risk under the ticks of the time axis, a line a curve."""
    canvas.text(2, height - 12, words("common.chart.at_risk"), size=AXIS_SIZE, x_px=True, y_px=True)
    for index, (group, role, label) in enumerate(zip(groups, roles, labels, strict=True)):
        y = height - 12 - 16 * (index + 1)
        canvas.text(2, y, label, size=AXIS_SIZE, role=role, bold=True, x_px=True, y_px=True)
        for step in steps:
            later = group[group[time] >= step]
            number = float(later[at_risk].iloc[0]) if len(later) else 0.0
            canvas.text(step, y, format_number(number, compact=True), anchor="middle", size=AXIS_SIZE, y_px=True)


def _steps(times: list[float], values: list[float], most: int) -> tuple[list[float], list[float]]:
    """Corners of a step curve from (0, 1); long curves are thinned to about `most` steps, the last one kept."""
    if len(times) > most:
        kept = sorted({round(index * (len(times) - 1) / (most - 1)) for index in range(most)})
        times, values = [times[index] for index in kept], [values[index] for index in kept]
    x, y = [0.0], [1.0]
    for at, value in zip(times, values, strict=True):
        x += [at, at]
        y += [y[-1], y[-1] if is_blank(value) else value]
    return x, y
