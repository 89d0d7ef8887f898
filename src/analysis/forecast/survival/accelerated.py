"""Accelerated failure time: covariates stretch the time to the next order; the family is chosen by AIC.

Weibull, log-normal and log-logistic regressions by lifelines. (Its generalised gamma, which holds the first two, does not
converge on spells of which most are open.) None of them knows that somebody may never come back: what is silent is
merely slow, so that chances of an order come out too high where many have left. The back-test shows by how much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.own_rate import FittedOwnRate
from analysis.forecast.survival.fitted import FittedSpells, fit_spells
from analysis.forecast.survival.law import PACE_DAYS, cluster, first_look, log_hazard_within, read_fit, scores
from analysis.forecast.survival.spells import COVARIATES, Spells

FITTERS = {"Weibull": "WeibullAFTFitter", "log-normal": "LogNormalAFTFitter", "log-logistic": "LogLogisticAFTFitter"}
FAMILIES = tuple(FITTERS)
LONG_DAYS = 730.0
"""A law without an end calls everybody active: `p_active` is then the chance of an order within two years."""
MIN_DAYS = 1e-6
"""Stands for no time at all, of which there is no logarithm."""


@dataclass(frozen=True)
class AcceleratedLaw:
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

    def on(self, as_of: float) -> AcceleratedLaw:
        """Itself: it knows no season."""
        return self

    def log_pace(self, x: Floats, stage: Whole) -> Floats:
        """See `law.Law`."""
        return log_hazard_within(self.log_survival(x, stage, np.zeros(len(x)), np.array([PACE_DAYS])))


@dataclass(frozen=True)
class Accelerated:
    """The candidate; see `analysis.forecast.candidates.Candidate`.

    Attributes
    ----------
    families : tuple of str
        Families that compete.
    max_customers, last_days : int
        It learns from about this many customers, watched over this many last days.
    """

    name: str = "accelerated failure time"
    families: tuple[str, ...] = FAMILIES
    max_customers: int = 1000
    last_days: int = 730

    def fit(self, snapshot: Snapshot) -> FittedSpells | FittedOwnRate:
        """Fit every family and keep the one with the smallest AIC; the own past rate where `fit_spells` abstains."""
        learn = partial(fit_accelerated, families=self.families)
        return fit_spells(snapshot, self.name, self.max_customers, self.last_days, learn)


ACCELERATED = Accelerated()


def fit_accelerated(spells: Spells, families: tuple[str, ...] = FAMILIES) -> AcceleratedLaw:
    """Fit the law to `spells` by lifelines.

    Several families compete on a part of the customers (`law.first_look`); the one with the smallest AIC is fitted to all.
    """
    judged = first_look(spells) if len(families) > 1 else spells
    found = {name: _fit(judged, name) for name in families}
    aic = {name: float(fitter.AIC_) for name, fitter in found.items()}
    family = min(families, key=lambda name: aic[name])
    chosen = found[family] if judged is spells else _fit(spells, family)
    location, shape = chosen.params_.index.get_level_values(0).unique()
    labels = [*((location, name) for name in COVARIATES), (location, "Intercept"), (shape, "Intercept")]
    theta, bread = read_fit(chosen.params_, chosen.variance_matrix_, labels)
    slopes = scores(lambda at: log_likelihood(family, at, spells), theta)
    return AcceleratedLaw(family, theta, cluster(bread, slopes, spells.customer), aic)


def _fit(spells: Spells, family: str) -> Any:
    """The lifelines fitter of one family, fitted."""
    import lifelines

    frame = pd.DataFrame(spells.x, columns=list(COVARIATES)).loc[:, spells.varies]
    frame = frame.assign(days=spells.duration, closed=spells.closed, entry=spells.entry)
    return getattr(lifelines, FITTERS[family])().fit(frame, "days", "closed", entry_col="entry")


def log_likelihood(family: str, theta: Floats, spells: Spells) -> Floats:
    """Log-likelihood of every spell, given its silence when watching began."""
    whole = _cumulative(family, theta, spells.x, spells.duration[:, None])
    hazard = _log_hazard(family, theta, spells.x, spells.duration[:, None])
    before = np.where(spells.entry > 0, _cumulative(family, theta, spells.x, spells.entry[:, None])[:, 0], 0.0)
    return np.where(spells.closed, hazard[:, 0], 0.0) - whole[:, 0] + before


def _log_survival(family: str, theta: Floats, x: Floats, silence: Floats, ahead: Floats) -> Floats:
    before = _cumulative(family, theta, x, silence[:, None])
    return np.minimum(before - _cumulative(family, theta, x, silence[:, None] + ahead), 0.0)


def _standard(family: str, theta: Floats, x: Floats, days: Floats) -> Floats:
    centre = x @ theta[: len(COVARIATES)] + theta[-2]
    shape = np.exp(-theta[-1] if family == "log-normal" else theta[-1])
    return np.asarray((np.log(np.maximum(days, MIN_DAYS)) - centre[:, None]) * shape, dtype=np.float64)


def _cumulative(family: str, theta: Floats, x: Floats, days: Floats) -> Floats:
    """Cumulative hazard."""
    from scipy.special import log_ndtr

    z = _standard(family, theta, x, days)
    if family == "Weibull":
        return np.exp(np.minimum(z, 50.0))
    return np.logaddexp(0.0, z) if family == "log-logistic" else -log_ndtr(-z)


def _log_hazard(family: str, theta: Floats, x: Floats, days: Floats) -> Floats:
    z = _standard(family, theta, x, days)
    if family == "log-normal":
        return -(z**2) / 2 - np.log(2 * np.pi) / 2 - theta[-1] - np.log(days) + _cumulative(family, theta, x, days)
    own = z + theta[-1] - np.log(days)
    return own if family == "Weibull" else own - np.logaddexp(0.0, z)
