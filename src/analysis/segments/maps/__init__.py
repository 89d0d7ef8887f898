"""Maps from scores of recency, frequency and amount to segments: three of them, over the same customers."""

from analysis.segments.maps.assign import assign, list_cutoffs
from analysis.segments.maps.grid import EIGHT, ELEVEN, KLAVIYO, NAMES, Grid, fit_grids, grid_of, read_amount
from analysis.segments.maps.segment_map import Segment, SegmentMap, labels, load

__all__ = [
    "EIGHT",
    "ELEVEN",
    "KLAVIYO",
    "NAMES",
    "Grid",
    "Segment",
    "SegmentMap",
    "assign",
    "fit_grids",
    "grid_of",
    "labels",
    "list_cutoffs",
    "load",
    "read_amount",
]
