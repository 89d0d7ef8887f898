"""Survival steps, concentration and calibration curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import draw_bottom_labels, draw_legend, draw_value_axis, left_margin, legend_height, value_ticks
from analysis.report.charts.canvas import Canvas, tick_values
from analysis.report.charts.chart import AXIS_SIZE, Texts, build_chart, label_values, need_columns, series_roles, table_formats, write_tick
from analysis.report.charts.theme import DASHES, NARROW, measure, shorten
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
    above = legend_height(labels, width) if several else 0.0
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    tick_labels = [write_tick(tick, "percent", 0.25) for tick in ticks]
    short = [shorten(label, 70 if narrow else 150, AXIS_SIZE) for label in labels]
    left = max(left_margin(tick_labels), max(measure(label, AXIS_SIZE) for label in short) + 22 if at_risk and several else 0)
    below = (20 + 16 * len(groups)) if at_risk else 0
    title = texts.get("x")
    bottom = (46 if title else 28) + below
    canvas = Canvas(width, (220 if narrow else 260) + above + below, (12 + above, 14, bottom, left))
    end = max((float(group[time].max()) for group in groups if len(group)), default=1.0) or 1.0
    canvas.scale((0, end), (0, 1))
    draw_value_axis(canvas, ticks, tick_labels)
    steps = [step for step in tick_values(0, end, 4 if narrow else 6) if 0 <= step <= end]
    size = steps[1] - steps[0] if len(steps) > 1 else 1.0
    canvas.bottom -= below  # axis labels belong directly under the curve
    canvas.bottom += below
    draw_bottom_labels(canvas, steps, [write_tick(step, "number", size) for step in steps], title)
    roles = list(series_roles(labels).values())
    for index, (group, role) in enumerate(zip(groups, roles, strict=True)):
        x, y = _steps(group[time].to_numpy(float), group[survival].to_numpy(float))
        if low and high:
            x_low, y_low = _steps(group[time].to_numpy(float), group[low].to_numpy(float))
            _, y_high = _steps(group[time].to_numpy(float), group[high].to_numpy(float))
            canvas.band(x_low, y_low, y_high, role=role, alpha=0.14)
        canvas.line(x, y, role=role, dash=DASHES[index % len(DASHES)] if several else (), round=False)
    if several:
        draw_legend(canvas, labels, roles)
    if at_risk:
        top = canvas.bottom - (46 if title else 28) - 6
        canvas.text(2, top, words("common.chart.at_risk"), size=AXIS_SIZE, x_px=True, y_px=True)
        for index, (group, role, label) in enumerate(zip(groups, roles, short, strict=True)):
            y_px = top - 16 * (index + 1)
            if several:
                canvas.text(2, y_px, label, size=AXIS_SIZE, role=role, bold=True, x_px=True, y_px=True)
            for step in steps:
                later = group[group[time] >= step]
                number = float(later[at_risk].iloc[0]) if len(later) else 0.0
                canvas.text(step, y_px, format_number(number, compact=True), anchor="middle", size=AXIS_SIZE, y_px=True)
    return canvas.to_svg()


def _steps(times: np.ndarray, values: np.ndarray, most: int = 150) -> tuple[list[float], list[float]]:
    """Corners of a step curve from (0, 1); long curves are thinned to about `most` steps, the last one kept."""
    if len(times) > most:
        kept = np.unique(np.linspace(0, len(times) - 1, most).round().astype(int))
        times, values = times[kept], values[kept]
    x, y = [0.0], [1.0]
    for at, value in zip(times.tolist(), values.tolist(), strict=True):
        if is_blank(value):
            continue
        x += [at, at]
        y += [y[-1], value]
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
            x, y = group[share_customers].astype(float).tolist(), group[share_value].astype(float).tolist()
            if not series:
                canvas.band([0, *x], [0.0, *x], [0.0, *y], role=role, alpha=0.1)
            canvas.line([0, *x], [0, *y], role=role, width=2.5, dash=DASHES[index % len(DASHES)] if series else ())
            for share in (0.1, 0.2, 0.5) if not series else ():
                held = float(np.interp(share, [0, *x], [0, *y]))
                canvas.dot(share, held, role=role, size=8)
                text = words("common.chart.held", share=share, held=held)
                canvas.text(share, held, text, role="ink", dx=8, dy=-11)
        if series:
            draw_legend(canvas, labels, roles)
        return canvas.to_svg()

    alt = " ".join(_describe_shares(label, group, share_customers, share_value) for label, group in zip(labels, groups, strict=True))
    kinds = dict.fromkeys((share_customers, share_value), "percent")
    return build_chart(
        draw, frame, name, texts, alt, formats=table_formats({**kinds, **(formats or {})}, {series: levels} if series else {})
    )


def _describe_shares(label: str, group: pd.DataFrame, share_customers: str, share_value: str) -> str:
    x, y = [0.0, *group[share_customers].astype(float)], [0.0, *group[share_value].astype(float)]
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
    ordered = frame.sort_values(predicted, kind="stable")
    x, y = ordered[predicted].astype(float).tolist(), ordered[observed].astype(float).tolist()
    bottoms = ordered[low].astype(float).tolist() if low else y
    tops = ordered[high].astype(float).tolist() if high else y

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
