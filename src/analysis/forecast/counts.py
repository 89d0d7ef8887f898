"""How many orders a customer places within a horizon: the whole distribution, without 2F1.

A customer who is active orders like a Poisson process whose rate has a Gamma distribution, and leaves after an order
with a chance that has a Beta distribution. Counted from today, the number of orders N reaches k when the process alone
would (a negative binomial tail) and the customer stays through the k - 1 orders before (a ratio of Beta functions), the
two being independent:

    P(N >= k) = P(NB >= k) * B(a, b + k - 1) / B(a, b).

Its sum over k is the expectation. The literature writes the same sum as a hypergeometric function (Fader, Hardie and
Lee 2005, eq. 10), which overflows for heavy buyers and has poles at a = 1 and where a + b < 1; the sum has neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from analysis.forecast.collapse import Floats, Whole

BLOCK = 16
TAIL = 1e-10


@dataclass(frozen=True)
class Counts:
    """Distributions of a number of orders, one per group.

    Attributes
    ----------
    start : array of int
        Where each group's entries begin in `probability`; one more than there are groups. The entries of a group are
        P(N = 1), P(N = 2), ...
    probability : array
        See `start`.
    none : array
        P(N = 0) of each group.
    """

    start: Whole
    probability: Floats
    none: Floats

    @property
    def group(self) -> Whole:
        """The group of each entry."""
        return np.repeat(np.arange(len(self.none), dtype=np.int64), np.diff(self.start))

    @property
    def number(self) -> Floats:
        """The number of orders of each entry, from 1."""
        return np.arange(len(self.probability), dtype=np.float64) - np.repeat(self.start[:-1], np.diff(self.start)) + 1.0

    def moment(self, power: int) -> Floats:
        """E(N ** power) of each group."""
        return np.asarray(np.bincount(self.group, self.probability * self.number**power, minlength=len(self.none)), dtype=np.float64)

    def scaled(self, share: Floats) -> Counts:
        """The same when only `share` of each group order at all (those still active); the rest place none."""
        return Counts(self.start, self.probability * share[self.group], 1.0 - share * (1.0 - self.none))

    def take(self, groups: Whole) -> Counts:
        """The distributions of `groups`, in that order, repeated where asked."""
        sizes = np.diff(self.start)[groups]
        start = np.concatenate([[0], np.cumsum(sizes)])
        within = np.arange(start[-1]) - np.repeat(start[:-1], sizes)
        return Counts(start, self.probability[np.repeat(self.start[:-1][groups], sizes) + within], self.none[groups])


@dataclass(frozen=True)
class Buying:
    """How active customers order from today, one entry per group.

    Attributes
    ----------
    shape, rate : array
        Gamma distribution of a customer's order rate a week.
    weeks : array
        Time in which they order: one column, or several with their chances where it is uncertain.
    weight : array
        Those chances; rows sum to 1.
    leave : float, optional
        First parameter of the Beta distribution of the chance to leave after an order; without it nobody leaves so.
    stay : array, optional
        Its second parameter.
    """

    shape: Floats
    rate: Floats
    weeks: Floats
    weight: Floats
    leave: float | None = None
    stay: Floats | None = None

    @classmethod
    def for_weeks(cls, shape: Floats, rate: Floats, weeks: float, leave: float | None = None, stay: Floats | None = None) -> Buying:
        """Order through the whole of `weeks`, unless they leave after an order."""
        return cls(shape, rate, np.full((len(shape), 1), weeks), np.ones((len(shape), 1)), leave, stay)


def count_orders(buying: Buying) -> Counts:
    """Return the distribution of the number of orders of an active customer."""
    return gather(_tails(buying), len(buying.shape))


def gather(tails: Iterable[tuple[Whole, Floats]], size: int) -> Counts:
    """Distributions from blocks of P(N >= k), k = 1, 2, ..., of `size` groups.

    Parameters
    ----------
    tails : iterable of (groups, block)
        Equally wide blocks in ascending k: the groups that still have a tail worth counting, one row each, one column per k.
    """
    blocks = list(tails)
    sizes = np.zeros(size, dtype=np.int64)
    for active, tail in blocks:
        sizes[active] += tail.shape[1]
    start = np.concatenate([[0], np.cumsum(sizes)])
    at_least = np.zeros(start[-1] + 1)
    for number, (active, tail) in enumerate(blocks):
        at_least[start[active][:, None] + number * tail.shape[1] + np.arange(tail.shape[1])] = tail
    after = at_least[1:].copy()
    after[start[1:][sizes > 0] - 1] = 0.0
    none = np.ones(size)
    none[sizes > 0] = 1.0 - at_least[start[:-1][sizes > 0]]
    return Counts(start, at_least[: start[-1]] - after, none)


def expect_orders(buying: Buying) -> Floats:
    """Return the expected number of orders of an active customer."""
    total = np.zeros(len(buying.shape))
    for active, tail in _tails(buying):
        total[active] += tail.sum(axis=1)
    return total


def _tails(buying: Buying) -> Iterator[tuple[Whole, Floats]]:
    """Blocks of P(N >= k), k = 1, 2, ...: the groups that still have a tail worth counting, and one column per k."""
    share = buying.weeks / (buying.rate[:, None] + buying.weeks)
    log_share = np.log(np.maximum(share, 1e-300))
    log_chance = -buying.shape[:, None] * np.log1p(buying.weeks / buying.rate[:, None])  # of k - 1 orders of the process
    below = np.exp(log_chance)  # chance of at most k - 1
    active = np.flatnonzero((buying.weeks > 0).any(axis=1))
    remaining = np.ones(len(share))  # chance to have stayed through the orders before the block
    first = 1
    while len(active):
        k = np.arange(first, first + BLOCK, dtype=np.float64)
        step = np.cumsum(np.log((buying.shape[active, None] + k - 1) / k), axis=1)
        tail = np.zeros((len(active), BLOCK))
        for node in range(share.shape[1]):
            log_k = log_chance[active, node, None] + step + log_share[active, node, None] * (k - first + 1)
            at_most = np.cumsum(np.exp(log_k), axis=1) + below[active, node, None]
            tail[:, 0] += buying.weight[active, node] * (1 - below[active, node])
            tail[:, 1:] += buying.weight[active, node, None] * (1 - at_most[:, :-1])
            log_chance[active, node] = log_k[:, -1]
            below[active, node] = at_most[:, -1]
        np.maximum(tail, 0.0, out=tail)
        if buying.leave is not None and buying.stay is not None:
            # B(a, b + k) / B(a, b + k - 1) = (b + k - 1) / (a + b + k - 1): the chance to stay after the k-th order
            before = buying.stay[active, None] + k - 1
            stays = np.cumprod(before / (buying.leave + before), axis=1) * remaining[active, None]
            tail[:, 1:] *= stays[:, :-1]
            tail[:, 0] *= remaining[active]
            remaining[active] = stays[:, -1]
        yield active, tail
        active = active[tail[:, -1] > TAIL]
        first += BLOCK
