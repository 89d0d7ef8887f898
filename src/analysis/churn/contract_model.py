"""The chance that a contract ends, given how long it has lasted and what is known of it: a Cox model on tenure.

A ratio that drifts with tenure is answered with one ratio for each of two windows of tenure, cut at the median tenure at
an end: windows do not overlap, so splitting contracts there is exact. With too few ended contracts the model is the
curve of all contracts together, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.churn.contract_terms import Design, choose_terms
from analysis.churn.covariates import Term
from analysis.churn.delayed_entry import LateFit, check_late, fit_late
from analysis.history.multiplicity import adjust_holm
from analysis.params import ContractParams

COX, CURVE = "cox", "curve"
BEFORE, AFTER = "before", "after"
NONE, WINDOWS, REMAINS = "none", "windows", "remains"
_NODES = (-np.sqrt(3.0), 0.0, np.sqrt(3.0))
_WEIGHTS = (1 / 6, 2 / 3, 1 / 6)
"""Three points that have a normal distribution's first five moments."""


@dataclass(frozen=True)
class EndModel:
    """A fitted model of contracts' ends.

    Attributes
    ----------
    kind : str
        ``cox``, or ``curve`` where too few contracts ended for covariates.
    design : Design
        The terms.
    drifting : tuple of int
        Positions of the terms that have a ratio of their own in each window.
    cut : float
        Tenure (months) at which the second window begins, exclusive.
    beta, covariance : array
        Log ratios: terms that hold, then drifting ones in the first window, then in the second.
    months, hazard : array
        Tenures at which contracts ended, and the baseline's cumulative hazard there (Breslow 1972).
    longest, tail : float
        Longest tenure on record, and the baseline's hazard a month that is held beyond it.
    count_contracts, count_ended : int
        What it was fitted to.
    tests : DataFrame
        One row per stage (``before`` and ``after`` the answer) and term: `stage`, `covariate`, `level`, `window`, `chi_square`,
        `p_value`, `p_adjusted` (Holm), `drift` (correlation of scaled residuals with the rank of tenure), `answer`.
    """

    kind: str
    design: Design
    drifting: tuple[int, ...]
    cut: float
    beta: np.ndarray
    covariance: np.ndarray
    months: np.ndarray
    hazard: np.ndarray
    longest: float
    tail: float
    count_contracts: int
    count_ended: int
    tests: pd.DataFrame = field(default_factory=pd.DataFrame)

    def survive(self, contracts: pd.DataFrame, ahead: np.ndarray, params: ContractParams) -> np.ndarray:
        """`outlast` for running contracts: one row per contract with `tenure_months` and the columns of its terms."""
        return self.outlast(self.design.build(contracts, params), contracts["tenure_months"].to_numpy(dtype=float), ahead)

    def outlast(self, x: np.ndarray, tenure: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Chance that each running contract lasts `ahead` more months, given its tenure.

        The uncertainty of the fitted ratios is averaged over (a predictive chance), so that it is in every interval made of
        these chances; that of the baseline is not.

        Parameters
        ----------
        x, tenure : array
            One row per contract: columns of `design`; months so far.
        ahead : array
            Months from now, ascending.

        Returns
        -------
        array
            One row per contract, one column per entry of `ahead`; falling from left to right.
        """
        total = np.zeros((len(x), len(ahead)))
        pieces = [
            (arrange(x, self.drifting, np.full(len(x), window)), self._between(tenure, ahead, low, high))
            for window, (low, high) in enumerate(((0.0, self.cut), (self.cut, np.inf)))
        ]
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            cumulative = np.zeros_like(total)
            for columns, base in pieces:
                error = np.sqrt(np.einsum("ij,jk,ik->i", columns, self.covariance, columns))
                cumulative += base * np.exp(columns @ self.beta + node * error)[:, None]
            total += weight * np.exp(-cumulative)
        return np.minimum.accumulate(np.clip(total, 0.0, 1.0), axis=1)

    def _between(self, tenure: np.ndarray, ahead: np.ndarray, low: float, high: float) -> np.ndarray:
        """Baseline hazard from today to each point ahead, within a window of tenure."""
        start = np.clip(tenure, low, high)[:, None]
        end = np.clip(tenure[:, None] + np.asarray(ahead, dtype=float)[None, :], low, high)
        return self.cumulate(end) - self.cumulate(start)

    def cumulate(self, months: np.ndarray) -> np.ndarray:
        """The baseline's cumulative hazard at any tenure, in a straight line between ends and beyond the last one."""
        within = np.interp(months, np.concatenate(([0.0], self.months)), np.concatenate(([0.0], self.hazard)))
        return within + np.maximum(np.asarray(months) - self.longest, 0.0) * self.tail


def arrange(x: np.ndarray, drifting: tuple[int, ...], window: np.ndarray) -> np.ndarray:
    """Columns of the model: terms that hold, then the drifting ones in the first window, then in the second."""
    holds = [number for number in range(x.shape[1]) if number not in drifting]
    own = x[:, list(drifting)]
    return np.column_stack([x[:, holds], own * (window == 0)[:, None], own * (window == 1)[:, None]])


@dataclass(frozen=True)
class Sample:
    """Contracts as arrays: tenure at entry and now (months), whether it ended, and the columns of a design."""

    entry: np.ndarray
    tenure: np.ndarray
    ended: np.ndarray
    x: np.ndarray

    @classmethod
    def of(cls, contracts: pd.DataFrame, design: Design, params: ContractParams) -> Sample:
        """Take what a model needs of `contracts` (one row each)."""
        entry, tenure = (contracts[name].to_numpy(dtype=float) for name in ("entry_months", "tenure_months"))
        return cls(entry, tenure, contracts["is_ended"].to_numpy(dtype=bool), design.build(contracts, params))

    def take(self, rows: np.ndarray) -> Sample:
        """Some of the contracts, by mask or position."""
        return Sample(self.entry[rows], self.tenure[rows], self.ended[rows], self.x[rows])

    def split(self, cut: float) -> tuple[Sample, np.ndarray]:
        """What lies in each window of tenure, and which window it is (0 up to `cut`, 1 beyond)."""
        first, second = self.entry < np.minimum(self.tenure, cut), self.tenure > cut
        early, late = self.take(first), self.take(second)
        both = Sample(
            np.concatenate([early.entry, np.maximum(late.entry, cut)]),
            np.concatenate([np.minimum(early.tenure, cut), late.tenure]),
            np.concatenate([early.ended & (early.tenure <= cut), late.ended]),
            np.vstack([early.x, late.x]),
        )
        return both, np.repeat([0, 1], [len(early.entry), len(late.entry)])


def select_seen(contracts: pd.DataFrame) -> pd.DataFrame:
    """Contracts that were watched for any time."""
    return contracts[contracts["tenure_months"] > contracts["entry_months"]].reset_index(drop=True)


def fit_ends(contracts: pd.DataFrame, params: ContractParams) -> EndModel | None:
    """Fit, test proportional hazards, answer failures with windows, fit and test again.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract (history.contracts.build_contracts).

    Returns
    -------
    EndModel or None
        None where no contract ended.
    """
    seen = select_seen(contracts)
    ended = seen["is_ended"].to_numpy(dtype=bool)
    if not ended.any():
        return None
    design = choose_terms(seen, params) if ended.sum() >= params.min_ended else Design(())
    cut = float(np.median(seen["tenure_months"].to_numpy()[ended]))
    sample = Sample.of(seen, design, params)
    if not design.terms:
        return finish(CURVE, design, (), cut, None, sample, params)
    fit = fit_windows(sample, (), cut, params)
    tests = [_test(fit, design, (), cut, params, BEFORE)]
    drifting = tuple(tests[0].index[tests[0]["answer"] == WINDOWS])
    if drifting:
        fit = fit_windows(sample, drifting, cut, params)
        tests.append(_test(fit, design, drifting, cut, params, AFTER))
    return finish(COX, design, drifting, cut, fit, sample, params, pd.concat(tests, ignore_index=True))


def fit_windows(sample: Sample, drifting: tuple[int, ...], cut: float, params: ContractParams) -> LateFit:
    """Fit the columns of `arrange`."""
    rows, window = sample.split(cut) if drifting else (sample, np.zeros(len(sample.entry), dtype=int))
    return fit_late(arrange(rows.x, drifting, window), rows.entry, rows.tenure, rows.ended, params.prior_spread)


def _test(fit: LateFit, design: Design, drifting: tuple[int, ...], cut: float, params: ContractParams, stage: str) -> pd.DataFrame:
    """Proportional hazards, term by term."""
    chi_square, p_values, drift = check_late(fit)
    adjusted = adjust_holm(p_values)
    fails = (adjusted < params.hazard_test_level) & (np.abs(drift) > params.hazard_small_drift)
    terms, windows = label_terms(design, drifting, cut)
    return pd.DataFrame(
        {
            "stage": stage,
            "covariate": [term.covariate for term in terms],
            "level": [term.level for term in terms],
            "window": windows,
            "chi_square": chi_square,
            "p_value": p_values,
            "p_adjusted": adjusted,
            "drift": drift,
            "answer": np.where(fails, WINDOWS if stage == BEFORE else REMAINS, NONE),
        }
    )


def label_terms(design: Design, drifting: tuple[int, ...], cut: float) -> tuple[list[Term], list[str]]:
    """Term and window (months, "" for all tenures) of every column of `arrange`."""
    holds = [term for number, term in enumerate(design.terms) if number not in drifting]
    own = [design.terms[number] for number in drifting]
    return [*holds, *own, *own], [""] * len(holds) + [f"\u2264{cut:.3g}"] * len(own) + [f">{cut:.3g}"] * len(own)


def finish(
    kind: str,
    design: Design,
    drifting: tuple[int, ...],
    cut: float,
    fit: LateFit | None,
    sample: Sample,
    params: ContractParams,
    tests: pd.DataFrame | None = None,
) -> EndModel:
    """Add the baseline's cumulative hazard to what was fitted (None: no terms)."""
    rows, window = sample.split(cut)
    beta = fit.beta if fit else np.empty(0)
    covariance = fit.covariance if fit else np.empty((0, 0))
    risk = np.exp(arrange(rows.x, drifting, window) @ beta)
    months, events = np.unique(rows.tenure[rows.ended], return_counts=True)
    hazard = np.cumsum(events / (_sum_from(rows.tenure, risk, months) - _sum_from(rows.entry, risk, months)))
    longest = float(rows.tenure.max())
    span = min(float(params.tail_months), longest)
    early, last = np.interp([longest - span, longest], np.concatenate(([0.0], months)), np.concatenate(([0.0], hazard)))
    count, ended = len(sample.entry), int(sample.ended.sum())
    tests = pd.DataFrame() if tests is None else tests
    return EndModel(kind, design, drifting, cut, beta, covariance, months, hazard, longest, float(last - early) / span, count, ended, tests)


def average_risk(model: EndModel, sample: Sample) -> np.ndarray:
    """Risk-weighted mean of the columns of `arrange` over the contracts watched at each of `model.months`, one row a month."""
    rows, window = sample.split(model.cut)
    x = arrange(rows.x, model.drifting, window)
    risk = np.exp(x @ model.beta)[:, None]
    both = np.hstack([risk, risk * x])
    sums = _sum_from(rows.tenure, both, model.months) - _sum_from(rows.entry, both, model.months)
    return np.asarray(sums[:, 1:] / sums[:, :1])


def _sum_from(values: np.ndarray, weights: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Sum of the weights (rows) of `values` at or beyond each time."""
    order = np.argsort(values, kind="stable")
    sums = np.concatenate((np.cumsum(weights[order][::-1], axis=0)[::-1], np.zeros((1, *weights.shape[1:]))))
    return sums[np.searchsorted(values[order], times, side="left")]
