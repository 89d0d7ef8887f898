"""Chances of an order that agree with corrected expectations, calibrated on earlier dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.forecast.collapse import Floats

EDGE = 1e-6
MIN_BUYERS = 100
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
    """Fit to the chances of earlier dates and whether an order came, shrunken to no change."""
    from scipy.optimize import minimize
    from scipy.special import expit, logit

    if not chances or min(sum(h.sum() for h in happened), sum((1 - h).sum() for h in happened)) < MIN_BUYERS:
        return Calibration()
    z = logit(np.clip(np.concatenate(chances), EDGE, 1 - EDGE))
    y = np.concatenate(happened)

    def loss(point: Floats) -> tuple[float, Floats]:
        line = point[0] + point[1] * z
        miss = expit(line) - y
        prior = np.array([point[0], point[1] - 1]) / PRIOR_SPREAD**2
        value = (np.logaddexp(0, line) - y * line).sum() + 0.5 * float(prior @ [point[0], point[1] - 1])
        return float(value) / len(y), (np.array([miss.sum(), miss @ z]) + prior) / len(y)

    found = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(-3, 3), (0.2, 5)])
    return Calibration(float(found.x[0]), float(found.x[1]))
