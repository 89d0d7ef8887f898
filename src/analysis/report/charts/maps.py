"""Groups of people on a map of two directions: hexagons, each of which stands for several people."""

from __future__ import annotations

import math

from analysis.report.charts.alt import describe_parts
from analysis.report.charts.axes import AXIS_SIZE, draw_legend, legend_height
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, Texts, chart
from analysis.report.charts.series import floats, label_values, series_roles, write_alike
from analysis.report.charts.theme import TEXT, shorten

CORNERS = [(math.sin(math.pi / 3 * i), math.cos(math.pi / 3 * i)) for i in range(6)]
MAX_RATIO = 0.9
"""Of height to width."""


@chart
def hexmap(given: Given, *, x: str, y: str, width: str, number: str, group: str, count: str, levels: str | None = None) -> Drawing:
    """Hexagons in the colour of the group that most of their people belong to, the more people the darker.

    Parameters
    ----------
    given : Given
        One row a hexagon: its middle `x`, `y` and its `width` in the same unit, the `number` (from 1) and name of its `group`, and the
        `count` of its people. The groups' numbers stand in the map where most of their people are.
    """
    frame = given.need(x, y, width, number, group, count)
    cells = list(zip(floats(frame[x]), floats(frame[y]), [int(v) for v in frame[number]], floats(frame[count]), strict=True))
    size = float(frame[width].iloc[0]) if len(frame) else 1.0
    found = frame[[number, group]].drop_duplicates().sort_values(number, kind="stable")
    numbers = [int(value) for value in found[number]]
    labels = [f"{n} {label}" for n, label in zip(numbers, label_values(found[group].tolist(), levels), strict=True)]
    totals = [sum(c for *_, n, c in cells if n == mark) for mark in numbers]

    def draw(width: float) -> str:
        return _draw_cells(width, cells, size, numbers, labels, given.texts)

    return Drawing(draw, describe_parts(labels, totals, "integer"), write_alike("integer", number, count), {group: levels})


def _draw_cells(
    width: float, cells: list[tuple[float, float, int, float]], size: float, numbers: list[int], labels: list[str], texts: Texts
) -> str:
    low_x, high_x = min(c[0] for c in cells) - size, max(c[0] for c in cells) + size
    low_y, high_y = min(c[1] for c in cells) - size, max(c[1] for c in cells) + size
    left = 4.0
    shown = [shorten(label, width - 30, TEXT) for label in labels]
    top = legend_height(shown, width)
    # One unit is as long upwards as across, so that hexagons are regular and distances mean something.
    unit = min((width - left - 4) / (high_x - low_x), MAX_RATIO * width / (high_y - low_y))
    inner = (high_x - low_x) * unit
    right = width - left - inner
    canvas = Canvas(width, (high_y - low_y) * unit + top + 44, (top, right, 44, left))
    canvas.scale((low_x, high_x), (low_y, high_y))
    roles = series_roles([str(number) for number in range(1, max(numbers) + 1)])
    most = max(c[3] for c in cells)
    radius = size / math.sqrt(3) * 0.95
    for px, py, number, people in cells:
        alpha = round(0.2 + 0.75 * math.sqrt(people / most), 2)
        canvas.polygon([(px + radius * dx, py + radius * dy) for dx, dy in CORNERS], role=roles[str(number)], alpha=alpha)
    for number in numbers:
        own = [c for c in cells if c[2] == number]
        total = sum(c[3] for c in own)
        at_x, at_y = (sum(c[axis] * c[3] for c in own) / total for axis in (0, 1))
        canvas.dot(at_x, at_y, role="paper", size=21)
        canvas.text(at_x, at_y, str(number), anchor="middle", role="ink", bold=True)
    draw_legend(canvas, shown, [roles[str(number)] for number in numbers], lines=False)
    for line, part in enumerate(("y", "x")):
        canvas.text(left, 30 - 18 * line, shorten(texts.get(part), width - left - 4, AXIS_SIZE), size=AXIS_SIZE, x_px=True, y_px=True)
    return canvas.to_svg()
