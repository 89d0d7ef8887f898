"""A regression with a cured fraction: some never come back, and today's silence says who.

S(t) = c + (1 - c) Su(t), with a logistic c, and Su log-logistic, 1 / (1 + (t / lambda)^rho), or Weibull,
exp(-(t / lambda)^rho); lambda is log-linear and rho goes by stage (mixture cure model: Boag 1949, Journal of the Royal
Statistical Society B 11; Farewell 1982, Biometrics 38). Both families have the same number of parameters: AIC chooses
the one with the larger likelihood. Who has been silent for s days is still to come back with chance
(1 - c) Su(s) / S(s): `p_active`.

"Cured" means that the order does not come within the time that the data can see: a fraction estimated where silence has
been watched for long enough, extrapolated where it has not. It depends on the family: a log-logistic law has a long tail
of late returns, which a Weibull law books as cured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.survival.law import cluster, failures, read_fit
from analysis.forecast.survival.parametric import RIDGE, ParametricSpells, Way, WithoutSeason, compete
from analysis.forecast.survival.spells import COVARIATES, Spells

ONE = "one"
REGRESSORS = {"cured_": (ONE, *COVARIATES), "lambda_": (ONE, *COVARIATES), "rho_": (ONE, "second", "later")}
LABELS = [(parameter, name) for parameter, names in REGRESSORS.items() for name in names]
SIZES = np.cumsum([len(names) for names in REGRESSORS.values()])
GTOL = 1e-4
"""Slope of the mean log-likelihood at which lifelines is content."""
MOST_LOGIT, MOST_SHAPE, MOST_POWER = 12.0, 3.0, 6.0
"""Beyond these the likelihood is flat, and the next step would overflow."""
WEIBULL = "Weibull"
FAMILIES = ("log-logistic", WEIBULL)
MIN_DAYS = 1e-6
"""Stands for no time at all, of which there is no logarithm."""


@dataclass(frozen=True)
class CuredLaw(WithoutSeason):
    """A fitted law; see `law.Law`.

    Attributes
    ----------
    family : str
        One of `FAMILIES`.
    theta : array
        Coefficients in the order of `LABELS`.
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
        return f"cured fraction ({self.family})"

    def log_survival(self, x: Floats, stage: Whole, silence: Floats, ahead: Floats, begin: float = 0.0) -> Floats:
        """See `law.Law`; the season is unknown to it, so that `begin` makes no difference."""
        cured, scale, shape = (part[:, None] for part in _parameters(self.theta, x))
        before = _log_both(np, self.family, cured, scale, shape, silence[:, None])
        return np.minimum(_log_both(np, self.family, cured, scale, shape, silence[:, None] + ahead) - before, 0.0)

    def log_odds_active(self, x: Floats, stage: Whole, silence: Floats, theta: Floats) -> Floats:
        """Log odds of not being cured, given the silence."""
        cured, scale, shape = _parameters(theta, x)
        return _log_waiting(np, self.family, scale, shape, silence) - cured


def fit_cured(spells: Spells, families: tuple[str, ...] = FAMILIES) -> CuredLaw:
    """Fit the law to `spells` by lifelines, from where `parametric.compete` has come."""
    family, way, aic = compete(families, spells, _start, RIDGE)
    theta, bread = _fit(spells, family, way)
    return CuredLaw(family, theta, cluster(bread, replace(way, theta=theta).scores(spells), spells.customer), aic)


CURED = ParametricSpells("cured fraction", fit_cured, FAMILIES, 1500)


def _start(family: str, spells: Spells) -> Way:
    """Nobody is known to be cured, and all spells last as long as the completed ones."""
    full = np.hstack([np.ones((len(spells), 1)), spells.x])
    theta = np.where([label == ("lambda_", ONE) for label in LABELS], np.log(spells.duration[spells.closed].mean()), 0.0)
    return Way(partial(_log_rows, family), (full, full, full[:, : len(REGRESSORS["rho_"])]), theta)


def _fit(spells: Spells, family: str, way: Way) -> tuple[Floats, Floats]:
    """Estimates of one family and their covariance, by lifelines."""
    frame = pd.DataFrame(spells.x, columns=list(COVARIATES)).assign(days=spells.duration, closed=spells.closed, entry=spells.entry)
    varies = {ONE} | {name for name, is_used in zip(COVARIATES, spells.varies, strict=True) if is_used}
    used = np.array([name in varies for _, name in LABELS])
    regressors = {
        parameter: " + ".join(["1", *(name for name in names if name in varies and name != ONE)]) for parameter, names in REGRESSORS.items()
    }
    labels = [(parameter, "Intercept" if name == ONE else name) for parameter, name in LABELS]

    def fit(point: Floats, options: dict[str, Any]) -> tuple[Floats, Floats]:
        fitter = _make_fitter(family)
        fitter.fit(frame, "days", "closed", regressors=regressors, entry_col="entry", initial_point=point, fit_options=options)
        return read_fit(fitter.params_, fitter.variance_matrix_, labels)

    try:
        return fit((way.theta * way.units)[used], {"gtol": GTOL, "hess_inv0": way.inverse})
    except failures():
        # where no way leads on from there, from the beginning
        return fit((_start(family, spells).theta * way.units)[used], {"gtol": GTOL})


def log_likelihood(family: str, theta: Floats, spells: Spells) -> Floats:
    """Log-likelihood of every spell, given its silence when watching began."""
    return _log_rows(family, _parameters(theta, spells.x), spells)


def _log_rows(family: str, predictors: Sequence[Floats], spells: Spells) -> Floats:
    cured, scale, shape = predictors
    whole = _log_both(np, family, cured, scale, shape, spells.duration)
    before = np.where(spells.entry > 0, _log_both(np, family, cured, scale, shape, spells.entry), 0.0)
    density = _log_density(np, family, cured, scale, shape, spells.duration)
    return np.where(spells.closed, density, whole) - before


def _make_fitter(family: str) -> Any:
    """The lifelines fitter with the cumulative hazard of this module, made here because lifelines is slow to import."""
    import autograd.numpy as anp
    from lifelines.fitters import ParametricRegressionFitter

    class CureFitter(ParametricRegressionFitter):
        _fitted_parameter_names: ClassVar[list[str]] = list(REGRESSORS)

        def _cumulative_hazard(self, params: Any, T: Any, Xs: Any) -> Any:
            cured, scale, shape = (Xs[name] @ params[name] for name in REGRESSORS)
            return -_log_both(anp, family, cured, scale, shape, T)

        def _log_hazard(self, params: Any, T: Any, Xs: Any) -> Any:
            cured, scale, shape = (Xs[name] @ params[name] for name in REGRESSORS)
            return _log_density(anp, family, cured, scale, shape, T) - _log_both(anp, family, cured, scale, shape, T)

    return CureFitter(penalizer=RIDGE)


def _parameters(theta: Floats, x: Floats) -> list[Floats]:
    """Log odds of being cured, log scale (days) and log shape of every row."""
    one = np.ones((len(x), 1))
    cured, scale, shape = np.split(theta, SIZES[:-1])
    full = np.hstack([one, x])
    return [full @ cured, full @ scale, full[:, : len(shape)] @ shape]


def _log_power(xp: ModuleType, scale: Any, shape: Any, days: Any) -> Any:
    """Log of (t / lambda)^rho."""
    return (xp.log(xp.maximum(days, MIN_DAYS)) - scale) * xp.exp(xp.clip(shape, -MOST_SHAPE, MOST_SHAPE))


def _log_waiting(xp: ModuleType, family: str, scale: Any, shape: Any, days: Any) -> Any:
    """Log survival of those who come back: log Su."""
    power = _log_power(xp, scale, shape, days)
    return -xp.exp(xp.minimum(power, MOST_POWER)) if family == WEIBULL else -xp.logaddexp(0.0, power)


def _log_both(xp: ModuleType, family: str, cured: Any, scale: Any, shape: Any, days: Any) -> Any:
    """Log survival of all: log(c + (1 - c) Su)."""
    odds = xp.clip(cured, -MOST_LOGIT, MOST_LOGIT)
    return xp.logaddexp(odds, _log_waiting(xp, family, scale, shape, days)) - xp.logaddexp(0.0, odds)


def _log_density(xp: ModuleType, family: str, cured: Any, scale: Any, shape: Any, days: Any) -> Any:
    """Log density of the next order: log((1 - c) hu Su)."""
    odds = xp.clip(cured, -MOST_LOGIT, MOST_LOGIT)
    power = _log_power(xp, scale, shape, days)
    log_rho = xp.clip(shape, -MOST_SHAPE, MOST_SHAPE)
    tail = xp.exp(xp.minimum(power, MOST_POWER)) if family == WEIBULL else 2 * xp.logaddexp(0.0, power)
    return power + log_rho - xp.log(xp.maximum(days, MIN_DAYS)) - tail - xp.logaddexp(0.0, odds)
