"""A Weibull regression with a cured fraction: some never come back, and today's silence says who.

S(t) = c + (1 - c) exp(-(t / lambda)^rho), with a logistic c, a log-linear lambda and rho by whether it is a first spell
(mixture cure model: Boag 1949, Journal of the Royal Statistical Society B 11; Farewell 1982, Biometrics 38). Who has
been silent for s days is still to come back with chance (1 - c) exp(-(s / lambda)^rho) / S(s): `p_active`.

"Cured" means that the order does not come within the time that the data can see: a fraction estimated where silence has
been watched for long enough, extrapolated where it has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.own_rate import FittedOwnRate
from analysis.forecast.survival.fitted import FittedSpells, fit_spells
from analysis.forecast.survival.law import PACE_DAYS, cluster, log_hazard_within, read_fit, scores
from analysis.forecast.survival.spells import COVARIATES, Spells

ONE = "one"
REGRESSORS = {"cured_": (ONE, *COVARIATES), "lambda_": (ONE, *COVARIATES), "rho_": (ONE, "second", "later")}
LABELS = [(parameter, name) for parameter, names in REGRESSORS.items() for name in names]
SIZES = np.cumsum([len(names) for names in REGRESSORS.values()])
RIDGE = 1e-4
"""Penalty of standardised coefficients: where nobody seems cured, the odds would run to infinity."""
MOST_LOGIT = 12.0
MIN_DAYS = 1e-6
"""Stands for no time at all, of which there is no logarithm."""


@dataclass(frozen=True)
class CuredLaw:
    """A fitted law; see `law.Law`.

    Attributes
    ----------
    theta : array
        Coefficients in the order of `LABELS`.
    covariance : array
        Clustered by customer.
    """

    theta: Floats
    covariance: Floats
    name: str = "cured fraction (Weibull)"

    def log_survival(self, x: Floats, stage: Whole, silence: Floats, ahead: Floats, begin: float = 0.0) -> Floats:
        """See `law.Law`; the season is unknown to it, so that `begin` makes no difference."""
        cured, scale, shape = _parameters(self.theta, x)
        before = _log_both(np, cured, scale, shape, silence)
        return np.minimum(_log_both(np, cured[:, None], scale[:, None], shape[:, None], silence[:, None] + ahead) - before[:, None], 0.0)

    def log_odds_active(self, x: Floats, stage: Whole, silence: Floats, theta: Floats) -> Floats:
        """Log odds of not being cured, given the silence."""
        cured, scale, shape = _parameters(theta, x)
        return -cured - np.exp(_log_power(np, scale, shape, silence))

    def on(self, as_of: float) -> CuredLaw:
        """Itself: it knows no season."""
        return self

    def log_pace(self, x: Floats, stage: Whole) -> Floats:
        """See `law.Law`."""
        return log_hazard_within(self.log_survival(x, stage, np.zeros(len(x)), np.array([PACE_DAYS])))


@dataclass(frozen=True)
class Cured:
    """The candidate; see `analysis.forecast.candidates.Candidate`.

    Attributes
    ----------
    max_customers, last_days : int
        It learns from about this many customers, watched over this many last days.
    """

    name: str = "cured fraction"
    max_customers: int = 2000
    last_days: int = 730

    def fit(self, snapshot: Snapshot) -> FittedSpells | FittedOwnRate:
        """Fit by maximum likelihood; the own past rate where `fit_spells` abstains."""
        return fit_spells(snapshot, self.name, self.max_customers, self.last_days, fit_cured)


CURED = Cured()


def fit_cured(spells: Spells) -> CuredLaw:
    """Fit the law to `spells` by lifelines (its `ParametricRegressionFitter` with the cumulative hazard of this module)."""
    frame = pd.DataFrame(spells.x, columns=list(COVARIATES)).assign(days=spells.duration, closed=spells.closed, entry=spells.entry)
    varies = {name for name, is_used in zip(COVARIATES, spells.varies, strict=True) if is_used}
    used = {parameter: [name for name in names if name in varies] for parameter, names in REGRESSORS.items()}
    start = np.zeros(sum(1 + len(names) for names in used.values()))
    start[1 + len(used["cured_"])] = np.log(spells.duration[spells.closed].mean())
    fitter = _make_fitter()
    regressors = {parameter: " + ".join(["1", *names]) for parameter, names in used.items()}
    fitter.fit(frame, "days", "closed", regressors=regressors, entry_col="entry", initial_point=start, fit_options={"gtol": 1e-4})
    labels = [(parameter, "Intercept" if name == ONE else name) for parameter, name in LABELS]
    theta, bread = read_fit(fitter.params_, fitter.variance_matrix_, labels)
    slopes = scores(lambda at: log_likelihood(at, spells), theta)
    return CuredLaw(theta, cluster(bread, slopes, spells.customer))


def log_likelihood(theta: Floats, spells: Spells) -> Floats:
    """Log-likelihood of every spell, given its silence when watching began."""
    cured, scale, shape = _parameters(theta, spells.x)
    whole = _log_both(np, cured, scale, shape, spells.duration)
    before = np.where(spells.entry > 0, _log_both(np, cured, scale, shape, spells.entry), 0.0)
    density = _log_density(np, cured, scale, shape, spells.duration)
    return np.where(spells.closed, density, whole) - before


def _make_fitter() -> Any:
    """The lifelines fitter, made here because lifelines is slow to import."""
    import autograd.numpy as anp
    from lifelines.fitters import ParametricRegressionFitter

    class WeibullCureFitter(ParametricRegressionFitter):
        _fitted_parameter_names: ClassVar[list[str]] = list(REGRESSORS)

        def _cumulative_hazard(self, params: Any, T: Any, Xs: Any) -> Any:
            cured, scale, shape = (Xs[name] @ params[name] for name in REGRESSORS)
            return -_log_both(anp, cured, scale, shape, T)

        def _log_hazard(self, params: Any, T: Any, Xs: Any) -> Any:
            cured, scale, shape = (Xs[name] @ params[name] for name in REGRESSORS)
            return _log_density(anp, cured, scale, shape, T) - _log_both(anp, cured, scale, shape, T)

    return WeibullCureFitter(penalizer=RIDGE)


def _parameters(theta: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Log odds of being cured, log scale (days) and log shape of every row."""
    one = np.ones((len(x), 1))
    cured, scale, shape = np.split(theta, SIZES[:-1])
    full = np.hstack([one, x])
    return full @ cured, full @ scale, full[:, : len(shape)] @ shape


def _log_power(xp: ModuleType, scale: Any, shape: Any, days: Any) -> Any:
    """Log of (t / lambda)^rho."""
    return xp.minimum((xp.log(xp.maximum(days, MIN_DAYS)) - scale) * xp.exp(xp.clip(shape, -3.0, 3.0)), 6.0)


def _log_both(xp: ModuleType, cured: Any, scale: Any, shape: Any, days: Any) -> Any:
    """Log survival of all: log(c + (1 - c) S)."""
    odds = xp.clip(cured, -MOST_LOGIT, MOST_LOGIT)
    lasting = -xp.exp(_log_power(xp, scale, shape, days))
    return xp.logaddexp(odds, lasting) - xp.logaddexp(0.0, odds)


def _log_density(xp: ModuleType, cured: Any, scale: Any, shape: Any, days: Any) -> Any:
    """Log density of the next order: log((1 - c) h S)."""
    odds = xp.clip(cured, -MOST_LOGIT, MOST_LOGIT)
    power = _log_power(xp, scale, shape, days)
    return power - xp.exp(power) + xp.clip(shape, -3.0, 3.0) - xp.log(xp.maximum(days, MIN_DAYS)) - xp.logaddexp(0.0, odds)
