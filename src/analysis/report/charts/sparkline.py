"""Twelve months in the width of a card."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.show.display import escape
from analysis.report.words import format_value, words
from analysis.report.words.numbers import is_blank

WIDTH, HEIGHT, EDGE = 160, 36, 4


def draw_sparkline(values: Sequence[float | None], unit: str = "number") -> str:
    """A small line with its last point marked, with alt text; an empty text below two values.

    Written by hand: cards are on every first screen, and a figure each would cost more than it draws.
    """
    known = [(index, float(value)) for index, value in enumerate(values) if not is_blank(value) and value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = (high - low) or 1.0
    last = len(values) - 1
    points = [
        (EDGE + index / last * (WIDTH - 2 * EDGE), HEIGHT - EDGE - ((value - low) / span if high > low else 0.5) * (HEIGHT - 2 * EDGE))
        for index, value in known
    ]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    area = f"{path}L{points[-1][0]:.1f} {HEIGHT}L{points[0][0]:.1f} {HEIGHT}z"
    x, y = points[-1]
    alt = words(
        "common.card.history",
        count=len(values),
        low=format_value(low, unit),
        high=format_value(high, unit),
        last=format_value(known[-1][1], unit),
    )
    return (
        f'<svg class=spark width={WIDTH} height={HEIGHT} viewBox="0 0 {WIDTH} {HEIGHT}" role=img aria-label="{escape(alt)}">'
        f'<path d="{area}" style="fill:var(--s1,#0068a8);fill-opacity:.1"/>'
        f'<path d="{path}" style="fill:none;stroke:var(--s1,#0068a8);stroke-width:1.75;stroke-linejoin:round"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill:var(--s1,#0068a8)"/></svg>'
    )
