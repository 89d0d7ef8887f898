"""History -> candidate models, back-tests, champion -> scores."""

from analysis.forecast.backtest import Backtest, Replays, backtest, closed_dates, replay
from analysis.forecast.champion import Champion, fit
from analysis.forecast.issued import Closed, collect_closed, grade_closed, sum_closed
from analysis.forecast.listing import (
    calibrate,
    compare_dates,
    compare_horizons,
    compare_models,
    count_behind,
    count_inside,
    find_closed,
    follow_totals,
    list_contest,
    list_grades,
    list_parameters,
    tell_closed,
    tell_horizons,
    tell_survival,
)
from analysis.forecast.measures import calibration_table
from analysis.forecast.scorer import Scorer, score
from analysis.forecast.scoring import Forecast, choose
from analysis.forecast.tenths import compare_tenths

__all__ = [
    "Backtest",
    "Champion",
    "Closed",
    "Forecast",
    "Replays",
    "Scorer",
    "backtest",
    "calibrate",
    "calibration_table",
    "choose",
    "closed_dates",
    "collect_closed",
    "compare_dates",
    "compare_horizons",
    "compare_models",
    "compare_tenths",
    "count_behind",
    "count_inside",
    "find_closed",
    "fit",
    "follow_totals",
    "grade_closed",
    "list_contest",
    "list_grades",
    "list_parameters",
    "replay",
    "score",
    "sum_closed",
    "tell_closed",
    "tell_horizons",
    "tell_survival",
]
