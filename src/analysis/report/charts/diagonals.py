"""Concentration and calibration: curves and points beside a diagonal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import (
    bottom_room,
    draw_bottom_labels,
    draw_legend,
    draw_value_axis,
    left_margin,
    legend_height,
    value_ticks,
    write_tick,
)
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.series import floats, label_values, series_roles, split, write_alike
from analysis.report.charts.theme import DASHES, NARROW
from analysis.report.words import format_value, words

SHARES = (0.1, 0.2, 0.5)
"""Of customers, at which the share of value is told."""


@chart
def lorenz(given: Given, *, share_customers: str, share_value: str, series: str | None = None, levels: str | None = None) -> Drawing:
    """Concentration: the share of value (y) held by a share of customers (x), best customers first; the diagonal is equality.

    The table has one row a point of a curve; both shares run from 0 to 1.
    """
    keys, groups = split(given.need(share_customers, share_value, series), share_customers, series)
    labels = label_values(keys, levels) if series else [""]

    def draw(width: float) -> str:
        canvas = _draw_square(width, given.texts, legend_height(labels, width) if series else 0.0)
        roles = list(series_roles(labels).values())
        for index, (group, role) in enumerate(zip(groups, roles, strict=True)):
            x, y = floats(group[share_customers]), floats(group[share_value])
            if not series:
                canvas.band([0, *x], [0.0, *x], [0.0, *y], role=role, alpha=0.1)
            canvas.line([0, *x], [0, *y], role=role, width=2.5, dash=DASHES[index % len(DASHES)] if series else ())
            for share in SHARES if not series else ():
                held = float(np.interp(share, [0, *x], [0, *y]))
                canvas.dot(share, held, role=role, size=8)
                text = words("common.chart.held", share=share, held=held)
                canvas.text(share, held, text, role="ink", dx=9, dy=-11, halo=True)
        if series:
            draw_legend(canvas, labels, roles)
        return canvas.to_svg()

    alt = " ".join(_describe_shares(label, group, share_customers, share_value) for label, group in zip(labels, groups, strict=True))
    return Drawing(draw, alt, write_alike("percent", share_customers, share_value), {series: levels})


def _describe_shares(label: str, group: pd.DataFrame, share_customers: str, share_value: str) -> str:
    x, y = [0.0, *floats(group[share_customers])], [0.0, *floats(group[share_value])]
    parts = [words("common.chart.held", share=share, held=float(np.interp(share, x, y))) for share in SHARES]
    return (f"{label}: " if label else "") + "; ".join(parts) + "."


def _draw_square(width: float, texts: Texts, above: float) -> Canvas:
    """Both axes from 0 to 100%, equally long where there is room, with their diagonal."""
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    labels = [write_tick(tick, "percent", 0.25) for tick in ticks]
    height = 300 if width <= NARROW else 360
    return _draw_diagonal(width, height + above, 12 + above, ticks, labels, texts.get("x"))


def _draw_diagonal(width: float, height: float, top: float, ticks: list[float], labels: list[str], title: str) -> Canvas:
    """Both axes from 0 to the last tick, and the diagonal between them."""
    canvas = Canvas(width, height, (top, 24, bottom_room(title), left_margin(labels)))
    canvas.scale((0, ticks[-1]), (0, ticks[-1]))
    draw_value_axis(canvas, ticks, labels)
    draw_bottom_labels(canvas, ticks, labels, title)
    canvas.line([0, ticks[-1]], [0, ticks[-1]], role="axis", width=1, dash=(4, 3))
    return canvas


@chart
def calibration(
    given: Given, *, predicted: str, observed: str, low: str | None = None, high: str | None = None, unit: str = "percent"
) -> Drawing:
    """What happened (y, with its interval) against what was forecast (x); on the diagonal the forecast was right.

    The table has one row a group of forecasts, such as a tenth of the customers.
    """
    frame = given.need(predicted, observed, low, high)
    ordered = frame[frame[predicted].notna() & frame[observed].notna()].sort_values(predicted, kind="stable")
    x, y = floats(ordered[predicted]), floats(ordered[observed])
    bottoms = floats(ordered[low]) if low else y
    tops = floats(ordered[high]) if high else y

    def draw(width: float) -> str:
        narrow = width <= NARROW
        ticks, labels = value_ticks(0, max([*x, *y, *tops, 1e-9]), unit, 4 if narrow else 5)
        canvas = _draw_diagonal(width, 300 if narrow else 340, 14, ticks, labels, given.texts.get("x"))
        for at, value, bottom, top in zip(x, y, bottoms, tops, strict=True):
            canvas.line([at, at], [bottom, top], role="s1", width=2, round=False)
            canvas.dot(at, value, role="s1", size=8)
        return canvas.to_svg()

    inside = sum(bottom <= at <= top for at, bottom, top in zip(x, bottoms, tops, strict=True))
    parts = describe_parts([format_value(at, unit) for at in x], y, unit)
    alt = words("common.alt.calibration", parts=parts, inside=inside, count=len(x))
    return Drawing(draw, alt, write_alike(unit, predicted, observed, low, high))
