"""History, segments, scores -> survival story, lapses, warnings."""

from analysis.churn.build import build_churn
from analysis.churn.causes import tell_causes
from analysis.churn.conversion import convert_cohorts, convert_groups, list_conversion
from analysis.churn.cox import tell_cox
from analysis.churn.cure import estimate_cured
from analysis.churn.follow_up import count_moves, follow_up
from analysis.churn.grading import chart_months, grade_months, grade_rankings, grade_reasons, list_grades, tell_grades, tell_origin
from analysis.churn.incidence import estimate_incidence
from analysis.churn.lapse import know_by, label_lapsed, rate_false_lapses, set_limits
from analysis.churn.listing import count_chances, list_ratios, list_tests
from analysis.churn.lists import count_reasons, watch_list, write_list
from analysis.churn.remarks import tell_drifts, tell_gone, tell_never, tell_ratios, tell_start
from analysis.churn.story import tell_survival
from analysis.churn.summary import label_moves, rate_lapses, rate_lapses_by_month

__all__ = [
    "build_churn",
    "chart_months",
    "convert_cohorts",
    "convert_groups",
    "count_chances",
    "count_moves",
    "count_reasons",
    "estimate_cured",
    "estimate_incidence",
    "follow_up",
    "grade_months",
    "grade_rankings",
    "grade_reasons",
    "know_by",
    "label_lapsed",
    "label_moves",
    "list_conversion",
    "list_grades",
    "list_ratios",
    "list_tests",
    "rate_false_lapses",
    "rate_lapses",
    "rate_lapses_by_month",
    "set_limits",
    "tell_causes",
    "tell_cox",
    "tell_drifts",
    "tell_gone",
    "tell_grades",
    "tell_never",
    "tell_origin",
    "tell_ratios",
    "tell_start",
    "tell_survival",
    "watch_list",
    "write_list",
]
