"""Maximum likelihood of a few positive parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats

ROUGH = 1e-8
"""Relative steps of the loss at which starts have shown how low they lead."""
LONGEST = 1000.0
"""Largest variance of a parameter's logarithm, as told by one customer, and one over the smallest, by which a descent is laid out."""
LIMIT = 12.0
"""Parameters stay within exp(-12) and exp(12): beyond, a likelihood of counts is flat and the next step would overflow."""

Loss = Callable[[Floats], tuple[float, Floats]]
"""Mean negative log-likelihood and its gradient, both of the logarithms of the parameters."""


@dataclass(frozen=True)
class Estimate:
    """Fitted positive parameters.

    Attributes
    ----------
    names : tuple of str
        In the literature's notation.
    parameters : array
        Estimates.
    covariance : array
        Of the logarithms of the estimates, from the curvature at the optimum; a parameter that the data leave flat has
        the variance of its whole range, not infinity.
    log_likelihood : float
        Of all customers.
    count : int
        Customers.
    """

    names: tuple[str, ...]
    parameters: Floats
    covariance: Floats
    log_likelihood: float
    count: int

    @property
    def standard_errors(self) -> Floats:
        """Of the parameters themselves, by the delta method."""
        return self.parameters * np.sqrt(np.diag(self.covariance))

    def table(self, z: float = 1.96) -> pd.DataFrame:
        """One row per parameter: `parameter`, `value`, `standard_error`, `low`, `high` (`z` errors either side, on the log scale)."""
        spread = z * np.sqrt(np.diag(self.covariance))
        return pd.DataFrame(
            {
                "parameter": self.names,
                "value": self.parameters,
                "standard_error": self.standard_errors,
                "low": self.parameters * np.exp(-spread),
                "high": self.parameters * np.exp(spread),
            }
        )


def maximise(names: tuple[str, ...], loss: Loss, starts: Sequence[Sequence[float]], count: int, first_look: Loss | None = None) -> Estimate:
    """Find the parameters with the smallest `loss`, from several starts.

    Parameters
    ----------
    loss : callable
        Takes log parameters; returns the mean negative log-likelihood of a customer and its gradient.
    starts : sequence of parameter vectors
        They compete roughly; the one that leads lowest goes on to the optimum.
    count : int
        Customers, by which the mean becomes the log-likelihood.
    first_look : callable, optional
        A cheaper loss of the same shape on part of the data, for the starts to compete on.
    """
    begin = [np.log(np.asarray(start, dtype=np.float64)) for start in starts]
    if len(begin) > 1:
        begin = [min((_descend(first_look or loss, start, ROUGH) for start in begin), key=lambda found: found[1])[0]]
    spread = np.eye(len(begin[0])) if first_look is None else _covariance(first_look, begin[0], 1)
    best, value = _descend_along(spread, loss, begin[0])
    return Estimate(names, np.exp(best), _covariance(loss, best, count), -value * count, count)


def maximise_near(
    names: tuple[str, ...], loss: Loss, start: Estimate, count: int, ftol: float = 1e-12, has_errors: bool = False
) -> Estimate:
    """Find the parameters with the smallest `loss` near the estimate from much the same data: a fraction of the steps.

    Their covariance is looked for only if asked (`has_errors`); else it is taken to be that of `start`, for as many customers.
    """
    best, value = _descend_along(start.covariance * start.count, loss, np.log(start.parameters), ftol)
    covariance = _covariance(loss, best, count) if has_errors else start.covariance * (start.count / count)
    return Estimate(names, np.exp(best), covariance, -value * count, count)


def _descend_along(spread: Floats, loss: Loss, start: Floats, ftol: float = 1e-13) -> tuple[Floats, float]:
    """Descend in the directions of `spread`, in steps of its size: with the inverse curvature of the loss all ways are as steep."""
    if not np.isfinite(spread).all():
        return _descend(loss, start, ftol)
    sizes, directions = np.linalg.eigh(spread)
    along = directions * np.sqrt(np.clip(sizes, 1.0 / LONGEST, LONGEST))

    def turned(way: Floats) -> tuple[float, Floats]:
        point = start + along @ way
        value, gradient = loss(np.clip(point, -LIMIT, LIMIT))
        return value, along.T @ np.where(np.abs(point) < LIMIT, gradient, 0.0)

    found, value = _descend(turned, np.zeros(len(start)), ftol, limit=2 * LIMIT)
    return np.clip(start + along @ found, -LIMIT, LIMIT), value


def _descend(loss: Loss, start: Floats, ftol: float = 1e-13, limit: float = LIMIT) -> tuple[Floats, float]:
    from scipy.optimize import minimize

    def guarded(point: Floats) -> tuple[float, Floats]:
        value, gradient = loss(point)
        if np.isfinite(value) and np.isfinite(gradient).all():
            return value, gradient
        return 1e10, np.zeros_like(point)

    options = {"maxiter": 500, "ftol": ftol, "gtol": 1e-8}
    found = minimize(guarded, start, jac=True, method="L-BFGS-B", bounds=[(-limit, limit)] * len(start), options=options)
    return found.x, float(found.fun)


def _covariance(loss: Loss, point: Floats, count: int, step: float = 1e-4) -> Floats:
    size = len(point)
    curvature = np.empty((size, size))
    for i in range(size):
        move = np.zeros(size)
        move[i] = step
        curvature[i] = (loss(point + move)[1] - loss(point - move)[1]) / (2 * step)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2 * count)
    return (vectors / np.maximum(values, 1 / LIMIT**2)) @ vectors.T


def odds_interval(log_odds: Callable[[Floats], Floats], estimate: Estimate, z: float, step: float = 1e-4) -> pd.DataFrame:
    """Chances of being active with an interval for the uncertainty of the parameters, by the delta method on the logit scale.

    Parameters
    ----------
    log_odds : callable
        Takes parameters; returns one log odds per distinct history, infinite where nobody can have left.
    z : float
        Standard errors either side.

    Returns
    -------
    DataFrame
        One row per distinct history: `p_active`, `p_active_low`, `p_active_high`.
    """
    middle = log_odds(estimate.parameters)
    is_open = np.isfinite(middle)
    slope = np.zeros((len(estimate.parameters), len(middle)))
    for i, row in enumerate(slope):
        move = np.zeros(len(slope))
        move[i] = step
        up, down = (log_odds(estimate.parameters * np.exp(sign * move)) for sign in (1, -1))
        row[is_open] = (up[is_open] - down[is_open]) / (2 * step)
    spread = z * np.sqrt(np.maximum(np.einsum("ig,ij,jg->g", slope, estimate.covariance, slope), 0.0))
    columns = {"p_active": middle, "p_active_low": middle - spread, "p_active_high": middle + spread}
    return pd.DataFrame({name: expit(odds) for name, odds in columns.items()})


def expit(odds: Floats) -> Floats:
    """Chance from log odds."""
    from scipy.special import expit as logistic

    return np.asarray(logistic(odds), dtype=np.float64)
