"""A drawing surface in CSS pixels: a matplotlib figure without pyplot, whose texts are set after drawing."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from analysis.report.charts.svg import clean_svg
from analysis.report.charts.theme import STAND_IN, TEXT, is_wide

STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "analysis", "path.simplify": True, "axes.unicode_minus": False}
_ALIGN = {"start": "left", "middle": "center", "end": "right"}


class Canvas:
    """One chart area with margins; x and y are data coordinates of that area.

    matplotlib never sees a real text: it draws stand-ins of the same width (a CJK glyph is one em wide), and the SVG gets
    the texts afterwards. So no font is needed for any script, and none can be missing.

    Parameters
    ----------
    width, height : float
        Of the whole drawing, in CSS pixels.
    margins : (top, right, bottom, left)
        In CSS pixels.
    """

    def __init__(self, width: float, height: float, margins: tuple[float, float, float, float]):
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.top, self.right, self.bottom, self.left = margins
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self.figure.patch.set_visible(False)
        self.texts: dict[str, tuple[str, bool]] = {}
        self._order = 0
        box = (self.left / width, self.bottom / height, self.inner_width / width, self.inner_height / height)
        self.axes: Any = self.figure.add_axes(box)
        self.axes.set_axis_off()

    @property
    def inner_width(self) -> float:
        """Width of the chart area."""
        return max(10.0, self.width - self.left - self.right)

    @property
    def inner_height(self) -> float:
        """Height of the chart area."""
        return max(10.0, self.height - self.top - self.bottom)

    def _next(self) -> int:
        self._order += 1  # drawn in the order of the calls, whatever the kind
        return self._order

    def scale(self, x: tuple[float, float], y: tuple[float, float], *, log_x: bool = False) -> None:
        """Set the limits of the axes."""
        if log_x:
            self.axes.set_xscale("log")
        self.axes.set_xlim(*x)
        self.axes.set_ylim(*y)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "start",
        role: str = "soft",
        size: float = TEXT,
        dx: float = 0,
        dy: float = 0,
        bold: bool = False,
        halo: bool = False,
        x_px: bool = False,
        y_px: bool = False,
    ) -> None:
        """Write `text` at data coordinates, shifted by (dx, dy) pixels (y upwards), centred on its line.

        With `halo` it stays readable across lines. With `x_px` or `y_px` that coordinate is in pixels from the drawing's left
        or bottom edge.
        """
        from matplotlib.transforms import IdentityTransform, ScaledTranslation, blended_transform_factory

        if not text:
            return
        name = f"w{len(self.texts)}"
        self.texts[name] = (text, halo)
        base = blended_transform_factory(
            IdentityTransform() if x_px else self.axes.transData, IdentityTransform() if y_px else self.axes.transData
        )
        # Letters sit about a third of their size below the middle of a line.
        move = ScaledTranslation(dx, dy - 0.34 * size, IdentityTransform())
        self.axes.text(
            x, y, _stand_in(text), transform=base + move, ha=_ALIGN[anchor], va="baseline", fontsize=size, color=STAND_IN[role],
            fontweight="bold" if bold else "normal", parse_math=False, gid=name, clip_on=False, zorder=self._next(),
        )  # fmt: skip

    def line(
        self, x: Sequence[float], y: Sequence[float], *, role: str = "s1", width: float = 2, dash: Sequence[float] = (), round: bool = True
    ) -> None:
        """A line through points; blanks break it."""
        from matplotlib.lines import Line2D

        caps: Any = "round" if round else "butt"
        drawn = Line2D(
            x, y, color=STAND_IN[role], linewidth=width, clip_on=False,
            solid_capstyle=caps, solid_joinstyle="round", zorder=self._next(),
        )  # fmt: skip
        if dash:
            drawn.set_dashes(dash)
        # no limits to learn from it, as `plot` would: `scale` has set them
        self.axes.add_artist(drawn)

    def stroke(self, x1: float, y1: float, x2: float, y2: float, *, role: str, width: float = 2, dash: Sequence[float] = ()) -> None:
        """A straight line in pixels from the lower left corner of the drawing."""
        from matplotlib.lines import Line2D

        drawn = Line2D([x1, x2], [y1, y2], color=STAND_IN[role], linewidth=width, solid_capstyle="butt", zorder=self._next())
        drawn.set_transform(_identity())
        if dash:
            drawn.set_dashes(dash)
        drawn.set_clip_on(False)
        self.axes.add_artist(drawn)

    def dot(self, x: float, y: float, *, role: str = "s1", size: float = 7, hollow: bool = False) -> None:
        """A point: a line of no length with round ends, so that no marker needs an id."""
        self.line([x, x], [y, y], role=role, width=size)
        if hollow:
            self.line([x, x], [y, y], role="paper", width=size - 3)

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float], *, role: str = "s1", alpha: float = 0.18) -> None:
        """The area between two curves."""
        points = [(a, b) for a, b in zip(x, low, strict=True) if not math.isnan(b)]
        points += [(a, b) for a, b in zip(reversed(list(x)), reversed(list(high)), strict=True) if not math.isnan(b)]
        if len(points) > 2:
            self.polygon(points, role=role, alpha=alpha)

    def polygon(self, points: Sequence[tuple[float, float]], *, role: str = "s1", alpha: float = 1.0) -> None:
        """A filled shape."""
        from matplotlib.patches import Polygon

        self.axes.add_artist(
            Polygon(points, closed=True, facecolor=STAND_IN[role], alpha=alpha, edgecolor="none", clip_on=False, zorder=self._next())
        )

    def curve(self, points: Sequence[tuple[float, float]], codes: Sequence[int], *, role: str = "s1", alpha: float = 1.0) -> None:
        """A filled shape with curved sides (matplotlib path codes)."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        self.axes.add_artist(
            PathPatch(Path(points, codes), facecolor=STAND_IN[role], alpha=alpha, edgecolor="none", clip_on=False, zorder=self._next())
        )

    def ribbon(self, x1: float, x2: float, y1: float, y2: float, size: float, *, role: str, alpha: float) -> None:
        """A band `size` high whose upper edge runs from (x1, y1) to (x2, y2)."""
        middle = (x1 + x2) / 2
        upper = [(x1, y1), (middle, y1), (middle, y2), (x2, y2)]
        lower = [(x, y - size) for x, y in reversed(upper)]
        self.curve([*upper, *lower, (x1, y1)], [1, 4, 4, 4, 2, 4, 4, 4, 79], role=role, alpha=alpha)

    def box(self, x: float, y: float, width: float, height: float, *, role: str = "s1", alpha: float = 1.0) -> None:
        """A filled rectangle from its lower left corner."""
        self.polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], role=role, alpha=alpha)

    def rule_y(self, y: float, *, role: str = "rule", width: float = 1) -> None:
        """A horizontal rule across the chart area."""
        self.line(self.axes.get_xlim(), [y, y], role=role, width=width, round=False)

    def rule_x(self, x: float, *, role: str = "rule", width: float = 1, dash: Sequence[float] = ()) -> None:
        """A vertical rule across the chart area."""
        self.line([x, x], self.axes.get_ylim(), role=role, width=width, dash=dash, round=False)

    def to_svg(self) -> str:
        """The drawing as SVG for use inside HTML: no ids, no size, colours as CSS variables."""
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        with mpl.rc_context(STYLE):
            raw = io.BytesIO()
            FigureCanvasSVG(self.figure).print_svg(raw, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        return clean_svg(raw.getvalue(), self.texts)


def _identity() -> Any:
    from matplotlib.transforms import IdentityTransform

    return IdentityTransform()


def tick_values(low: float, high: float, count: int = 5, whole: bool = False) -> list[float]:
    """About `count` round numbers that span low to high."""
    from matplotlib.ticker import MaxNLocator

    if low == high:
        high = low + 1
    ticks = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10], integer=whole).tick_values(low, high)
    return [float(tick) for tick in ticks]


def _stand_in(text: str) -> str:
    return "".join("\u2014" if is_wide(character) else character if " " <= character <= "~" else "n" for character in text)
