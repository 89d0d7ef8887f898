"""How well every candidate forecasts on open data, by the project's own back-test."""

from datetime import date
from pathlib import Path

import pandas as pd

from analysis.forecast.backtest import backtest
from analysis.ledger import Ledger
from analysis.params import load_params
from analysis.period import Period

ROOT = Path(__file__).resolve().parents[2]
HORIZON_DAYS = 90
SETS = {"online_retail_ii": ("2010-11", "2011-08"), "cdnow": ("1997-06", "1998-03")}
"""First and last of the ten month ends of each source."""
MEASURES = (
    *("orders_deviance", "orders_rmse", "orders_abs_bias", "orders_rank", "p_auc", "p_brier", "p_calibration"),
    *("spend_rmse_capped", "spend_gini", "spend_top10", "spend_above_high", "spend_below_low"),
)


def grade_models() -> pd.DataFrame:
    """One row per source and model: means of the measures over its dates (see `analysis.forecast.measures`)."""
    parts = []
    for source, (first, last) in SETS.items():
        print(f"  {source}: ten dates", flush=True)
        table = backtest(Ledger(ROOT / "data" / source / "clean"), _month_ends(first, last), HORIZON_DAYS, load_params().forecast)
        means = table.groupby("model", sort=False)[list(MEASURES)].mean()
        parts.append(means.assign(source=source, count_dates=table["as_of"].nunique()).reset_index())
    return pd.concat(parts, ignore_index=True)


def _month_ends(first: str, last: str) -> list[date]:
    period, ends = Period.parse(first), []
    while period <= Period.parse(last):
        ends.append(period.as_of)
        period = period.shift(1)
    return ends
