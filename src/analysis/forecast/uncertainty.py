"""How far fitted parameters let an expectation be believed."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats
from analysis.forecast.gamma_gamma import FittedSpend
from analysis.forecast.likelihood import Estimate
from analysis.forecast.spend_history import FittedSpendHistory

_STEP = 1e-4


@runtime_checkable
class Parametric(Protocol):
    """A fitted model whose parameters, and so whose uncertainty, are known."""

    estimate: Estimate

    def with_parameters(self, values: np.ndarray) -> Self:
        """The same customers under other parameters."""

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` within `horizon_days`."""


def parameter_error(orders: object, spend: FittedSpend | FittedSpendHistory, days: float) -> Floats:
    """Standard error of the logarithm of each customer's expected spend within `days`: the delta method.

    Parameters
    ----------
    orders : Fitted
        Model of orders; one without known parameters (own past rate) adds nothing.
    spend : FittedSpend
        Model of amounts, of the same customers.
    days : float
        Horizon, in the time that `orders` was fitted in.
    """
    variance = np.zeros(len(spend.orders))
    if isinstance(orders, Parametric):
        middle = orders.predict(float(days))["expected_orders"].to_numpy()
        values = orders.estimate.parameters
        slopes = []
        for i in range(len(values)):
            moved = np.array(values, dtype=float)
            moved[i] *= np.exp(_STEP)
            other = orders.with_parameters(moved).predict(float(days))["expected_orders"].to_numpy()
            slopes.append(np.log(np.maximum(other, 1e-300) / np.maximum(middle, 1e-300)) / _STEP)
        slope = np.stack(slopes)
        variance += np.einsum("ic,ij,jc->c", slope, orders.estimate.covariance, slope)
    p, q, v = spend.estimate.parameters
    if q > 1:
        # log of p (v + n m) / (p n + q - 1), by the logarithms of p, q, v
        n, below, above = spend.orders, p * spend.orders + q - 1, spend.orders * spend.mean + v
        slope = np.stack([1 - p * n / below, -q / below, v / above])
        variance += np.einsum("ic,ij,jc->c", slope, spend.estimate.covariance, slope)
    return np.sqrt(variance)
