"""How far a grade may be off: the same grades for resampled customers, and over resampled dates.

Customers are resampled by weights drawn from a hash of their ids (the Poisson bootstrap: a weight is how often a
customer is in the sample), so that a customer weighs the same on every date and for every model, in whatever order the
rows come. Differences between models are therefore paired. Dates are resampled in blocks as long as the horizon, since
neighbouring dates share most of their outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.measures import CAP_QUANTILE, SMALL, TENTHS, log_loss, tenth_of

SAMPLE = 10_000
"""Customers that are resampled; of more, so many chosen by hash: the interval is then wider than need be."""
_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_POISSON = np.cumsum(np.exp(-1.0) / np.array([1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0]))


def draw_weights(ids: pd.Index, count: int, seed: int) -> Floats:
    """How often each customer is in each of `count` samples: one row a customer, one column a sample, mean 1."""
    start = _mix(pd.util.hash_array(ids.to_numpy(dtype=object)) + np.array(seed, dtype=np.uint64))
    steps = np.arange(1, count + 1, dtype=np.uint64) * _STEP
    uniform = (_mix(start[:, np.newaxis] + steps) >> np.uint64(11)) * 2.0**-53
    return np.searchsorted(_POISSON, uniform, side="right").astype(np.float64)


def sample_customers(ids: pd.Index, size: int = SAMPLE) -> Whole:
    """Positions of at most about `size` customers, chosen by a hash of their ids."""
    if len(ids) <= size:
        return np.arange(len(ids))
    return np.flatnonzero(pd.util.hash_array(ids.to_numpy(dtype=object)) < np.uint64(size / len(ids) * 2.0**64))


def resample_dates(dates: int, block: int, count: int, seed: int) -> Whole:
    """Positions of dates in `count` samples: blocks of `block` neighbours, the last followed by the first; one row a sample.

    A block is cut to half of the dates: longer ones would make all samples alike.
    """
    block = max(1, min(block, dates // 2))
    blocks = -(-dates // block)
    starts = np.random.default_rng(seed).integers(0, dates, (count, blocks))
    places = (starts[:, :, np.newaxis] + np.arange(block)) % dates
    return places.reshape(count, -1)[:, :dates]


@dataclass(frozen=True)
class Resampled:
    """Samples of the customers of one date with what they did, for grading any model's forecasts of them.

    Attributes
    ----------
    orders, spend : array
        What each customer did.
    weights : array
        One row a customer, one column a sample; all ones give the measures of `analysis.forecast.measures` themselves.
    """

    orders: Floats
    spend: Floats
    weights: Floats

    @classmethod
    def of(cls, happened: pd.DataFrame, count: int, seed: int) -> Resampled:
        """Draw `count` samples of the customers of `happened` (`count_order_days`, `spend` by `customer_id`)."""
        orders, spend = (happened[name].to_numpy(dtype=np.float64) for name in ("count_order_days", "spend"))
        return cls(orders, spend, draw_weights(happened.index, count, seed))

    def grade(self, forecast: pd.DataFrame) -> dict[str, Floats]:
        """Measures of a forecast (columns as in the scores), one value a sample.

        The cap of spend and the borders of the tenths are those of all customers.
        """
        names = ("expected_orders", "expected_spend", "p_order", "spend_low", "spend_high")
        rate, amount, chance, low, high = (forecast[name].to_numpy(dtype=np.float64) for name in names)
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                **self._grade_orders(rate),
                **self._grade_spend(amount),
                **self._grade_chance(chance),
                **self._grade_interval(low, high),
            }

    def _grade_orders(self, rate: Floats) -> dict[str, Floats]:
        floor, orders = np.maximum(rate, SMALL), self.orders
        surprise = np.where(orders > 0, orders * np.log(np.maximum(orders, SMALL) / floor), 0.0) - (orders - floor)
        bias = rate @ self.weights / (orders @ self.weights) - 1
        return {
            "orders_deviance": 2 * self._mean(surprise),
            "orders_rmse": np.sqrt(self._mean(np.square(rate - orders))),
            "orders_bias": bias,
            "orders_abs_bias": np.abs(bias),
            "orders_rank": _correlate(_ranks(rate, self.weights), self._order_ranks, self.weights, self._total),
        }

    def _grade_spend(self, amount: Floats) -> dict[str, Floats]:
        spend, weights, total = self.spend, self.weights, self._total
        cap = float(np.quantile(spend[spend > 0], CAP_QUANTILE)) if (spend > 0).any() else np.nan
        bias = amount @ weights / (spend @ weights) - 1
        area, top = _concentrate(amount, spend, weights, total)
        return {
            "spend_rmse_capped": np.sqrt(self._mean(np.square(np.minimum(amount, cap) - np.minimum(spend, cap)))),
            "spend_bias": bias,
            "spend_abs_bias": np.abs(bias),
            "spend_gini": area / self._best[0],
            "spend_top10": top / self._best[1],
        }

    def _grade_chance(self, chance: Floats) -> dict[str, Floats]:
        happened = (self.orders > 0).astype(np.float64)
        gaps = np.zeros((len(chance), TENTHS))
        gaps[np.arange(len(chance)), tenth_of(chance)] = chance - happened
        return {
            "p_log": self._mean(log_loss(chance, happened)),
            "p_brier": self._mean(np.square(chance - happened)),
            "p_auc": _tell_apart(chance, happened, self.weights),
            "p_calibration": np.abs(gaps.T @ self.weights).sum(axis=0) / self._total,
        }

    def _grade_interval(self, low: Floats, high: Floats) -> dict[str, Floats]:
        spend, weights = self.spend, self.weights
        miss = np.maximum(low - spend, 0) + np.maximum(spend - high, 0)
        return {
            "spend_above_high": ((spend > high) & (high > 0)) @ weights / ((high > 0) @ weights),
            "spend_below_low": ((spend < low) & (low > 0)) @ weights / ((low > 0) @ weights),
            "spend_interval_score": self._mean(high - low + 10 * miss),
        }

    def _mean(self, values: Floats) -> Floats:
        return values @ self.weights / self._total

    @cached_property
    def _total(self) -> Floats:
        return self.weights.sum(axis=0)

    @cached_property
    def _order_ranks(self) -> Floats:
        return _ranks(self.orders, self.weights)

    @cached_property
    def _best(self) -> tuple[Floats, Floats]:
        """What a ranking by the true spend would reach."""
        return _concentrate(self.spend, self.spend, self.weights, self._total)


def _by_value(code: Whole, weights: Floats) -> Floats:
    """Weight of each distinct value, ascending; one row a value."""
    from scipy.sparse import csr_array

    size = len(code)
    held = csr_array((np.ones(size), code, np.arange(size + 1)), shape=(size, int(code.max(initial=-1)) + 1))
    return np.asarray(held.T @ weights)


def _ranks(values: Floats, weights: Floats) -> Floats:
    """Weight below each customer's value and half of that at it: the mean rank among ties, but for a constant."""
    _, code = np.unique(values, return_inverse=True)
    held = _by_value(code, weights)
    return (np.cumsum(held, axis=0) - held / 2)[code]


def _correlate(first: Floats, second: Floats, weights: Floats, total: Floats) -> Floats:
    """Weighted correlation of two sets of ranks."""
    one, other = (rank - np.einsum("ij,ij->j", weights, rank) / total for rank in (first, second))
    weighted = weights * one
    spread = np.sqrt(np.einsum("ij,ij->j", weighted, one) * np.einsum("ij,ij,ij->j", weights, other, other))
    return np.where(spread > 0, np.einsum("ij,ij->j", weighted, other) / spread, np.nan)


def _tell_apart(score: Floats, happened: Floats, weights: Floats) -> Floats:
    """Area under the curve, from the ranks of those with an order: of all below them, those with an order are known to add up."""
    who = happened > 0
    of_them, ranks = weights[who], _ranks(score, weights)[who]
    positive = of_them.sum(axis=0)
    below = np.einsum("ij,ij->j", of_them, ranks) - positive**2 / 2
    return below / (positive * (weights.sum(axis=0) - positive))


def _concentrate(score: Floats, value: Floats, weights: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Area under the cumulated value from the highest score on, and the value held by the tenth with the highest scores.

    A customer of weight w stands there w times. Who has no value adds none: their weight alone is looked at.
    """
    order = np.argsort(-score, kind="stable")
    held = weights[order]
    reached = np.cumsum(held, axis=0)
    some = np.flatnonzero(value[order] > 0)
    worth, mine, until = value[order][some], held[some], reached[some]
    top = np.maximum(1, np.floor(total / TENTHS))
    taken = np.clip(top - until + mine, 0, mine)
    until = (total + 0.5 - until + mine / 2) * mine
    return worth @ until / (worth @ mine) - (total + 1) / 2, worth @ taken


def _mix(bits: Whole) -> Whole:
    """Scatter 64 bits (the finisher of splitmix64; Steele, Lea & Flood 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))
