"""What all contracts together are worth, with what is not known of it: their own chance, and the error of the model that all share.

Of the model two parts err: the ratios, as the curve by tenure moves with them, and that curve itself, whose steps are each
known as well as the ends at that tenure are many (Breslow's estimate with the variance of Tsiatis 1981). Their share in the
variance of the sum is by the delta method. A change that strikes all contracts from outside is in neither.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.churn.contract_model import EndModel, Sample, arrange, average_risk, select_seen
from analysis.churn.contract_table import chances_of_end
from analysis.params import Params
from analysis.value.clv import discount_factors


def total_contracts(contracts: pd.DataFrame, model: EndModel | None, params: Params) -> tuple[float, float, float]:
    """Sum of `clv` with the central `forecast.interval` for all contracts together (normal, on the sum).

    Parameters
    ----------
    contracts, model, params
        As in `contractual.value_contracts`.

    Returns
    -------
    tuple of float
        Sum, lower and upper limit, currency.
    """
    fee, worth = _pay(contracts, params)
    chances = chances_of_end(contracts, model, np.arange(1, params.value.clv_months + 1), params)
    # ending within month i means that i - 1 months were paid
    ends = np.diff(np.column_stack([np.zeros(len(fee)), chances, np.ones(len(fee))]), axis=1)
    mean = ends @ worth
    variance = ((ends @ worth**2 - mean**2) * fee**2).sum() + (0.0 if model is None else sum(_share_errors(contracts, model, params)))
    total = float((fee * mean).sum())
    half = float(ndtri(0.5 + params.forecast.interval / 2) * np.sqrt(max(variance, 0.0)))
    return total, max(total - half, 0.0), total + half


def _pay(contracts: pd.DataFrame, params: Params) -> tuple[np.ndarray, np.ndarray]:
    """Margin of a month by contract, and the worth of 0, 1, ... months paid."""
    value = params.value
    fee = contracts["monthly_fee"].fillna(0.0).to_numpy() * value.margin_share
    return fee, np.concatenate(([0.0], np.cumsum(discount_factors(value.clv_months, value.discount_rate))))


def _share_errors(contracts: pd.DataFrame, model: EndModel, params: Params) -> tuple[float, float]:
    """Variance of the sum from the ratios, and from the curve by tenure; `contracts` are those that `model` was fitted to."""
    running = contracts[~contracts["is_ended"].to_numpy(dtype=bool)]
    if running.empty:
        return 0.0, 0.0
    fee, worth = _pay(running, params)
    ahead = np.arange(1, params.value.clv_months + 1)
    paid = fee[:, None] * model.survive(running, ahead, params.contracts) * np.diff(worth)
    # what the months from the i-th on pay: it shrinks as the hazard before them grows
    still = paid[:, ::-1].cumsum(axis=1)[:, ::-1]
    sample = Sample.of(select_seen(contracts), model.design, params.contracts)
    means, counts = average_risk(model, sample), np.unique(sample.tenure[sample.ended], return_counts=True)[1]
    x, tenure = model.design.build(running, params.contracts), running["tenure_months"].to_numpy(dtype=float)
    columns = [arrange(x, model.drifting, np.full(len(x), window)) for window in (0, 1)]
    risks = [np.exp(own @ model.beta) for own in columns]
    slope, by_curve = np.zeros(len(model.beta)), 0.0
    for month, step, count, mean in zip(model.months, np.diff(model.hazard, prepend=0.0), counts, means, strict=True):
        first = np.ceil(month - tenure).astype(int)  # the month ahead, from 1, in which this tenure is passed
        met, window = np.flatnonzero((first >= 1) & (first <= len(ahead))), int(month > model.cut)
        lost = still[met, first[met] - 1] * risks[window][met] * step
        by_curve += float(lost.sum()) ** 2 / count
        slope += lost @ columns[window][met] - lost.sum() * mean
    return float(slope @ model.covariance @ slope), by_curve
