"""What a fitted forecast must answer, whichever model is behind it, and the month's scores made from the answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats
from analysis.params import ForecastParams
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.forecast.likelihood import Estimate
    from analysis.forecast.scoring import Choice
    from analysis.history.past import Past


class Scorer(Protocol):
    """A fitted forecast of orders and spend; every answer has one row per customer in the order of `index`."""

    @property
    def choice(self) -> Choice:
        """Which model it is, and why."""

    @property
    def index(self) -> pd.Index:
        """Customers with an order by `as_of`."""

    @property
    def name(self) -> str:
        """As in the column `model`."""

    @property
    def estimates(self) -> dict[str, Estimate | None]:
        """Fitted parameters of the model of ``orders`` and of that of ``spend``; None where nothing is fitted."""

    @property
    def contest(self) -> pd.DataFrame:
        """How its parts were chosen: one row per part, step and contender, see `contest.judge`."""

    def apply(self, past: Past, as_of: date) -> Scorer:
        """The same model, all parameters held, for what `past` shows at the end of `as_of`; its own past gives its own answers."""

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`p_order`, `expected_orders` and `expected_spend` within `horizon_days` after `as_of`."""

    def amount(self) -> pd.Series:
        """Expected amount of an order."""

    def interval(self, horizon_days: float, share: float = ...) -> pd.DataFrame:
        """`spend_low`, `spend_high`: central `share` of the predictive distribution of spend."""

    def totals(self, horizon_days: float, z: float = ...) -> pd.DataFrame:
        """Company totals: rows `orders` and `spend`, columns `expected`, `low`, `high`."""

    def p_active(self) -> pd.DataFrame:
        """`p_active`, `p_active_low`, `p_active_high` at the end of `as_of`."""

    def parameter_error(self, horizon_days: float) -> Floats:
        """Standard error of the logarithm of expected spend, from the fitted parameters alone."""


def survive(scorer: Scorer, days: np.ndarray) -> pd.DataFrame:
    """Survival curve of every customer: the chance of no order until the end of each of `days` after `as_of`.

    Returns
    -------
    DataFrame
        One row per customer, one column per day, falling along the row.
    """
    chances = np.column_stack([scorer.predict(float(day))["p_order"].to_numpy() for day in days])
    return pd.DataFrame(1.0 - np.maximum.accumulate(chances, axis=1), index=scorer.index, columns=list(days))


def next_month_days(as_of: date) -> int:
    """Days from the day after `as_of` to the end of the month that this day falls into."""
    return (Period.of(as_of + timedelta(days=1)).as_of - as_of).days


def score(scorer: Scorer, as_of: date, params: ForecastParams) -> pd.DataFrame:
    """Score all customers of a fitted forecast.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of` (inclusive), sorted by `customer_id` (contract `scores`): chance of
        an order, expected orders and spend of the `params.horizon_days` after `as_of`, the central `params.interval` of
        the predictive distribution of that spend (`spend_low`, `spend_high`); chance and expected spend to the end of
        the next calendar month (`*_month`); `p_active` with its interval for the uncertainty of the parameters; `model`.
    """
    ahead, month = scorer.predict(params.horizon_days), scorer.predict(next_month_days(as_of))
    table = pd.concat(
        [ahead[["p_order", "expected_orders", "expected_spend"]], scorer.interval(params.horizon_days, params.interval)], axis=1
    )
    table = table.assign(p_order_month=month["p_order"], expected_spend_month=month["expected_spend"])
    table = table.join(scorer.p_active()).assign(model=scorer.name).rename_axis("customer_id").reset_index()
    return table.sort_values("customer_id", ignore_index=True)
