"""A month's forecast of orders and spend, and how forecasts of earlier days came out."""

from __future__ import annotations

from datetime import date
from functools import cache, partial

import pandas as pd

from analysis import forecast
from analysis.archive import read_usable
from analysis.contracts import DERIVED
from analysis.forecast.backtest import CHAMPION
from analysis.forecast.candidates import Snapshot
from analysis.memo import Memo
from analysis.month.basis import Basis, kept
from analysis.month.customers import find_first_on, read_orders

KEPT_DAYS = 120
"""Days whose forecasts stay on disk: back-tests of ten years of months."""


def make_scores(month: Basis) -> pd.DataFrame:
    """The table ``scores``, see `forecast.score`; without rows where customers leave by ending contracts."""
    if month.ledger.is_contractual:
        kinds = {column.name: "float64" if column.kind == "number" else "object" for column in DERIVED["scores"].columns}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    return forecast.score(fit_champion(month), month.as_of, month.params.forecast)


@kept
def fit_champion(month: Basis) -> forecast.Scorer:
    """The fitted champion that scores this month's customers."""

    def fit() -> forecast.Scorer:
        return forecast.fit(Snapshot.show(read_orders(month), month.ledger), month.params.forecast)

    return open_memo_of(month, month.as_of).model("champion", fit)


def open_memo_of(month: Basis, day: date) -> Memo:
    """What was made from the orders known at the end of `day` (not after `as_of`) and their customers, in whatever month or run."""
    part = month.forecast_memo.under(read_orders(month).digest(day))
    if not part.is_begun:
        month.forecast_memo.keep_newest(KEPT_DAYS - 1)
    return part


@kept
def prepare_replays(month: Basis) -> forecast.Replays:
    """Forecasts of any day up to `as_of`, each made once for all months and runs."""
    memo_of = cache(partial(open_memo_of, month))

    def champion(day: date) -> forecast.Scorer:
        return memo_of(day).model("champion", lambda: forecast.fit(prepare_replays(month).snapshot(day)[0], month.params.forecast))

    return forecast.Replays(month.ledger, month.params.forecast, memo_of, champion)


def replay(month: Basis, as_of: date, model: str = CHAMPION, horizon_days: int | None = None) -> pd.DataFrame:
    """What `model` would have forecast on `as_of` by what was known at its end; see `forecast.backtest.Replays.forecast`."""
    return prepare_replays(month).forecast(as_of, model, horizon_days)


@kept
def list_backtest_dates(month: Basis) -> list[date]:
    """The last month ends whose horizon is over, oldest first."""
    params, first_on = month.params.forecast, find_first_on(month)
    return forecast.closed_dates(month.as_of, params.horizon_days, params.backtest_dates, first_on) if first_on else []


@kept
def run_backtest(month: Basis) -> forecast.Backtest:
    """The champion and all candidates on the last month ends whose horizon is over."""
    return prepare_replays(month).backtest(list_backtest_dates(month))


def grade_models(month: Basis, day: date) -> None:
    """Grade the champion and all candidates on one of the back-test's dates; `backtest` finds it done."""
    replays = prepare_replays(month)
    for model in replays.models_on(day, list_backtest_dates(month)):
        replays.grade(day, model)
    replays.points([day], month.params.forecast.other_horizons, month.as_of)


@kept
def grade_horizons(month: Basis) -> pd.DataFrame:
    """Grades at other horizons on the back-test's dates; see `forecast.backtest.Replays.points`."""
    return prepare_replays(month).points(list_backtest_dates(month), month.params.forecast.other_horizons, month.as_of)


@kept
def collect_closed(month: Basis) -> list[forecast.Closed]:
    """The newest forecasts whose time was over by `as_of`: as issued, else replayed."""
    issues, first_on = read_usable(month.folder, month.period), find_first_on(month)
    return forecast.collect_closed(prepare_replays(month), issues, month.period, first_on) if first_on else []
