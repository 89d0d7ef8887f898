"""What classes customers will be in some months from now, from how they moved between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import MovementParams
from analysis.segments.replay import ABSENT, ClassHistory

Floats = NDArray[np.float64]
SIZES = dict.fromkeys(("expected", "low", "high"), "integer")
"""How the columns of the expected composition are written."""
LEAST_DEVIATION = 1.0
"""Customers: nobody is foreseen to a part of a person."""


@dataclass(frozen=True)
class Flows:
    """Monthly transitions of one classification.

    Attributes
    ----------
    between : array (transitions, classes, classes)
        Customers who went from one class to another.
    entered : array (transitions, classes)
        Customers in each class at the end of the month of their first order.
    stood : array (transitions + 1, classes)
        Customers in each class at the end of each month.
    """

    between: Floats
    entered: Floats
    stood: Floats

    def window(self, first: int, last: int) -> Flows:
        """Transitions `first` to ``last - 1``."""
        return Flows(self.between[first:last], self.entered[first:last], self.stood[first : last + 1])

    @cached_property
    def shares(self) -> Floats:
        """Of those in a class (row) at a month's start, the share in each class at its end; an empty class keeps its people."""
        stood = self.stood[:-1].sum(axis=0)
        shares = np.divide(self.between.sum(axis=0), stood[:, None], out=np.zeros_like(self.between[0]), where=stood[:, None] > 0)
        return np.where((stood > 0)[:, None], shares, np.eye(len(stood)))


def count_months(params: MovementParams) -> int:
    """Month ends that forecasts and their grades look at, the last one included.

    The oldest month graded has seen its own forecasts close, the oldest of which learnt from all of its transitions.
    """
    return params.transitions + 2 * params.horizon_months + params.graded_months + params.error_months - 1


def count_flows(history: ClassHistory, scheme: str) -> Flows:
    """Count the transitions of `scheme` between the months of `history`."""
    codes = history.codes[scheme].astype(np.int64)
    size, months = len(history.labels[scheme]), codes.shape[1]
    between, entered = np.zeros((months - 1, size, size)), np.zeros((months - 1, size))
    stood = np.stack([np.bincount(now[now != ABSENT], minlength=size) for now in codes.T]).astype(float)
    for month, (before, now) in enumerate(zip(codes.T[:-1], codes.T[1:], strict=True)):
        seen, is_first = (before != ABSENT) & (now != ABSENT), (before == ABSENT) & (now != ABSENT)
        between[month] = np.bincount(before[seen] * size + now[seen], minlength=size * size).reshape(size, size)
        entered[month] = np.bincount(now[is_first], minlength=size)
    return Flows(between, entered, stood)


def expect(flows: Flows, months: int) -> Floats:
    """Customers in each class `months` after the last of `flows`.

    Each month's customers move by the shares of all transitions of `flows` (a first-order Markov chain), and as many enter,
    into the same classes, as in the mean month.
    """
    at, entered = flows.stood[-1], flows.entered.mean(axis=0)
    for _ in range(months):
        at = at @ flows.shares + entered
    return np.asarray(at, dtype=np.float64)


def deviate(flows: Flows, months: int) -> Floats:
    """Standard deviation of the numbers of `expect` if each customer moved for themself, by shares that are known and hold.

    A class's size is then a sum of independent yes-or-no draws, one a customer (and a Poisson number of those who enter).
    Months differ and the shares are learnt, so that this is a lower bound, which `widen` measures against what came.
    """
    there = np.linalg.matrix_power(flows.shares, months)
    variance = (flows.stood[-1][:, None] * there * (1 - there)).sum(axis=0)
    entered = flows.entered.mean(axis=0)
    for step in range(months):
        variance = variance + entered @ np.linalg.matrix_power(flows.shares, step)
    return np.asarray(np.maximum(np.sqrt(variance), LEAST_DEVIATION), dtype=np.float64)


@dataclass(frozen=True)
class Closed:
    """A forecast whose month has come.

    Attributes
    ----------
    origin : int
        Position in the history's months of the month it was made in.
    expected, deviation, stood, came : array (classes)
        From `expect` and `deviate`; customers at the origin, and when the month had come.
    """

    origin: int
    expected: Floats
    deviation: Floats
    stood: Floats
    came: Floats

    @property
    def is_used(self) -> NDArray[np.bool_]:
        """Classes that anybody was, came to be or was expected to be in."""
        return np.asarray((self.stood > 0) | (self.came > 0) | (self.expected >= 0.5))

    @property
    def errors(self) -> Floats:
        """By how many deviations the used classes were missed."""
        return (np.abs(self.came - self.expected) / self.deviation)[self.is_used]


def close_forecasts(history: ClassHistory, scheme: str, params: MovementParams) -> list[Closed]:
    """The forecasts of every month of `history` whose horizon is over, oldest first; each saw only months up to its own."""
    whole, ahead = count_flows(history, scheme), params.horizon_months
    found = []
    for origin in range(params.min_transitions, len(history.months) - ahead):
        known = whole.window(max(origin - params.transitions, 0), origin)
        sizes = whole.stood[origin], whole.stood[origin + ahead]
        found.append(Closed(origin, expect(known, ahead), deviate(known, ahead), *sizes))
    return found


def widen(closed: Sequence[Closed], origin: int, params: MovementParams) -> float:
    """Half an interval at `origin`, in deviations: how far off the last forecasts were that had closed by then.

    Of the errors of all classes in the last `params.error_months` such forecasts the one that ``params.interval`` of them do
    not exceed, the next one counted in (split conformal prediction: Vovk, Gammerman and Shafer 2005; Lei et al. 2018, JASA
    113:1094-1111). It holds what the deviation leaves out: that months differ, that a class's people are not alike, and that
    the shares are learnt; an overdispersion, estimated. Never below the normal quantile: chance alone is always there.
    """
    least = NormalDist().inv_cdf(0.5 + params.interval / 2)
    known = [forecast for forecast in closed if forecast.origin + params.horizon_months <= origin][-params.error_months :]
    errors = np.sort(np.concatenate([forecast.errors for forecast in known])) if known else np.empty(0)
    if not len(errors):
        return least
    return max(float(errors[min(ceil((len(errors) + 1) * params.interval), len(errors)) - 1]), least)


def limit(expected: Floats, deviation: Floats, times: float) -> tuple[Floats, Floats]:
    """Low and high end of an interval of `times` deviations to either side; no class is smaller than empty."""
    return np.maximum(expected - times * deviation, 0.0), expected + times * deviation


def forecast_composition(history: ClassHistory, scheme: str, params: MovementParams) -> pd.DataFrame | None:
    """Expected composition `params.horizon_months` from the last month of `history`.

    Parameters
    ----------
    history : ClassHistory
        The last `params.transitions` months of movement are learnt from; earlier ones say how far off such forecasts were.

    Returns
    -------
    DataFrame or None
        One row a class that anybody is or may come to be in: `class, count_now, share_now, expected, low, high` (customers;
        central interval of `params.interval`, see `widen`), `share_expected, change` (expected less now). None with fewer than
        `params.min_transitions` monthly transitions.
    """
    last = len(history.months) - 1
    if last < params.min_transitions:
        return None
    flows = count_flows(history.last(params.transitions + 1), scheme)
    now, ahead = flows.stood[-1], expect(flows, params.horizon_months)
    times = widen(close_forecasts(history, scheme, params), last, params)
    low, high = limit(ahead, deviate(flows, params.horizon_months), times)
    table = pd.DataFrame({"class": history.labels[scheme], "count_now": now.astype("int64"), "share_now": part(now), "expected": ahead})
    table = table.assign(low=low, high=high, share_expected=part(ahead), change=ahead - now)
    return table[(table["count_now"] > 0) | (table["expected"] > 0)].reset_index(drop=True)


def pick(table: pd.DataFrame | None, scheme: str) -> pd.DataFrame | None:
    """Rows of one classification of `tabulate_composition`; None where it has none."""
    rows = None if table is None else table[table["scheme"] == scheme]
    return None if rows is None or rows.empty else rows.drop(columns="scheme").reset_index(drop=True)


def part(counts: Floats) -> Floats:
    """Shares of the sum; zero where there is none."""
    total = counts.sum()
    return counts / total if total > 0 else np.zeros_like(counts)
