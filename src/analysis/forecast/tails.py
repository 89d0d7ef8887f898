"""Points of a customer's spend, read off earlier dates: how far spend was from what was expected of alike customers.

Customers are alike whose chance of an order is: it decides how much of the distribution is zero. For them the ratio of
actual to expected spend has the same points, whatever its causes (chance, a wrong model, a season of their own).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.forecast.collapse import Floats

GROUP = 150
"""Customer-dates in a group of alike ones: its tenth is known to two or three hundredths."""
MOST_GROUPS = 25
MIN_ALIKE = 60
LEVELS = np.exp(np.sqrt(3.0) * np.array([-1, 0, 0, 0, 0, 1]))
"""Equally likely factors for a spread of 1: the nodes and weights (1/6, 4/6, 1/6) of three-point Gauss-Hermite."""


@dataclass(frozen=True)
class Tail:
    """Points of spend / expected spend by the chance of an order, at one level: knots, and straight lines between them."""

    level: float
    chance: Floats
    ratio: Floats

    def points(self, chance: Floats, expected: Floats) -> Floats:
        """Each customer's point; 0 where the chance of no order is larger than the level."""
        inside = chance > 1 - self.level
        return np.where(inside, expected * np.interp(chance, self.chance, self.ratio), 0.0)


def fit_tail(
    level: float, chance: Sequence[Floats], expected: Sequence[Floats], actual: Sequence[Floats], spread: float = 0.0
) -> Tail | None:
    """Fit to earlier dates; None where too few customers have a chance large enough for a point above 0.

    `expected` stands at each date's own level, which nobody knows beforehand: `spread` is the standard deviation of the
    logarithm of what the level may turn out to be, and is laid over the ratios at the three points of Gauss-Hermite.
    """
    p = np.concatenate([*chance, []])
    ratio = np.concatenate([*(a / np.maximum(e, 1e-9) for a, e in zip(actual, expected, strict=True)), []])
    inside = p > 1 - level
    if inside.sum() < MIN_ALIKE:
        return None
    order = np.lexsort((ratio[inside], p[inside]))
    p, ratio = p[inside][order], ratio[inside][order]
    groups = np.array_split(np.arange(len(p)), int(np.clip(len(p) // GROUP, 1, MOST_GROUPS)))
    knots = [(float(np.mean(p[group])), float(np.quantile(np.outer(LEVELS**spread, ratio[group]), level))) for group in groups]
    return Tail(level, np.array([k for k, _ in knots]), np.array([r for _, r in knots]))
