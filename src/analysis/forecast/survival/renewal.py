"""How many orders a customer places within a horizon when every order starts a new spell.

With p(j) the chance that the next order comes in step j of the horizon and R(k, u) the chance of at least k orders in
what is left after a fresh spell began at u,

    P(N >= k) = sum over j of p(j) R(k - 1, j),    R(0, u) = 1,

and R follows from the same sum with the fresh spell's own chances: a renewal process. Steps are days, in which at most
one order day falls, as long as the horizon has at most 128 of them; on longer horizons the orders of a step are taken
to lie in its middle, which makes those who order several times a step a little slower than they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.forecast.collapse import Floats, Whole

MAX_STEPS = 128
TAIL = 1e-6
MOST_ORDERS = 1000

Survive = Callable[[Floats, float], Floats]
"""Takes days ahead and the day of the horizon on which fresh spells begin; returns one row of survival per kind of customer."""


@dataclass(frozen=True)
class Renewals:
    """Chances of further orders after a first one within the horizon.

    Attributes
    ----------
    ends : array
        Days from today to the end of each step.
    at_least : array
        Axes: kind of customer, k - 1, step: chance of at least k - 1 orders in what is left when the first one comes in
        that step (1 for k = 1).
    """

    ends: Floats
    at_least: Floats

    def at_least_orders(self, chances: Floats, kind: Whole) -> Floats:
        """P(N >= k), one row per customer and one column per k from 1, from each customer's `chances` of the first order by step."""
        result = np.empty((len(chances), self.at_least.shape[1]))
        for one in np.unique(kind):
            rows = kind == one
            result[rows] = chances[rows] @ self.at_least[one].T
        return result


def step_ends(horizon_days: float) -> Floats:
    """Days from today to the end of each step of a horizon."""
    days = max(1, int(np.ceil(horizon_days)))
    width = -(-days // MAX_STEPS)
    return np.minimum(np.arange(1, -(-days // width) + 1) * float(width), horizon_days)


def renew(horizon_days: float, following: Survive, later: Survive) -> Renewals:
    """Chain fresh spells over a horizon: the one after the next order by `following`, all others by `later`."""
    ends = step_ends(horizon_days)
    is_daily = bool(ends[0] <= 1.0)
    first, others = _fresh(ends, following), _fresh(ends, later)
    reached = [np.ones((len(first), len(ends) + 1))]  # by the point (0, then the ends of steps) at which a spell begins
    rest = np.ones_like(reached[0])
    while len(reached) < MOST_ORDERS and reached[-1].max() > TAIL:
        reached.append(np.einsum("auj,aj->au", first, _mean(rest, is_daily)))
        rest = np.einsum("auj,aj->au", others, _mean(rest, is_daily))
    return Renewals(ends, np.stack([_mean(one, is_daily) for one in reached], axis=1))


def _fresh(ends: Floats, survive: Survive) -> Floats:
    """Chance that the order after a spell begun at each point comes in each step; axes: kind, point, step."""
    points = np.concatenate([[0.0], ends])
    rows = [-np.diff(survive(ends[i:] - point, float(point)), axis=1, prepend=1.0) for i, point in enumerate(points[:-1])]
    result = np.zeros((len(rows[0]), len(points), len(ends)))
    for i, chance in enumerate(rows):
        result[:, i, i:] = chance
    return result


def _mean(by_point: Floats, is_daily: bool) -> Floats:
    """Value when an order comes in each step: at its end where a step is a day, else between its ends."""
    return by_point[:, 1:] if is_daily else (by_point[:, :-1] + by_point[:, 1:]) / 2
