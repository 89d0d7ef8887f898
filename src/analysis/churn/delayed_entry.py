"""Cox's partial likelihood where rows come under observation late (counting process: entry, exit, event).

lifelines fits the same model, and the tests hold this one to it. It is written out because lifelines has no residuals
for late entries, without which proportional hazards cannot be tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc
from scipy.stats import rankdata

MAX_STEPS = 50
CLOSE = 1e-9


@dataclass(frozen=True)
class LateFit:
    """A fitted model.

    Attributes
    ----------
    beta, covariance : array
        Log hazard ratios, and the inverse of the observed information.
    log_likelihood : float
        Efron's (1977) partial log likelihood, less the prior's part.
    residuals : array
        Schoenfeld's: one row per event, covariates less their risk-weighted mean at that time.
    times : array
        Time of each event, in the order of `residuals`.
    """

    beta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    residuals: np.ndarray
    times: np.ndarray


def fit_late(x: np.ndarray, entry: np.ndarray, until: np.ndarray, is_event: np.ndarray, spread: float = np.inf) -> LateFit:
    """Fit by Newton's method, halving steps that do not help.

    Parameters
    ----------
    x : array
        One row per spell under observation, one column per covariate.
    entry, until : array
        At risk at t: ``entry < t <= until``.
    is_event : array of bool
        Whether the spell ended at `until`.
    spread : float
        Standard deviation of a normal prior on every log ratio (a ridge): a level at which nothing has ended yet gets a small ratio
        instead of none. Infinite: maximum likelihood.

    Raises
    ------
    ValueError
        No maximum was found: a covariate separates the ended from the others, or repeats others.
    """
    centre = x.mean(axis=0)
    rows = _Rows(x - centre, entry, until, is_event)
    prior = np.eye(x.shape[1]) / spread**2

    def evaluate(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        value, score, information, residuals = rows.evaluate(beta)
        return value - float(beta @ prior @ beta) / 2, score - prior @ beta, information + prior, residuals

    beta = np.zeros(x.shape[1])
    now = evaluate(beta)
    for _ in range(MAX_STEPS):
        try:
            step = np.linalg.solve(now[2], now[1])
        except np.linalg.LinAlgError:
            raise ValueError("the covariates repeat each other") from None
        size = 1.0
        then = evaluate(beta + step)
        while then[0] < now[0] - CLOSE and size > CLOSE:
            size /= 2
            then = evaluate(beta + size * step)
        beta, gain, now = beta + size * step, then[0] - now[0], then
        if abs(gain) < CLOSE and np.abs(now[1]).max(initial=0.0) < 1e-5:
            return LateFit(beta, np.linalg.inv(now[2]), now[0], now[3], rows.event_times)
    raise ValueError("the partial likelihood has no maximum: a covariate tells all the ended from all the others")


def check_late(fit: LateFit) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Does a ratio drift with time? Grambsch & Therneau (1994) with time by rank.

    Returns
    -------
    tuple of array
        Chi-square with one degree of freedom, its p-value, and the correlation of scaled residuals with the rank of time.
    """
    rank = rankdata(fit.times) - (len(fit.times) + 1) / 2
    scaled = len(fit.times) * fit.residuals @ fit.covariance
    along = rank @ scaled
    spread = float(rank @ rank)
    chi_square = along**2 / (len(fit.times) * np.diag(fit.covariance) * spread) if spread else np.zeros(scaled.shape[1])
    size = np.sqrt(((scaled - scaled.mean(axis=0)) ** 2).sum(axis=0) * spread)
    return chi_square, chdtrc(1, chi_square), np.divide(along, size, out=np.zeros_like(along), where=size > 0)


class _Rows:
    """Rows in the order of their ends, and which event times each is at risk at."""

    def __init__(self, x: np.ndarray, entry: np.ndarray, until: np.ndarray, is_event: np.ndarray):
        event = np.asarray(is_event, dtype=bool)
        self.times = np.unique(until[event])
        self.x = np.asarray(x, dtype=float)
        count = len(self.times)
        leaves = np.searchsorted(self.times, until, side="right")  # at risk at times[enters:leaves]
        enters = np.searchsorted(self.times, entry, side="right")
        # a row adds to every time before `leaves`, and is taken away from every time before `enters`
        self.out = [np.flatnonzero(leaves == number) for number in range(1, count + 1)]
        self.late = [np.flatnonzero(enters == number) for number in range(1, count + 1)]
        place = np.searchsorted(self.times, until)
        self.events = [np.flatnonzero(event & (place == number)) for number in range(count)]
        self.event_times = np.repeat(self.times, [len(rows) for rows in self.events])

    def evaluate(self, beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        """Log likelihood, score, information and Schoenfeld residuals."""
        linear = self.x @ beta
        risk = np.exp(np.clip(linear, -700, 700))
        width = self.x.shape[1]
        total, first, second = 0.0, np.zeros(width), np.zeros((width, width))
        log_likelihood, score, information = 0.0, np.zeros(width), np.zeros((width, width))
        residuals = []
        for number in range(len(self.times) - 1, -1, -1):
            for rows, sign in ((self.out[number], 1.0), (self.late[number], -1.0)):
                if len(rows):
                    weight = sign * risk[rows]
                    total += weight.sum()
                    first += weight @ self.x[rows]
                    second += (self.x[rows] * weight[:, None]).T @ self.x[rows]
            ended = self.events[number]
            own, fraction = risk[ended], np.arange(len(ended)) / len(ended)
            share = 1.0 / (total - fraction * own.sum())
            mean = (first[None, :] - np.outer(fraction, own @ self.x[ended])) * share[:, None]
            log_likelihood += linear[ended].sum() + np.log(share).sum()
            score += self.x[ended].sum(axis=0) - mean.sum(axis=0)
            tied = (self.x[ended] * own[:, None]).T @ self.x[ended]
            information += second * share.sum() - tied * (fraction * share).sum() - mean.T @ mean
            residuals.append(self.x[ended] - mean.mean(axis=0))
        return float(log_likelihood), score, information, np.vstack(residuals[::-1])
