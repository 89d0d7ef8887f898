"""Charts of finished tables: each function takes a DataFrame and returns a display; nothing is computed but positions.

In place of a table each also takes what says that there is none (see `analysis.report.show.gaps`).
"""

from analysis.report.charts import alluvial as flows
from analysis.report.charts import bars, curves, grids, lines, maps, steps, trees
from analysis.report.charts.sparkline import draw_sparkline
from analysis.report.show.gaps import or_gap

alluvial = or_gap(flows.alluvial)
bar = or_gap(bars.bar)
dot_range = or_gap(bars.dot_range)
forest = or_gap(bars.forest)
histogram = or_gap(bars.histogram)
calibration = or_gap(curves.calibration)
lorenz = or_gap(curves.lorenz)
survival = or_gap(curves.survival)
heatmap = or_gap(grids.heatmap)
transitions = or_gap(grids.transitions)
line = or_gap(lines.line)
hexmap = or_gap(maps.hexmap)
tree = or_gap(trees.tree)
waterfall = or_gap(steps.waterfall)

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
