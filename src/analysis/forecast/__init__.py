"""History -> candidate models, back-tests, champion -> scores."""

from analysis.forecast.backtest import backtest, closed_dates, replay
from analysis.forecast.champion import Champion, fit
from analysis.forecast.listing import calibrate, grades, list_parameters, replay_last
from analysis.forecast.measures import calibration_table
from analysis.forecast.scorer import Scorer, score
from analysis.forecast.scoring import Forecast, choose

__all__ = [
    "Champion",
    "Forecast",
    "Scorer",
    "backtest",
    "calibrate",
    "calibration_table",
    "choose",
    "closed_dates",
    "fit",
    "grades",
    "list_parameters",
    "replay",
    "replay_last",
    "score",
]
