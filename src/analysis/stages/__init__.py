"""What a chapter says of a month and that takes several stages to say: the tables and figures that are not kept.

`summary` makes the six indicators; `movement`, `classes`, `truth`, `watch` and `codes` serve the chapters of those names.
"""

from analysis.month.codes import review_codes, tell_scheme
from analysis.stages.classes import (
    concentrate_profit,
    list_groups,
    list_transitions,
    mix_channels,
    move_stages,
    pair_products,
    tell_class_rules,
)
from analysis.stages.codes import count_code_review, list_reviews, outline_codes
from analysis.stages.movement import compare_segments, headline_movement, list_borderline
from analysis.stages.summary import build_metrics
from analysis.stages.truth import confuse_classes, confuse_clusters, rate_classes, read_truth
from analysis.stages.watch import count_watch, follow_watch, list_watch

__all__ = [
    "build_metrics",
    "compare_segments",
    "concentrate_profit",
    "confuse_classes",
    "confuse_clusters",
    "count_code_review",
    "count_watch",
    "follow_watch",
    "headline_movement",
    "list_borderline",
    "list_groups",
    "list_reviews",
    "list_transitions",
    "list_watch",
    "mix_channels",
    "move_stages",
    "outline_codes",
    "pair_products",
    "rate_classes",
    "read_truth",
    "review_codes",
    "tell_class_rules",
    "tell_scheme",
]
