"""The fitted model and its back-test as tables that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.forecast.backtest import replay
from analysis.forecast.measures import calibration_table
from analysis.forecast.scorer import Scorer
from analysis.params import ForecastParams

if TYPE_CHECKING:
    from analysis.ledger import Ledger


GRADES = {
    "orders": ("orders_deviance", "orders_rmse", "orders_abs_bias", "orders_rank", "p_auc", "p_brier", "p_calibration"),
    "spend": ("spend_rmse_capped", "spend_bias", "spend_gini", "spend_top10", "spend_above_high", "spend_below_low"),
}
"""Measures of a back-test by what they grade; see `analysis.forecast.measures`."""


def list_parameters(forecast: Scorer) -> pd.DataFrame:
    """Parameters of the models of orders and of spend, with their uncertainty.

    Returns
    -------
    DataFrame
        One row per parameter: `part` (``orders`` or ``spend``), `parameter` (the literature's letter), `value`,
        `standard_error`, `low`, `high` (95 %); log-likelihood and number of customers of the part in `log_likelihood`,
        `count_customers`. Orders are missing where each customer's own past rate stands in.
    """
    tables = [
        estimate.table().assign(part=part, log_likelihood=estimate.log_likelihood, count_customers=estimate.count)
        for part, estimate in forecast.estimates.items()
        if estimate is not None
    ]
    columns = ["part", "parameter", "value", "standard_error", "low", "high", "log_likelihood", "count_customers"]
    return pd.concat(tables, ignore_index=True)[columns]


def grades(backtest: pd.DataFrame, part: str) -> pd.DataFrame | None:
    """Back-tested candidates by the measures of `part` (a key of `GRADES`), and the company's total against what came.

    Parameters
    ----------
    backtest : DataFrame
        One row per date and candidate, from `backtest`.

    Returns
    -------
    DataFrame or None
        `as_of`, `model`, the measures, `total_expected`, `total_low`, `total_high`, `total_actual`; None where no
        horizon has closed yet.
    """
    if backtest.empty:
        return None
    totals = {f"{part}_{name}": f"total_{name}" for name in ("expected", "low", "high", "actual")}
    return backtest[["as_of", "model", *GRADES[part], *totals]].rename(columns=totals)


def replay_last(ledger: Ledger, dates: Sequence[date], horizon_days: int, params: ForecastParams) -> pd.DataFrame | None:
    """The champion's forecast of the last of `dates` beside what happened (see `replay`); None without a date."""
    return replay(ledger, dates[-1], horizon_days, params) if len(dates) else None


def calibrate(replayed: pd.DataFrame | None) -> pd.DataFrame | None:
    """Chances of an order against the share that ordered, by tenth (see `calibration_table`); None without a replay."""
    if replayed is None:
        return None
    return calibration_table(replayed["p_order"].to_numpy(dtype=float), replayed["has_ordered"].to_numpy(dtype=float))
