"""Charts of finished tables: each function takes a DataFrame and returns a display; nothing is computed but positions.

What all of them take, beside the options of each, stands in `chart.chart`.
"""

from analysis.report.charts.alluvial import alluvial
from analysis.report.charts.bars import bar, dot_range
from analysis.report.charts.bins import histogram
from analysis.report.charts.curves import survival
from analysis.report.charts.diagonals import calibration, lorenz
from analysis.report.charts.grids import heatmap
from analysis.report.charts.lines import line
from analysis.report.charts.maps import hexmap
from analysis.report.charts.moves import transitions
from analysis.report.charts.ratios import forest
from analysis.report.charts.sparkline import draw_sparkline
from analysis.report.charts.steps import waterfall
from analysis.report.charts.trees import tree

__all__ = [
    "alluvial",
    "bar",
    "calibration",
    "dot_range",
    "draw_sparkline",
    "forest",
    "heatmap",
    "hexmap",
    "histogram",
    "line",
    "lorenz",
    "survival",
    "transitions",
    "tree",
    "waterfall",
]
