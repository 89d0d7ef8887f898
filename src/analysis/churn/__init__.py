"""History, segments, scores -> survival story, lapses, warnings."""

from analysis.churn.build import build_churn
from analysis.churn.cox import tell_cox
from analysis.churn.lapse import know_by, label_lapsed, rate_false_lapses, set_limits
from analysis.churn.listing import count_chances, list_ratios, list_tests
from analysis.churn.lists import count_reasons, watch_list, write_list
from analysis.churn.story import tell_survival
from analysis.churn.summary import label_moves, rate_lapses, rate_lapses_by_month

__all__ = [
    "build_churn",
    "chart_months",
    "count_chances",
    "count_moves",
    "count_reasons",
    "follow_up",
    "grade_months",
    "grade_rankings",
    "grade_reasons",
    "know_by",
    "label_lapsed",
    "label_moves",
    "list_ratios",
    "list_tests",
    "rate_false_lapses",
    "rate_lapses",
    "rate_lapses_by_month",
    "set_limits",
    "tell_cox",
    "tell_grades",
    "tell_survival",
    "watch_list",
    "write_list",
]
