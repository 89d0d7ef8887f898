"""Accelerated failure time: covariates stretch the time to the next order; the family is chosen by AIC.

Weibull, log-normal and log-logistic regressions by lifelines. None of them knows that somebody may never come back: what is silent is
merely slow, so that chances of an order come out too high where many have left. The back-test shows by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.survival.law import cluster, read_fit
from analysis.forecast.survival.parametric import ParametricSpells, Way, WithoutSeason, compete
from analysis.forecast.survival.spells import COVARIATES, Spells

FITTERS = {"Weibull": "WeibullAFTFitter", "log-normal": "LogNormalAFTFitter", "log-logistic": "LogLogisticAFTFitter"}
FAMILIES = tuple(FITTERS)
LONG_DAYS = 730.0
"""A law without an end calls everybody active: `p_active` is then the chance of an order within two years."""
MIN_DAYS = 1e-6
"""Stands for no time at all, of which there is no logarithm."""


@dataclass(frozen=True)
class AcceleratedLaw(WithoutSeason):
    """A fitted family; see `law.Law`.

    Attributes
    ----------
    family : str
        One of `FAMILIES`.
    theta : array
        One coefficient of the log time per entry of `COVARIATES`, the intercept, and the log shape (of a log-normal: log
        standard deviation).
    covariance : array
        Clustered by customer.
    aic : dict
        Of every family tried; of more than one, on `law.first_look`.
    """

    family: str
    theta: Floats
    covariance: Floats
    aic: dict[str, float]

    @property
    def name(self) -> str:
        """The family with what it is."""
        return f"accelerated failure time ({self.family})"

    def log_survival(self, x: Floats, stage: Whole, silence: Floats, ahead: Floats, begin: float = 0.0) -> Floats:
        """See `law.Law`; the season is unknown to it, so that `begin` makes no difference."""
        return _log_survival(self.family, self.theta, x, silence, ahead)

    def log_odds_active(self, x: Floats, stage: Whole, silence: Floats, theta: Floats) -> Floats:
        """Log odds of an order within `LONG_DAYS`."""
        none = _log_survival(self.family, theta, x, silence, np.array([LONG_DAYS]))[:, 0]
        return np.log(-np.expm1(np.minimum(none, -1e-12))) - none


def fit_accelerated(spells: Spells, families: tuple[str, ...] = FAMILIES) -> AcceleratedLaw:
    """Fit the law to `spells` by lifelines, from where `parametric.compete` has come."""
    family, way, aic = compete(families, spells, _start, 0.0)
    fitter = _fit(spells, family, way.theta * way.units)
    location, shape = fitter.params_.index.get_level_values(0).unique()
    labels = [*((location, name) for name in COVARIATES), (location, "Intercept"), (shape, "Intercept")]
    theta, bread = read_fit(fitter.params_, fitter.variance_matrix_, labels)
    return AcceleratedLaw(family, theta, cluster(bread, replace(way, theta=theta).scores(spells), spells.customer), aic)


ACCELERATED = ParametricSpells("accelerated failure time", fit_accelerated, FAMILIES, 1000)


def _start(family: str, spells: Spells) -> Way:
    """All spells last as long as the completed ones, exponentially or about so."""
    ones = np.ones((len(spells), 1))
    theta = np.append(np.zeros(len(COVARIATES)), [np.log(spells.duration[spells.closed].mean()), 0.0])
    return Way(partial(_log_rows, family), (np.hstack([spells.x, ones]), ones), theta)


def _fit(spells: Spells, family: str, start: Floats) -> Any:
    """The lifelines fitter of one family, fitted from `start` (in standard deviations of the covariates)."""
    import lifelines

    varies = spells.varies
    frame = pd.DataFrame(spells.x, columns=list(COVARIATES)).loc[:, varies]
    formula = " + ".join(["1", *frame])
    frame = frame.assign(days=spells.duration, closed=spells.closed, entry=spells.entry)
    point = np.concatenate([start[-2:-1], start[: len(COVARIATES)][varies], start[-1:]])
    return getattr(lifelines, FITTERS[family])().fit(frame, "days", "closed", formula=formula, entry_col="entry", initial_point=point)


def log_likelihood(family: str, theta: Floats, spells: Spells) -> Floats:
    """Log-likelihood of every spell, given its silence when watching began."""
    return _log_rows(family, _predictors(theta, spells.x), spells)


def _log_rows(family: str, predictors: Sequence[Floats], spells: Spells) -> Floats:
    centre, shape = predictors
    whole = _cumulative(family, centre, shape, spells.duration)
    before = np.where(spells.entry > 0, _cumulative(family, centre, shape, spells.entry), 0.0)
    return np.where(spells.closed, _log_hazard(family, centre, shape, spells.duration), 0.0) - whole + before


def _log_survival(family: str, theta: Floats, x: Floats, silence: Floats, ahead: Floats) -> Floats:
    centre, shape = (part[:, None] for part in _predictors(theta, x))
    before = _cumulative(family, centre, shape, silence[:, None])
    return np.minimum(before - _cumulative(family, centre, shape, silence[:, None] + ahead), 0.0)


def _predictors(theta: Floats, x: Floats) -> list[Floats]:
    """Location and log shape of every row."""
    return [x @ theta[: len(COVARIATES)] + theta[-2], np.full(len(x), theta[-1])]


def _standard(family: str, centre: Floats, shape: Floats, days: Floats) -> Floats:
    power = np.exp(-shape if family == "log-normal" else shape)
    return np.asarray((np.log(np.maximum(days, MIN_DAYS)) - centre) * power, dtype=np.float64)


def _cumulative(family: str, centre: Floats, shape: Floats, days: Floats) -> Floats:
    """Cumulative hazard."""
    from scipy.special import log_ndtr

    z = _standard(family, centre, shape, days)
    if family == "Weibull":
        return np.exp(np.minimum(z, 50.0))
    return np.logaddexp(0.0, z) if family == "log-logistic" else -log_ndtr(-z)


def _log_hazard(family: str, centre: Floats, shape: Floats, days: Floats) -> Floats:
    z = _standard(family, centre, shape, days)
    if family == "log-normal":
        return -(z**2) / 2 - np.log(2 * np.pi) / 2 - shape - np.log(days) + _cumulative(family, centre, shape, days)
    own = z + shape - np.log(days)
    return own if family == "Weibull" else own - np.logaddexp(0.0, z)
