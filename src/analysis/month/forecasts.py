"""A month's forecast of orders and spend, and how forecasts of earlier days came out."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from analysis import forecast
from analysis.archive import read_usable
from analysis.contracts import DERIVED
from analysis.forecast.backtest import CHAMPION
from analysis.forecast.candidates import Snapshot
from analysis.history.past import Past, read_past
from analysis.memo import Memo

if TYPE_CHECKING:
    from analysis.month.month import Month

FORECASTS = ".forecasts"
KEPT_DAYS = 120
"""Days whose forecasts stay on disk: back-tests of ten years of months."""


def make_scores(month: Month) -> pd.DataFrame:
    """The table ``scores``, see `forecast.score`; without rows where customers leave by ending contracts."""
    if month.ledger.is_contractual:
        kinds = {column.name: "float64" if column.kind == "number" else "object" for column in DERIVED["scores"].columns}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    return forecast.score(month.forecast, month.as_of, month.params.forecast)


def read_orders(month: Month) -> Past:
    """All sales and cancellations known by the end of the month."""
    return read_past(month.ledger, month.as_of)


def fit_champion(month: Month) -> forecast.Scorer:
    """The fitted champion that scores this month's customers."""

    def fit() -> forecast.Scorer:
        return forecast.fit(Snapshot.show(month.past, month.ledger), month.params.forecast)

    return month.memo_of(month.as_of).model("champion", fit)


def open_memo(month: Month) -> Memo:
    """Forecasts of all days, by what was known on each; see `open_memo_of`."""
    return Memo(month.folder / "derived", month.params.forecast.model_dump(mode="json"), FORECASTS)


def open_memo_of(month: Month, day: date) -> Memo:
    """What was made from the orders known at the end of `day` (not after `as_of`), in whatever month or run."""
    part = month.forecast_memo.under(month.past.digest(day))
    if not part.is_begun:
        month.forecast_memo.keep_newest(KEPT_DAYS - 1)
    return part


def prepare_replays(month: Month) -> forecast.Replays:
    """Forecasts of any day up to `as_of`, each made once for all months and runs."""
    memo_of = cache(month.memo_of)

    def champion(day: date) -> forecast.Scorer:
        return memo_of(day).model("champion", lambda: forecast.fit(month.replays.snapshot(day)[0], month.params.forecast))

    return forecast.Replays(month.ledger, month.params.forecast, memo_of, champion)


def replay(month: Month, as_of: date, model: str = CHAMPION, horizon_days: int | None = None) -> pd.DataFrame:
    """What `model` would have forecast on `as_of` by what was known at its end; see `forecast.backtest.Replays.forecast`."""
    return month.replays.forecast(as_of, model, horizon_days)


def list_backtest_dates(month: Month) -> list[date]:
    """The last month ends whose horizon is over, oldest first."""
    params = month.params.forecast
    return forecast.closed_dates(month.as_of, params.horizon_days, params.backtest_dates, month.first_on) if month.first_on else []


def run_backtest(month: Month) -> forecast.Backtest:
    """The champion and all candidates on the last month ends whose horizon is over."""
    return month.replays.backtest(month.backtest_dates)


def grade_models(month: Month, day: date) -> None:
    """Grade the champion and all candidates on one of the back-test's dates; `backtest` finds it done."""
    for model in month.replays.models_on(day, month.backtest_dates):
        month.replays.grade(day, model)
    month.replays.points([day], month.params.forecast.other_horizons, month.as_of)


def grade_horizons(month: Month) -> pd.DataFrame:
    """Grades at other horizons on the back-test's dates; see `forecast.backtest.Replays.points`."""
    return month.replays.points(month.backtest_dates, month.params.forecast.other_horizons, month.as_of)


def collect_closed(month: Month) -> list[forecast.Closed]:
    """The newest forecasts whose time was over by `as_of`: as issued, else replayed."""
    issues = read_usable(month.folder, month.period)
    return forecast.collect_closed(month.replays, issues, month.period, month.first_on) if month.first_on else []
