"""Forecasts of earlier dates, made with what was known then, against what happened since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate, Snapshot
from analysis.forecast.measures import measure_chance, measure_interval, measure_orders, measure_spend
from analysis.forecast.scoring import CANDIDATES, Forecast, fit_amounts, fit_snapshot
from analysis.history import outcomes
from analysis.params import ForecastParams
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger


def closed_dates(as_of: date, horizon_days: int, count: int, first_on: date | None = None) -> list[date]:
    """Return the last `count` month ends whose horizon was over by `as_of` (inclusive), oldest first.

    Parameters
    ----------
    first_on : date, optional
        First day of the data: month ends with less than a horizon of history before them are left out.
    """
    last = Period.last_covered(as_of - timedelta(days=horizon_days))
    ends = [last.shift(-back).as_of for back in range(count - 1, -1, -1)]
    return [end for end in ends if first_on is None or end - timedelta(days=horizon_days) >= first_on]


def replay(ledger: Ledger, as_of: date, horizon_days: int, params: ForecastParams, candidate: Candidate | None = None) -> pd.DataFrame:
    """Forecast on `as_of` with what was known then, beside what happened in the horizon.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of`, indexed by `customer_id`: `p_order`, `expected_orders`,
        `expected_spend`, `spend_low`, `spend_high` as in the scores of that date; `count_order_days`, `spend` (net, as
        known at the horizon's end) and `has_ordered`. `attrs["totals"]` holds the company's totals with their interval.
    """
    snapshot = Snapshot.of(ledger, as_of)
    happened = outcomes(ledger, as_of, horizon_days, snapshot.statistics.index)
    return _compare(fit_snapshot(snapshot, params, candidate), happened, horizon_days, params)


def _compare(forecast: Forecast, happened: pd.DataFrame, horizon_days: int, params: ForecastParams) -> pd.DataFrame:
    table = pd.concat([forecast.predict(horizon_days), forecast.interval(horizon_days, params.interval), happened], axis=1)
    table = table.assign(has_ordered=table["count_order_days"] > 0)
    table.attrs["totals"] = forecast.totals(horizon_days)
    return table


def backtest(
    ledger: Ledger,
    as_of_dates: Sequence[date],
    horizon_days: int,
    params: ForecastParams,
    candidates: Sequence[Candidate] | None = None,
) -> pd.DataFrame:
    """Grade candidates on earlier dates: each refitted with what was known then, outcomes as known at the horizon's end.

    Parameters
    ----------
    as_of_dates : sequence of date
        Each with its whole horizon inside the data, see `closed_dates`; the caller keeps them before its own `as_of`.
    candidates : sequence, optional
        All known ones by default.

    Returns
    -------
    DataFrame
        One row per date and candidate, of dates that had customers: `as_of`, `horizon_days`, `model`, `count_customers`, the measures of
        `analysis.forecast.measures`, and for orders and spend the company's total: `*_expected`, `*_low`, `*_high`
        (80 %, customers' own chance only), `*_actual`.
    """
    rows = []
    for as_of in as_of_dates:
        end = as_of + timedelta(days=horizon_days)
        if end > ledger.covered_until:
            raise ValueError(f"the data end on {ledger.covered_until}, before the horizon of {as_of} does ({end})")
        snapshot = Snapshot.of(ledger, as_of)
        if snapshot.statistics.empty:
            continue
        happened = outcomes(ledger, as_of, horizon_days, snapshot.statistics.index)
        spend = fit_amounts(snapshot.statistics)
        for candidate in candidates or list(CANDIDATES.values()):
            table = _compare(fit_snapshot(snapshot, params, candidate, spend), happened, horizon_days, params)
            rows.append({"as_of": pd.Timestamp(as_of), "horizon_days": horizon_days, "model": candidate.name} | grade(table))
    return pd.DataFrame(rows)


def grade(table: pd.DataFrame) -> dict[str, float]:
    """Grade a forecast beside its outcome (see `replay`): `count_customers`, all measures, and the company's totals."""
    orders, spend = np.asarray(table["count_order_days"], dtype=float), np.asarray(table["spend"], dtype=float)
    row: dict[str, float] = {"count_customers": len(table)}
    row |= measure_orders(table["expected_orders"].to_numpy(), orders)
    row |= measure_spend(table["expected_spend"].to_numpy(), spend)
    row |= measure_chance(table["p_order"].to_numpy(), (orders > 0).astype(float))
    row |= measure_interval(table["spend_low"].to_numpy(), table["spend_high"].to_numpy(), spend)
    for name, actual in {"orders": orders, "spend": spend}.items():
        total = table.attrs["totals"].set_index("total").loc[name]
        row |= {f"{name}_{column}": float(total[column]) for column in ("expected", "low", "high")} | {
            f"{name}_actual": float(actual.sum())
        }
    return row
