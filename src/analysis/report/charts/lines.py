"""Lines over months or over numbers, with bands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.charts.alt import describe_series
from analysis.report.charts.axes import (
    bottom_room,
    draw_bottom_labels,
    draw_legend,
    draw_number_axis,
    draw_value_axis,
    is_month_axis,
    left_margin,
    legend_height,
    value_ticks,
    write_end,
    write_ends,
    write_positions,
    write_tick,
)
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.series import floats, label_values, series_roles, split, write_alike
from analysis.report.charts.theme import DASHES, NARROW, measure, shorten


@chart
def line(
    given: Given,
    *,
    x: str,
    y: str,
    low: str | None = None,
    high: str | None = None,
    series: str | None = None,
    unit: str = "number",
    x_unit: str = "number",
    levels: str | None = None,
    zero: bool = True,
    mark: Any = None,
) -> Drawing:
    """Values over time (months as ``YYYY-MM``, dates) or over a number.

    Parameters
    ----------
    given : Given
        One row a point (of a series). Rows need no order.
    x, y : str
        Columns of position and value.
    low, high : str, optional
        Columns of an interval's ends, drawn as a band.
    series : str, optional
        Column that tells the lines apart (six at most are told apart by colour).
    unit, x_unit : str
        How values are written: money, number, integer, percent, days.
    levels : str, optional
        Namespace of the series' labels in the catalogue; none: labels as the data have them.
    zero : bool
        Whether the value axis starts at zero.
    mark : optional
        A position after which the line is a forecast: a dashed rule stands there.
    """
    frame, texts = given.need(x, y, low, high, series), given.texts
    keys, groups = split(frame, x, series)
    labels = label_values([str(key) for key in keys], levels) if series else [texts.get("y") or texts.need("title")]
    positions, written = _positions(frame, x, x_unit)

    def draw(width: float) -> str:
        values = np.array([value for column in (y, low, high) if column for value in floats(frame[column])])
        return _draw(width, groups, labels, positions, written, (x, y, low, high), values, unit, zero, texts, mark)

    alt = " ".join(
        describe_series(label, [written[key] for key in group[x]], floats(group[y]), unit)
        for label, group in zip(labels, groups, strict=True)
    )
    kinds = write_alike(unit, y, low, high) | ({} if is_month_axis(frame[x]) else {x: x_unit})
    return Drawing(draw, alt, kinds, {series: levels})


def _positions(frame: pd.DataFrame, x: str, x_unit: str) -> tuple[dict[Any, float], dict[Any, str]]:
    """Where each x stands, and how it is written."""
    known = sorted(pd.unique(frame[x]))
    if is_month_axis(known):
        return {key: float(index) for index, key in enumerate(known)}, dict(zip(known, write_positions(known), strict=True))
    return {key: float(key) for key in known}, {key: write_tick(float(key), x_unit, 1) for key in known}


def _last(group: pd.DataFrame, x: str, y: str) -> tuple[Any, float]:
    """The last position that has a value, and the value."""
    known = group[group[y].notna()]
    return (known[x].iloc[-1], float(known[y].iloc[-1])) if len(known) else (None, math.nan)


def _draw(
    width: float,
    groups: list[pd.DataFrame],
    labels: list[str],
    positions: dict[Any, float],
    written: dict[Any, str],
    names: tuple[str, str, str | None, str | None],
    values: np.ndarray,
    unit: str,
    zero: bool,
    texts: Texts,
    mark: Any,
) -> str:
    x, y, low, high = names
    several = len(groups) > 1
    narrow = width <= NARROW
    known = values[~np.isnan(values)]
    bottom_value, top_value = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    ticks, tick_labels = value_ticks(
        min(0.0, bottom_value) if zero else bottom_value, max(0.0, top_value) if zero else top_value, unit, 4 if narrow else 5
    )
    ends = [label if several else write_end(_last(group, x, y)[1], unit) for label, group in zip(labels, groups, strict=True)]
    beside = not (several and narrow)
    ends = [shorten(end, width * 0.3) for end in ends]
    right = max(measure(end) for end in ends) + 14 if beside else 14
    above = 0.0 if beside else legend_height(labels, width)
    title = texts.get("x")
    canvas = Canvas(width, (250 if narrow else 280) + above, (12 + above, right, bottom_room(title), left_margin(tick_labels)))
    spread = list(positions.values()) or [0.0]
    canvas.scale((min(spread), max(spread) if max(spread) > min(spread) else min(spread) + 1), (ticks[0], ticks[-1]))
    draw_value_axis(canvas, ticks, tick_labels)
    if is_month_axis(list(positions)):
        draw_bottom_labels(canvas, list(positions.values()), [written[key] for key in positions], title)
    else:
        draw_number_axis(canvas, min(spread), max(spread), 4 if narrow else 7, title)
    if mark is not None and mark in positions:
        canvas.rule_x(positions[mark], role="axis", dash=(3, 3))
    roles = list(series_roles(labels).values())
    for group, role in zip(groups, roles, strict=True):
        if low and high:
            canvas.band([positions[key] for key in group[x]], floats(group[low]), floats(group[high]), role=role)
    for index, (group, role) in enumerate(zip(groups, roles, strict=True)):
        at = [positions[key] for key in group[x]]
        canvas.line(at, floats(group[y]), role=role, dash=DASHES[index % len(DASHES)] if several else ())
        place, value = _last(group, x, y)
        if not math.isnan(value):
            canvas.dot(positions[place], value, role=role)
    if beside:
        span = (ticks[-1] - ticks[0]) / canvas.inner_height
        heights = [0.0 if math.isnan(value) else (value - ticks[0]) / span for value in (_last(group, x, y)[1] for group in groups)]
        write_ends(canvas, ends, roles, heights)
    else:
        draw_legend(canvas, labels, roles)
    return canvas.to_svg()
