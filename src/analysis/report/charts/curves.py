"""Survival steps, concentration and calibration curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import (
    draw_bottom_labels,
    draw_legend,
    draw_value_axis,
    left_margin,
    legend_height,
    spread_labels,
    value_ticks,
)
from analysis.report.charts.canvas import Canvas, tick_values
from analysis.report.charts.chart import (
    AXIS_SIZE,
    Texts,
    build_chart,
    floats,
    label_values,
    need_columns,
    series_roles,
    table_formats,
    write_tick,
)
from analysis.report.charts.theme import DASHES, NARROW, TEXT, measure, shorten
from analysis.report.show.display import Display
from analysis.report.words import format_number, format_percent, format_value, words
from analysis.report.words.numbers import is_blank


def survival(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    time: str,
    survival: str,
    low: str | None = None,
    high: str | None = None,
    at_risk: str | None = None,
    series: str | None = None,
    levels: str | None = None,
    unit: str = "days",
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Survival curves as steps, with bands and the number still at risk below.

    Parameters
    ----------
    frame : DataFrame
        One row a (series, time): the share still without the event just after `time` (0 to 1), its interval, and the
        number at risk just before it. A curve starts at 1; the row for time 0 may be left out.
    unit : str
        How times are written: days, or number for months.
    """
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, time, survival, low, high, at_risk, series)
    ordered = frame.sort_values(time, kind="stable")
    keys = list(pd.unique(frame[series])) if series else [None]
    groups = [ordered if series is None else ordered[ordered[series] == key] for key in keys]
    labels = label_values(keys, levels) if series else [texts.need("title")]

    def draw(width: float) -> str:
        return _draw_survival(width, groups, labels, (time, survival, low, high, at_risk), series is not None, texts)

    alt = " ".join(_describe_survival(label, group, time, survival, unit) for label, group in zip(labels, groups, strict=True))
    kinds = {column: "percent" for column in (survival, low, high) if column} | {time: "integer" if unit == "days" else unit}
    if at_risk:
        kinds[at_risk] = "integer"
    return build_chart(
        draw, frame, name, texts, alt, formats=table_formats({**kinds, **(formats or {})}, {series: levels} if series else {})
    )


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
    axis = 46 if title else 28
    right = max(measure(label) for label in short) * 1.06 + 14 if beside else 16
    canvas = Canvas(width, (220 if narrow else 260) + above + below, (12 + above, right, axis + below, left))
    end = max((float(group[time].max()) for group in groups if len(group)), default=1.0) or 1.0
    canvas.scale((0, end), (0, 1))
    draw_value_axis(canvas, ticks, tick_labels)
    steps = [step for step in tick_values(0, end, 4 if narrow else 6) if 0 <= step <= end]
    size = steps[1] - steps[0] if len(steps) > 1 else 1.0
    draw_bottom_labels(canvas, steps, [write_tick(step, "number", size) for step in steps], title)
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
        for label, role, height in zip(short, roles, spread_labels(heights, TEXT + 3, 2, canvas.inner_height), strict=True):
            canvas.text(width - right + 9, canvas.bottom + height, label, role=role, bold=True, x_px=True, y_px=True)
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


def lorenz(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    share_customers: str,
    share_value: str,
    series: str | None = None,
    levels: str | None = None,
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """Concentration: the share of value (y) held by a share of customers (x), best customers first; the diagonal is equality.

    `frame` has one row a point of a curve; both shares run from 0 to 1.
    """
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, share_customers, share_value, series)
    ordered = frame.sort_values(share_customers, kind="stable")
    keys = list(pd.unique(frame[series])) if series else [None]
    groups = [ordered if series is None else ordered[ordered[series] == key] for key in keys]
    labels = label_values(keys, levels) if series else [""]

    def draw(width: float) -> str:
        above = legend_height(labels, width) if series else 0.0
        canvas = _square(width, texts, above)
        canvas.line([0, 1], [0, 1], role="axis", width=1, dash=(4, 3))
        roles = list(series_roles(labels).values())
        for index, (group, role) in enumerate(zip(groups, roles, strict=True)):
            x, y = floats(group[share_customers]), floats(group[share_value])
            if not series:
                canvas.band([0, *x], [0.0, *x], [0.0, *y], role=role, alpha=0.1)
            canvas.line([0, *x], [0, *y], role=role, width=2.5, dash=DASHES[index % len(DASHES)] if series else ())
            for share in (0.1, 0.2, 0.5) if not series else ():
                held = float(np.interp(share, [0, *x], [0, *y]))
                canvas.dot(share, held, role=role, size=8)
                text = words("common.chart.held", share=share, held=held)
                canvas.text(share, held, text, role="ink", dx=9, dy=-11, halo=True)
        if series:
            draw_legend(canvas, labels, roles)
        return canvas.to_svg()

    alt = " ".join(_describe_shares(label, group, share_customers, share_value) for label, group in zip(labels, groups, strict=True))
    kinds = dict.fromkeys((share_customers, share_value), "percent")
    return build_chart(
        draw, frame, name, texts, alt, formats=table_formats({**kinds, **(formats or {})}, {series: levels} if series else {})
    )


def _describe_shares(label: str, group: pd.DataFrame, share_customers: str, share_value: str) -> str:
    x, y = [0.0, *floats(group[share_customers])], [0.0, *floats(group[share_value])]
    parts = [words("common.chart.held", share=share, held=float(np.interp(share, x, y))) for share in (0.1, 0.2, 0.5)]
    return (f"{label}: " if label else "") + "; ".join(parts) + "."


def _square(width: float, texts: Texts, above: float = 0.0) -> Canvas:
    """Both axes from 0 to 100%, equally long where there is room."""
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    labels = [write_tick(tick, "percent", 0.25) for tick in ticks]
    title = texts.get("x")
    height = 300 if width <= NARROW else 360
    canvas = Canvas(width, height + above, (12 + above, 24, 46 if title else 28, left_margin(labels)))
    canvas.scale((0, 1), (0, 1))
    draw_value_axis(canvas, ticks, labels)
    draw_bottom_labels(canvas, ticks, labels, title)
    return canvas


def calibration(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    predicted: str,
    observed: str,
    low: str | None = None,
    high: str | None = None,
    unit: str = "percent",
    formats: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
) -> Display:
    """What happened (y, with its interval) against what was forecast (x); on the diagonal the forecast was right.

    `frame` has one row a group of forecasts, such as a tenth of the customers.
    """
    texts = Texts(words_key or name, fields or {})
    need_columns(frame, name, predicted, observed, low, high)
    ordered = frame[frame[predicted].notna() & frame[observed].notna()].sort_values(predicted, kind="stable")
    x, y = floats(ordered[predicted]), floats(ordered[observed])
    bottoms = floats(ordered[low]) if low else y
    tops = floats(ordered[high]) if high else y

    def draw(width: float) -> str:
        narrow = width <= NARROW
        ticks, labels = value_ticks(0, max([*x, *y, *tops, 1e-9]), unit, 4 if narrow else 5)
        title = texts.get("x")
        canvas = Canvas(width, 300 if narrow else 340, (14, 24, 46 if title else 28, left_margin(labels)))
        canvas.scale((0, ticks[-1]), (0, ticks[-1]))
        draw_value_axis(canvas, ticks, labels)
        draw_bottom_labels(canvas, ticks, labels, title)
        canvas.line([0, ticks[-1]], [0, ticks[-1]], role="axis", width=1, dash=(4, 3))
        for at, value, bottom, top in zip(x, y, bottoms, tops, strict=True):
            canvas.line([at, at], [bottom, top], role="s1", width=2, round=False)
            canvas.dot(at, value, role="s1", size=8)
        return canvas.to_svg()

    inside = sum(bottom <= at <= top for at, bottom, top in zip(x, bottoms, tops, strict=True))
    parts = describe_parts([format_value(at, unit) for at in x], y, unit)
    alt = words("common.alt.calibration", parts=parts, inside=inside, count=len(x))
    kinds = {column: unit for column in (predicted, observed, low, high) if column}
    return build_chart(draw, frame, name, texts, alt, formats={**kinds, **(formats or {})})
