"""Chances of an order that agree with corrected expectations, calibrated on earlier dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.forecast.collapse import Floats

EDGE = 1e-6
MIN_BUYERS = 100
MAX_STEPS = 50
BOUNDS = np.array([-3.0, 0.2]), np.array([3.0, 5.0])
"""Of offset and slope."""
PRIOR_SPREAD = 0.5
"""Standard deviation of the calibration's offset and slope about none, on the logit scale."""


def correct_chance(chance: Floats, ratio: Floats | float) -> Floats:
    """Chance of an order when a customer's rate is `ratio` times the one that gave `chance`: as of a Poisson process."""
    return -np.expm1(ratio * np.log1p(-np.minimum(chance, 1 - 1e-12)))


@dataclass(frozen=True)
class Calibration:
    """A straight line on the logit scale: monotone, so that no order of customers or of horizons changes."""

    offset: float = 0.0
    slope: float = 1.0

    def apply(self, chance: Floats) -> Floats:
        """Calibrated chances; 0 and 1 stay."""
        from scipy.special import expit, logit

        inside = (chance > EDGE) & (chance < 1 - EDGE)
        moved = expit(self.offset + self.slope * logit(np.clip(chance, EDGE, 1 - EDGE)))
        return np.where(inside, moved, chance)


def calibrate_chances(chances: Sequence[Floats], happened: Sequence[Floats]) -> Calibration:
    """Fit to the chances of earlier dates and whether an order came, shrunken to no change: Newton on a convex loss."""
    from scipy.special import expit, logit

    if not chances or min(sum(h.sum() for h in happened), sum((1 - h).sum() for h in happened)) < MIN_BUYERS:
        return Calibration()
    z = logit(np.clip(np.concatenate(chances), EDGE, 1 - EDGE))
    y = np.concatenate(happened)
    none = np.array([0.0, 1.0])
    point = none
    for _ in range(MAX_STEPS):
        p = expit(point[0] + point[1] * z)
        miss, weight = p - y, p * (1 - p)
        slope = np.array([miss.sum(), miss @ z]) + (point - none) / PRIOR_SPREAD**2
        cross = weight @ z
        curve = np.array([[weight.sum(), cross], [cross, weight @ z**2]]) + np.eye(2) / PRIOR_SPREAD**2
        step = np.clip(np.linalg.solve(curve, slope), -1.0, 1.0)
        point = np.clip(point - step, *BOUNDS)
        if np.abs(step).max() < 1e-9:
            break
    return Calibration(float(point[0]), float(point[1]))
