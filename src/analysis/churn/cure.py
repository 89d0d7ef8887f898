"""Who never comes back? The cured fraction of spells: a share that no length of watching would see return.

Mixture cure model (Boag 1949; Farewell 1982): S(t) = c + (1 - c) Su(t), with Su Weibull or log-normal, whichever has the
smaller AIC. A customer's spells resemble each other, so errors are clustered by customer (sandwich). A cure model
always gives a number; whether the data can tell it is another question, asked first: was the watching long enough for
nearly all who return to have returned (Maller & Zhou 1996), and does the curve follow Kaplan and Meier's?
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit, log_ndtr, ndtri

from analysis.churn.cox import sample_customers
from analysis.churn.groups import ORDER_GROUPS, label_order_group
from analysis.churn.kaplan_meier import clustered_variance, estimate, log_log_interval
from analysis.params import ChurnParams

WEIBULL, LOG_NORMAL = "weibull", "log_normal"
TOLD, TOO_SHORT, TOO_FEW, POOR_FIT = "told", "too_short", "too_few", "poor_fit"
COLUMNS = ["order_group", "count_spells", "count_returns", "watched_days", "share_silent", "share_silent_low", "share_silent_high"]
COLUMNS += ["share_never", "share_never_low", "share_never_high", "family", "share_other", "late_share", "gap_share", "answer"]
_MIN_AT_RISK = 30


@dataclass(frozen=True)
class CureFit:
    """A fitted mixture.

    Attributes
    ----------
    family : str
        ``weibull`` or ``log_normal``.
    theta : array
        Logit of the cured fraction; log of scale and shape (Weibull), or mean and log of the standard deviation of log
        days (log-normal).
    covariance : array
        Of `theta`, customers' spells summed first.
    log_likelihood : float
        Of continuous durations.
    """

    family: str
    theta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float

    @property
    def never(self) -> float:
        """The cured fraction."""
        return float(expit(self.theta[0]))

    def interval(self, level: float) -> tuple[float, float]:
        """Limits of the cured fraction, symmetric on the logit."""
        half = ndtri(0.5 + level / 2) * np.sqrt(self.covariance[0, 0])
        return float(expit(self.theta[0] - half)), float(expit(self.theta[0] + half))

    def waiting(self, days: np.ndarray) -> np.ndarray:
        """Share, of those who do return, who have not by the end of each of `days` (> 0)."""
        return np.exp(_waiting(self.family, self.theta, np.asarray(days, dtype=float))[0])

    def at(self, days: np.ndarray) -> np.ndarray:
        """Share of all spells without a return by the end of each of `days`."""
        return self.never + (1 - self.never) * self.waiting(days)


def fit_cure(duration_days: np.ndarray, is_closed: np.ndarray, customer: np.ndarray, family: str) -> CureFit:
    """Maximum likelihood on collapsed (duration, closed) pairs.

    Parameters
    ----------
    duration_days, is_closed : array
        Length in whole days (> 0) and whether the spell ended by an order.
    customer : array of int
        Code of the customer of each spell.
    family : str
        ``weibull`` or ``log_normal``.
    """
    from scipy.optimize import minimize

    closed = np.asarray(is_closed, dtype=bool)
    pairs, where, counts = np.unique(2 * np.asarray(duration_days, dtype=np.int64) + closed, return_inverse=True, return_counts=True)
    days, ended = (pairs // 2).astype(float), pairs % 2 == 1
    logs = np.log(np.asarray(duration_days, dtype=float)[closed])
    spread = max(float(logs.std()), 0.1)
    start = np.array([0.0, logs.mean() + (0.5 if family == WEIBULL else 0.0), np.log(1 / spread if family == WEIBULL else spread)])
    total = counts.sum()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, score = _log_likelihood(family, theta, days, ended)
        return -float(counts @ value) / total, -(counts @ score) / total

    bounds = [(-12.0, 12.0), (-5.0, 15.0), (-4.0, 4.0)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500})
    theta = found.x
    step = 1e-5
    hessian = np.column_stack([(loss(theta + step * unit)[1] - loss(theta - step * unit)[1]) / (2 * step) for unit in np.eye(3)]) * total
    value, score = _log_likelihood(family, theta, days, ended)
    summed = np.column_stack([np.bincount(customer, weights=column[where]) for column in score.T])
    inverse = np.linalg.pinv((hessian + hessian.T) / 2, hermitian=True)
    return CureFit(family, theta, inverse @ (summed.T @ summed) @ inverse, float(counts @ value))


def estimate_cured(spells: pd.DataFrame, params: ChurnParams) -> pd.DataFrame:
    """The share that never orders again after a first, a second and a later order, where the data can tell it.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `duration_days`, `is_closed`. Spells of length 0 carry nothing.
    params : ChurnParams
        `interval`, `min_completed_gaps`, `cure_late_share`, `cure_fit_gap`; `max_spells` and `seed`: above it, all spells of a
        seeded share of customers are used.

    Returns
    -------
    DataFrame
        One row per order group: `order_group`, `count_spells`, `count_returns`, `watched_days` (the longest silence that 30
        spells reached), `share_silent` with `share_silent_low` and `share_silent_high` (without an order by then,
        Kaplan-Meier), `share_never` with `share_never_low` and `share_never_high` (cured fraction, at most `share_silent`, and
        its limits at most those of that; NaN unless `answer` is ``told``), `family`, `share_other` (cured fraction by the
        family that fits less well: what hangs on the form), `late_share` (of those who return by the model, the share that
        does so after `watched_days`), `gap_share` (largest
        distance between the model and Kaplan-Meier), `answer`: ``told``; ``too_few`` (returns fewer than
        `min_completed_gaps`, or open spells fewer than 30); ``too_short`` (`late_share` above `cure_late_share`: the never and the
        not yet cannot be told apart); ``poor_fit`` (`gap_share` above `cure_fit_gap`).
    """
    sample = sample_customers(spells, params.max_spells, params.seed)
    used = sample[sample["duration_days"] > 0]
    group = label_order_group(used["order_number"])
    rows = [_tell_group(name, used[group == name], params) for name in ORDER_GROUPS]
    return pd.DataFrame(rows, columns=COLUMNS)


def _tell_group(name: str, spells: pd.DataFrame, params: ChurnParams) -> dict[str, object]:
    duration = spells["duration_days"].to_numpy(dtype=float)
    closed = spells["is_closed"].to_numpy(dtype=bool)
    row: dict[str, object] = {"order_group": name, "count_spells": len(spells), "count_returns": int(closed.sum()), "answer": TOO_FEW}
    if closed.sum() < params.min_completed_gaps or (~closed).sum() < _MIN_AT_RISK:
        return row
    watched = float(np.sort(duration)[-_MIN_AT_RISK])
    curve = estimate(duration, closed)
    silent = curve.at([watched])
    low, high = log_log_interval(silent, clustered_variance(curve, spells)([watched]), params.interval)
    customer = pd.factorize(spells["customer_id"])[0]
    fit, other = sorted((fit_cure(duration, closed, customer, family) for family in (WEIBULL, LOG_NORMAL)), key=lambda f: -f.log_likelihood)
    seen = curve.days[curve.days <= watched]
    gap = float(np.abs(curve.at(seen) - fit.at(seen)).max())
    late = float(fit.waiting(np.array([watched]))[0])
    answer = TOO_SHORT if late > params.cure_late_share else POOR_FIT if gap > params.cure_fit_gap else TOLD
    row |= {"watched_days": watched, "share_silent": silent[0], "share_silent_low": low[0], "share_silent_high": high[0]}
    row |= {"family": fit.family, "late_share": late, "gap_share": gap, "answer": answer}
    if answer == TOLD:
        # nobody silent for good orders before: what the form says beyond the share silent by then is its misfit
        least, most = fit.interval(params.interval)
        row |= {"share_never": min(fit.never, silent[0]), "share_other": min(other.never, silent[0])}
        row |= {"share_never_low": min(least, low[0]), "share_never_high": min(most, high[0])}
    return row


def _waiting(family: str, theta: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of Su and its derivatives by the two parameters of the family, one row a day."""
    if family == WEIBULL:
        shape = np.exp(theta[2])
        log_z = shape * (np.log(days) - theta[1])
        z = np.exp(np.minimum(log_z, 700.0))
        return -z, np.column_stack([shape * z, -z * log_z])
    w = (np.log(days) - theta[1]) / np.exp(theta[2])
    log_survival = log_ndtr(-w)
    mills = np.exp(-0.5 * w * w - 0.5 * np.log(2 * np.pi) - log_survival)
    return log_survival, np.column_stack([mills / np.exp(theta[2]), mills * w])


def _log_likelihood(family: str, theta: np.ndarray, days: np.ndarray, ended: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log likelihood of each row and its derivatives by `theta`."""
    cured = expit(theta[0])
    log_cured, log_uncured = log_expit(theta[0]), log_expit(-theta[0])
    log_waiting, by_shape = _waiting(family, theta, days)
    if family == WEIBULL:
        shape = np.exp(theta[2])
        log_z = shape * (np.log(days) - theta[1])
        z = -log_waiting
        density = theta[2] - np.log(days) + log_z - z
        of_density = np.column_stack([shape * (z - 1), 1 + log_z * (1 - z)])
    else:
        w = (np.log(days) - theta[1]) / np.exp(theta[2])
        density = -0.5 * w * w - 0.5 * np.log(2 * np.pi) - theta[2] - np.log(days)
        of_density = np.column_stack([w / np.exp(theta[2]), w * w - 1])
    survival = np.logaddexp(log_cured, log_uncured + log_waiting)
    weight = np.exp(log_uncured + log_waiting - survival)
    value = np.where(ended, log_uncured + density, survival)
    of_cure = np.where(ended, -cured, cured * np.exp(log_uncured - survival) * -np.expm1(log_waiting))
    of_family = np.where(ended[:, None], of_density, weight[:, None] * by_shape)
    return value, np.column_stack([of_cure, of_family])
