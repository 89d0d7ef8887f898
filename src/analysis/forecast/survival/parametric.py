"""What laws with a formula share: a season they do not know, families that compete, and where lifelines starts from.

lifelines fits these laws and gives their errors. Its descents take seconds where the slopes can be written as those of two
or three linear predictors: so the way down is gone here, and lifelines starts where it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.own_rate import FittedOwnRate
from analysis.forecast.survival.fitted import FittedSpells, fit_spells
from analysis.forecast.survival.law import PACE_DAYS, Law, first_look, log_hazard_within
from analysis.forecast.survival.spells import Spells

STEP = 1e-5
"""Of a linear predictor, by which slopes are taken."""
RIDGE = 1e-4
"""Penalty of standardised coefficients: where nobody seems cured, the odds would run to infinity."""
GTOL, FIRST_GTOL = 1e-6, 1e-3
"""Slope of the mean log-likelihood at which a fit, and a first look, end."""

Rows = Callable[[list[Floats], Spells], Floats]
"""Log-likelihood of every spell, from its linear predictors."""


class WithoutSeason:
    """A law whose formula knows no season."""

    log_survival: Callable[..., Floats]

    def on(self, as_of: float) -> Any:
        """Itself: it knows no season."""
        return self

    def log_pace(self, x: Floats, stage: Whole) -> Floats:
        """See `law.Law`."""
        return log_hazard_within(self.log_survival(x, stage, np.zeros(len(x)), np.array([PACE_DAYS])))


class Learn(Protocol):
    """Fits a law by one of several families."""

    def __call__(self, spells: Spells, families: tuple[str, ...]) -> Law:
        """Fit to `spells`."""


@dataclass(frozen=True)
class ParametricSpells:
    """A candidate with a formula; see `analysis.forecast.candidates.Candidate`.

    Attributes
    ----------
    learn : callable
        Fits the law.
    families : tuple of str
        Families that compete.
    max_customers, last_days : int
        It learns from about this many customers, watched over this many last days.
    """

    name: str
    learn: Learn
    families: tuple[str, ...]
    max_customers: int
    last_days: int = 730

    def fit(self, snapshot: Snapshot) -> FittedSpells | FittedOwnRate:
        """Fit by maximum likelihood; the own past rate where `fit_spells` abstains."""
        return fit_spells(snapshot, self.name, self.max_customers, self.last_days, partial(self.learn, families=self.families))


@dataclass(frozen=True)
class Way:
    """A way down: from `theta` (coefficients, one design after the other) to the optimum.

    Attributes
    ----------
    rows : callable
        Log-likelihood.
    designs : sequence of array
        Columns of each linear predictor.
    theta : array
        Where it has come.
    inverse : array
        Inverse curvature of the mean negative log-likelihood there, in standard deviations of the columns; see `units`.
    """

    rows: Rows
    designs: Sequence[Floats]
    theta: Floats
    inverse: Floats | None = None

    @property
    def units(self) -> Floats:
        """Standard deviation of each column, 1 for constants: lifelines goes in these units."""
        spread = np.concatenate([design.std(axis=0, ddof=1) for design in self.designs])
        return np.where(spread < 1e-8, 1.0, spread)

    def along(self, theta: Floats) -> list[Floats]:
        """Linear predictors of every spell."""
        ends = np.cumsum([design.shape[1] for design in self.designs])[:-1]
        return [design @ part for design, part in zip(self.designs, np.split(theta, ends), strict=True)]

    def slopes(self, theta: Floats, spells: Spells) -> list[Floats]:
        """Slope of every spell's log-likelihood by each linear predictor."""
        predictors, found = self.along(theta), []
        for i, one in enumerate(predictors):
            up, down = (self.rows([*predictors[:i], one + step, *predictors[i + 1 :]], spells) for step in (STEP, -STEP))
            found.append((up - down) / (2 * STEP))
        return found

    def scores(self, spells: Spells) -> Floats:
        """Score of every spell at `theta`: one row per spell, one column per coefficient."""
        parts = zip(self.designs, self.slopes(self.theta, spells), strict=True)
        return np.hstack([design * slope[:, None] for design, slope in parts])

    def go(self, spells: Spells, ridge: float, gtol: float) -> Way:
        """Go down by quasi-Newton steps; columns that do not vary are held where they are, unless they are the constant 1."""
        from scipy.optimize import minimize

        units = self.units
        is_constant = np.concatenate([np.ptp(design, axis=0) == 0 for design in self.designs])
        is_one = np.concatenate([(design == 1).all(axis=0) for design in self.designs])
        free, size = np.flatnonzero(~is_constant | is_one), len(spells)
        shrunk = np.where(is_constant, 0.0, ridge)[free]

        def loss(point: Floats) -> tuple[float, Floats]:
            theta = self.theta.copy()
            theta[free] = point / units[free]
            value = -float(self.rows(self.along(theta), spells).mean())
            slope = np.concatenate([d.T @ s for d, s in zip(self.designs, self.slopes(theta, spells), strict=True)]) / size
            value += float(shrunk @ point**2) / 2
            if not (np.isfinite(value) and np.isfinite(slope).all()):
                return 1e10, np.zeros(len(point))
            return value, -slope[free] / units[free] + shrunk * point

        options: dict[str, Any] = {"gtol": gtol, "maxiter": 200}
        if self.inverse is not None:
            options["hess_inv0"] = self.inverse
        found = minimize(loss, self.theta[free] * units[free], jac=True, method="BFGS", options=options)
        theta = self.theta.copy()
        theta[free] = found.x / units[free]
        return replace(self, theta=theta, inverse=np.asarray((found.hess_inv + found.hess_inv.T) / 2))


def compete(
    families: Sequence[str], spells: Spells, start: Callable[[str, Spells], Way], ridge: float
) -> tuple[str, Way, dict[str, float]]:
    """The family with the smallest AIC, the way down to its optimum, and the AIC of all.

    Several families compete on a part of the customers (`law.first_look`); the best goes on from there with all of them.
    """
    judged = first_look(spells) if len(families) > 1 else spells
    ways = {family: start(family, judged).go(judged, ridge, GTOL if judged is spells else FIRST_GTOL) for family in families}
    aic = {family: float(2 * len(way.theta) - 2 * way.rows(way.along(way.theta), judged).sum()) for family, way in ways.items()}
    best = min(families, key=lambda family: aic[family])
    if judged is spells:
        return best, ways[best], aic
    onwards = replace(start(best, spells), theta=ways[best].theta)
    return best, onwards.go(spells, ridge, GTOL), aic
