"""History -> classes, tiers, lifecycle, movements; cut-offs are held between months."""

from analysis.segments.base import Cutoffs, base_period, fit_cutoffs
from analysis.segments.build import build_segments
from analysis.segments.summary import by_segment, classes

__all__ = ["Cutoffs", "base_period", "build_segments", "by_segment", "classes", "fit_cutoffs"]
