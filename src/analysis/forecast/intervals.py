"""Points of the predictive distribution of spend, without simulation.

A customer places N orders, whose distribution `Counts` gives; k orders of a Gamma-Gamma customer cost `scale` times a
Beta prime (p k, shape) variable. So the distribution function of spend is a short sum of incomplete Beta functions, and
its points are found by Newton's method: the same for every order of rows, and with no noise of drawn numbers.
"""

from __future__ import annotations

import numpy as np

from analysis.forecast.collapse import Floats, distinct
from analysis.forecast.counts import Counts

FAINT = 1e-4
"""Numbers of orders less likely than this move no point that is asked for by more than a thousandth."""
NEAR = 1e-3
"""A step of Newton's method as short as this is the last: the next would be of its square."""
START = 2.5
"""Standard deviations: the search starts no further out."""
MIN_VARIANCE_SHAPE = 2.1
"""Below 2 the variance of a customer's mean amount is infinite; totals are then given the one of this shape."""


def spend_points(
    counts: Counts, group: np.ndarray, per_order: float, shape: Floats, scale: Floats, levels: tuple[float, ...]
) -> list[Floats]:
    """Find the points of each customer's spend that it stays below with the chances `levels`.

    Parameters
    ----------
    counts, group
        Distribution of the number of orders, and each customer's group among them.
    per_order : float
        Gamma shape of one order's amount (p).
    shape, scale : array
        Of each customer's amounts, see `FittedSpend`.
    levels : tuple of float
        Chances between 0 and 1.

    Returns
    -------
    list of array
        One array per level, one entry per customer; 0 where no order is at least that likely.
    """
    (which, own_shape), member, _ = distinct(group.astype(np.float64), shape)
    groups = which.astype(np.int64)
    return [scale * _points(counts, groups, per_order, own_shape, level)[member] for level in levels]


def _points(counts: Counts, groups: np.ndarray, per_order: float, shape: Floats, level: float) -> Floats:
    """Points in units of the scale, one per entry of `groups`."""
    from scipy.special import betainc, betaln, expit, ndtri

    points = np.zeros(len(groups))
    ordering = np.flatnonzero(counts.none[groups] < level)
    if not len(ordering):
        return points
    kept = counts.take(groups[ordering])
    likely = kept.probability > FAINT
    row, number, weight = kept.group[likely], kept.number[likely], kept.probability[likely]
    size = len(ordering)
    # the faint ones that were left out are spread over the rest, so that the chances sum to one
    total = np.bincount(row, weight, minlength=size)
    wanted = (level - kept.none) / (1 - kept.none)
    weight = weight / total[row]
    first, second = per_order * number, shape[ordering][row]
    log_beta = betaln(first, second)
    # Newton on the log odds of the chance, by the log odds y of u = spend / (spend + scale); start at the log-normal of the
    # same mean and variance
    own = np.maximum(shape[ordering], MIN_VARIANCE_SHAPE)
    mean = np.bincount(row, weight * first, minlength=size)
    square = np.bincount(row, weight * first * (first + 1), minlength=size) * (own - 1) / (own - 2)
    spread = np.log(square / mean**2)
    y = np.log(mean / (own - 1)) - spread / 2 + np.clip(ndtri(wanted), -START, START) * np.sqrt(spread)
    low, high = np.full(size, -60.0), np.full(size, 60.0)
    active = np.arange(size)
    entries = np.arange(len(row))
    for _ in range(60):
        at = y[row[entries]]
        u, rest = expit(at), expit(-at)
        w = weight[entries]
        below = np.bincount(row[entries], w * betainc(first[entries], second[entries], u), minlength=size)[active]
        density = np.exp(first[entries] * np.log(u) + second[entries] * np.log(rest) - log_beta[entries])
        slope = np.bincount(row[entries], w * density, minlength=size)[active]
        target = wanted[active]
        low[active] = np.where(below <= target, y[active], low[active])
        high[active] = np.where(below > target, y[active], high[active])
        # a step that would leave the bracket, or a flat stretch between amounts that hardly vary: halve the bracket
        spread = below * (1 - below)
        is_steep = (spread > 0) & (slope > 1e-4 * spread)
        chance, spread, slope = (np.where(is_steep, part, 0.5) for part in (below, spread, slope))
        odds = np.log(chance) - np.log1p(-chance) - np.log(target) + np.log1p(-target)
        proposal = y[active] - odds * spread / slope
        bad = ~is_steep | (proposal <= low[active]) | (proposal >= high[active])
        moved = np.where(bad, (low[active] + high[active]) / 2, proposal)
        far = np.abs(moved - y[active]) > np.where(bad, 1e-6, NEAR)
        y[active] = moved
        keep = np.zeros(size, dtype=bool)
        keep[active[far]] = True
        active = active[far]
        entries = entries[keep[row[entries]]]
        if not len(active):
            break
    points[ordering] = np.exp(y)
    return points


def spend_variance(counts: Counts, group: np.ndarray, per_order: float, shape: Floats, scale: Floats) -> Floats:
    """Variance of each customer's spend, from the moments of the number of orders and of an order's amount."""
    first, second = counts.moment(1)[group], counts.moment(2)[group]
    own = np.maximum(shape, MIN_VARIANCE_SHAPE)
    mean = per_order * scale / (own - 1)
    square = (per_order * first + per_order**2 * second) * scale**2 / ((own - 1) * (own - 2))
    return square - (first * mean) ** 2
