"""Rows with a name each: left of what is drawn, or above it where names are long."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.charts.axes import left_margin
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.theme import TEXT, shorten

ROW, ROW_BELOW = 27.0, 43.0
MAX_SHARE = 0.4
"""Of the width that names may take beside what is drawn."""


class Rows:
    """Where each row stands, from top to bottom.

    Parameters
    ----------
    labels : sequence of str
        One a row.
    width : float
        Of the whole drawing, in CSS pixels.
    edge : float
        Room left of what is drawn where names stand above it.
    lift : float
        How far its middle then lies above the foot of its row.
    halo : bool
        Whether such names stay readable across lines.
    """

    def __init__(self, labels: Sequence[str], width: float, *, edge: float = 10.0, lift: float = 28.0, halo: bool = True):
        room = left_margin(labels, TEXT)
        self.labels, self.width, self.lift, self.halo = labels, width, lift, halo
        self.is_below = room > width * MAX_SHARE
        self.size = ROW_BELOW if self.is_below else ROW
        self.left = edge if self.is_below else room
        self.height = self.size * len(labels)

    def place(self, index: int) -> float:
        """Height of the middle of what row `index` draws, above the foot of the lowest row."""
        return (len(self.labels) - index) * self.size - (self.lift if self.is_below else self.size / 2)

    def write(self, canvas: Canvas, index: int) -> float:
        """Write the name of row `index`; its place is returned."""
        label, y = self.labels[index], self.place(index)
        if self.is_below:
            canvas.text(4, y + self.lift - 10, shorten(label, self.width - 8), role="ink", x_px=True, halo=self.halo)
        else:
            canvas.text(self.left - 10, y, label, anchor="end", role="ink", x_px=True)
        return y
