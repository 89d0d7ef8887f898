"""How many orders a regular customer places within a horizon, given today's silence.

Gaps are Erlang distributed with a whole shape k: a hidden Poisson process ticks at the customer's own rate, and every
k-th tick is an order. Silent for u weeks since the last order, an active customer has had fewer than k ticks since; with
rates that are Gamma distributed (shape R and rate c, given the past up to the last order), Q, the ticks of silence and
horizon h together, has in closed form

    P(Q = q) proportional to Gamma(R + q) / q! * (h / (c + u + h))^q * E(q),    E(q) = sum of C(q, j) (u / h)^j over j < k,

where j counts the ticks of the silence. N >= m orders come where Q >= k m and the customer stays through the m - 1 orders
before. All is exact: no integral is approximated, every term is positive, and the powers stay in logarithms. With k = 1
the silence says nothing, and `analysis.forecast.counts` gives the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.counts import TAIL, Counts, gather

BLOCK = 6
"""Orders at a time."""
GROWTH = 2
"""Where the distribution is not kept, a block has so many times the orders of the one before: the few who go on are soon done."""
CHUNK = 20_000
"""Groups at a time where nothing but the expectation is kept."""


@dataclass(frozen=True)
class Renewal:
    """How active customers order from today, one entry per group.

    Attributes
    ----------
    regularity : int
        Erlang shape k of a gap.
    shape : array
        R: Gamma shape of the rate of ticks, given the orders so far.
    rate : array
        c + u: its Gamma rate and the silence, in weeks.
    silent : array
        u: weeks since the last order.
    weeks : float
        h: horizon.
    leave : float
        First parameter of the Beta distribution of the chance to leave after an order.
    stay : array
        Its second parameter.
    """

    regularity: int
    shape: Floats
    rate: Floats
    silent: Floats
    weeks: float
    leave: float
    stay: Floats

    def take(self, groups: slice) -> Renewal:
        """Only some of the groups."""
        parts = (self.shape[groups], self.rate[groups], self.silent[groups])
        return Renewal(self.regularity, *parts, self.weeks, self.leave, self.stay[groups])


def count_renewals(renewal: Renewal) -> Counts:
    """Return the distribution of the number of orders of an active customer."""
    return gather(_tails(renewal), len(renewal.shape))


def expect_renewals(renewal: Renewal) -> tuple[Floats, Floats]:
    """Return an active customer's expected number of orders, and chance of at least one."""
    total, any_order = np.zeros(len(renewal.shape)), np.zeros(len(renewal.shape))
    for begin in range(0, len(total), CHUNK):
        chunk = slice(begin, begin + CHUNK)
        for number, (active, tail) in enumerate(_tails(renewal.take(chunk), GROWTH)):
            total[chunk][active] += tail.sum(axis=1)
            if number == 0:
                any_order[chunk][active] = tail[:, 0]
    return total, any_order


def log_quiet(regularity: int, shape: Floats, ratio: Floats) -> Floats:
    """Log of the sum over j < k of Gamma(R + j) / Gamma(R) / j! * ratio^j, `ratio` being silence / (c + silence).

    (c / (c + u))^R times the sum is the chance that an active customer is silent for so long.
    """
    return np.log(sum_quiet(regularity, shape, ratio))


def sum_quiet(regularity: int, shape: Floats, ratio: Floats) -> Floats:
    """The sum of which `log_quiet` is the logarithm."""
    term, total = np.ones_like(shape), np.ones_like(shape)
    for j in range(1, regularity):
        term *= shape + (j - 1)
        term *= ratio / j
        total += term
    return total


def _tails(renewal: Renewal, growth: int = 1) -> Iterator[tuple[Whole, Floats]]:
    """Blocks of P(N >= m), m = 1, 2, ..., as `gather` takes them if they do not grow."""
    if renewal.weeks <= 0:
        return
    k, weeks = renewal.regularity, renewal.weeks
    log_share = np.log(weeks / (renewal.rate + weeks))
    # of no tick beyond the silence's j = 0; ticks of the silence come in by E(q)
    log_chance = -renewal.shape * np.log1p(weeks / renewal.rate) - log_quiet(k, renewal.shape, renewal.silent / renewal.rate)
    pace = renewal.silent / weeks
    # what depends on R alone is taken once per R
    shapes, shape = np.unique(renewal.shape, return_inverse=True)
    below = np.zeros(len(log_share))
    remaining = np.ones(len(log_share))
    active = np.arange(len(log_share))
    first, block = 1, BLOCK
    while len(active):
        ticks = np.arange((first - 1) * k, (first - 1 + block) * k, dtype=np.float64)
        # the chances to tick once more; the first column goes from the block before to this one's first number of ticks
        before = np.maximum(ticks, 1.0)
        step = np.log((shapes[:, None] + before - 1) / before)
        count = np.arange(1.0, len(ticks) + 1)
        if first == 1:
            step[:, 0] = 0.0
            count -= 1
        log_ticks = log_share[active, None] * count
        log_ticks += np.cumsum(step, axis=1)[shape[active]]
        log_ticks += log_chance[active, None]
        # all are chances: where the exponential is 0 to a double, the ways, however many, make nothing of it
        at_most = np.cumsum(np.exp(log_ticks) * _ways(k, ticks, pace[active]), axis=1) + below[active, None]
        tail = np.maximum(1.0 - at_most[:, k - 1 :: k], 0.0)
        log_chance[active], below[active] = log_ticks[:, -1], at_most[:, -1]
        # B(a, b + m) / B(a, b + m - 1) = (b + m - 1) / (a + b + m - 1): the chance to stay after the m-th order
        old = renewal.stay[active, None] + np.arange(first - 1, first - 1 + block)
        stays = np.cumprod(old / (renewal.leave + old), axis=1) * remaining[active, None]
        tail[:, 1:] *= stays[:, :-1]
        tail[:, 0] *= remaining[active]
        remaining[active] = stays[:, -1]
        yield active, tail
        active = active[tail[:, -1] > TAIL]
        first, block = first + block, block * growth


def _ways(regularity: int, ticks: Floats, pace: Floats) -> Floats:
    """E(q): the sum over j < k of C(q, j) pace^j, one row per group, one column per number of ticks q."""
    powers, ways = np.ones((len(pace), regularity)), np.ones((regularity, len(ticks)))
    for j in range(1, regularity):
        powers[:, j] = powers[:, j - 1] * pace
        ways[j] = ways[j - 1] * np.maximum(ticks - j + 1, 0.0) / j
    return powers @ ways
