"""Charts of finished tables: each function takes a DataFrame and returns a display; nothing is computed but positions."""

from analysis.report.charts.bars import bar, dot_range, forest, histogram
from analysis.report.charts.curves import calibration, lorenz, survival
from analysis.report.charts.grids import heatmap, transitions
from analysis.report.charts.lines import line
from analysis.report.charts.sparkline import draw_sparkline

__all__ = [
    "bar",
    "calibration",
    "dot_range",
    "draw_sparkline",
    "forest",
    "heatmap",
    "histogram",
    "line",
    "lorenz",
    "survival",
    "transitions",
]
