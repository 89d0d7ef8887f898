"""What goes with a quicker or slower next order: a Cox model of spells, its test, and the answer to a failed test.

Hazard here is the chance of ordering today for who has been silent until now: a ratio above 1 means a quicker return.
"Associated with", never "causes".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtri

from analysis.churn.covariates import Term, build_covariates
from analysis.churn.groups import label_order_group
from analysis.churn.kaplan_meier import estimate
from analysis.churn.partial_likelihood import CoxError, CoxFit, check_proportionality, check_proportionality_clustered, fit_cox, rank_days
from analysis.history.multiplicity import adjust_holm
from analysis.params import ChurnParams

WINDOW_QUANTILES = (1 / 3, 2 / 3)
NONE, WINDOWS, STRATA = "none", "windows", "strata"
RATIO_COLUMNS = [
    "covariate",
    "level",
    "reference",
    "unit",
    "from_days",
    "to_days",
    "hr",
    "low",
    "high",
    "p",
    "count_spells",
    "count_returns",
    "holds",
]
TEST_COLUMNS = [
    "stage",
    "covariate",
    "level",
    "from_days",
    "to_days",
    "transform",
    "chi_square",
    "p_naive",
    "p_clustered",
    "p_adjusted",
    "drift",
    "answer",
]


@dataclass(frozen=True)
class CoxStory:
    """Finished tables of the Cox section.

    Attributes
    ----------
    hazard_ratios : DataFrame
        One row per term and window of silence: `covariate`, `level`, `reference`, `unit`, `from_days` (exclusive),
        `to_days` (inclusive; NaN: open), `hr` with `low` and `high` (errors clustered by customer), `p`,
        `count_spells`, `count_returns` (in the window), `holds` (False: the ratio still drifts within the window, so that
        the row is an average from the model before the covariate became a stratum).
    tests : DataFrame
        One row per `stage` (``before``, ``after``), term, window and `transform` of time (``rank``, ``km``):
        `chi_square` and `p_naive` (Grambsch & Therneau), `p_clustered` (customers' spells summed first), `p_adjusted`
        (the latter, Holm over the stage), `drift` (correlation of residuals with time), `answer`
        (``none``, ``windows``: own ratio per window, ``strata``: own baseline instead of a ratio).
    facts : dict
        `count_spells`, `count_returns`, `count_customers`, `is_sample`, `log_likelihood`, `cuts` (days).
    """

    hazard_ratios: pd.DataFrame
    tests: pd.DataFrame
    facts: dict[str, object]


def tell_cox(spells: pd.DataFrame, params: ChurnParams) -> CoxStory | None:
    """Fit, test proportional hazards, answer failures, refit and test again.

    Strata are the order groups (after the first, second, later orders), so that each has its own baseline. A covariate
    whose ratio drifts (Schoenfeld test at `hazard_test_level`, Holm) gets one ratio per window of silence, cut at the thirds of
    completed gaps: silence of the windows never overlaps, so that splitting spells there and giving each window its own
    stratum is exact. One that still drifts within a window, and by more than `hazard_small_drift` (with thousands of
    spells any trifle is significant), becomes a stratum itself, quantities by quarters.

    Parameters
    ----------
    spells : DataFrame
        One row per spell with the columns of `build_covariates`; spells of length 0 carry no information and are left
        out, as are those of unsampled customers above `params.max_spells` (a seeded hash of `customer_id`).
    params : ChurnParams
        `max_spells`, `seed`, `interval`, `hazard_test_level`, `hazard_small_drift`.

    Returns
    -------
    CoxStory or None
        None where nothing varies, or too few returns (10 a covariate) carry a model.
    """
    sample = sample_customers(spells, params.max_spells, params.seed)
    sample = sample[sample["duration_days"] > 0].reset_index(drop=True)
    terms, x = build_covariates(sample)
    if not terms or int(sample["is_closed"].sum()) < 10 * len(terms):
        return None
    closed_days = sample.loc[sample["is_closed"], "duration_days"].to_numpy()
    cuts = sorted({int(q) for q in np.quantile(closed_days, WINDOW_QUANTILES)} - {0})
    answers = dict.fromkeys([term.covariate for term in terms], NONE)
    try:
        model = _Model(sample, terms, x, answers, cuts)
        before = _test(model, "before")
        answers |= dict.fromkeys(_failing(before, params.hazard_test_level, 0.0), WINDOWS)
        averages = pd.DataFrame(columns=RATIO_COLUMNS)
        after = before.assign(stage="after")
        if WINDOWS in answers.values():
            model = _Model(sample, terms, x, answers, cuts)
            after = _test(model, "after")
            still = _failing(after, params.hazard_test_level, params.hazard_small_drift)
            worse = [name for name in still if answers[name] == WINDOWS]
            if still and set(worse) < set(answers):
                averages = model.hazard_ratios(params.interval, holds=False).query("covariate in @worse")
                answers |= {name: STRATA if name in worse else WINDOWS for name in still}
                model = _Model(sample, terms, x, answers, cuts)
                after = _test(model, "after")
    except CoxError:
        return None
    ratios = model.hazard_ratios(params.interval)
    place = [term.covariate for term in terms]
    if len(averages):
        ratios = pd.concat([ratios, averages], ignore_index=True).sort_values("covariate", key=lambda c: c.map(place.index), kind="stable")
    tests = pd.concat([before, after], ignore_index=True).assign(answer=lambda t: t["covariate"].map(answers))
    facts: dict[str, object] = {
        "count_spells": len(sample),
        "count_returns": len(closed_days),
        "count_customers": int(sample["customer_id"].nunique()),
        "is_sample": len(spells) > params.max_spells,
        "log_likelihood": model.fit.log_likelihood,
        "cuts": tuple(cuts),
    }
    return CoxStory(ratios.reset_index(drop=True), tests[TEST_COLUMNS], facts)


def sample_customers(spells: pd.DataFrame, max_spells: int, seed: int) -> pd.DataFrame:
    """All spells of a seeded share of customers, about `max_spells` of them; a customer's place never depends on others."""
    if len(spells) <= max_spells:
        return spells
    hashed = pd.util.hash_array(spells["customer_id"].to_numpy(dtype=object), hash_key=f"{seed % 10**16:016d}", categorize=True)
    return spells[hashed / 2.0**64 < max_spells / len(spells)]


class _Model:
    """Spells cut into windows, covariates spread over them, and the fit."""

    def __init__(self, spells: pd.DataFrame, terms: list[Term], x: np.ndarray, answers: dict[str, str], cuts: list[int]):
        edges = [0, *cuts] if WINDOWS in answers.values() else [0]
        duration = spells["duration_days"].to_numpy(dtype=float)
        closed = spells["is_closed"].to_numpy(dtype=bool)
        pieces = [np.flatnonzero(duration > edge) for edge in edges]
        row = np.concatenate(pieces)
        window = np.concatenate([np.full(len(piece), i) for i, piece in enumerate(pieces)])
        ends = np.array([*edges[1:], np.inf])
        self.days = np.minimum(duration[row], ends[window])
        self.closed = closed[row] & (duration[row] <= ends[window])
        self.window = window
        self.terms: list[tuple[Term, int | None]] = []
        columns = []
        strata = [pd.factorize(label_order_group(spells["order_number"]))[0][row], window]
        for term, values in zip(terms, x.T, strict=True):
            answer = answers[term.covariate]
            if answer == STRATA:
                strata.append(_bins(values)[row] if term.unit == "doubling" else values[row].astype(int))
                continue
            for i in range(len(edges)) if answer == WINDOWS else (None,):
                column = values[row] if i is None else np.where(window == i, values[row], 0.0)
                if np.ptp(column) > 0:
                    self.terms.append((term, i))
                    columns.append(column)
        self.bounds = list(zip(edges, ends, strict=True))
        stratum = np.zeros(len(row), dtype=np.int64)
        for codes in strata:
            stratum = stratum * (int(codes.max()) + 1) + codes
        customer = pd.factorize(spells["customer_id"])[0][row]
        if not columns:
            raise CoxError("every covariate became a stratum; no ratio is left")
        self.fit: CoxFit = fit_cox(np.column_stack(columns), self.days, self.closed, stratum, customer)

    def event_windows(self) -> np.ndarray:
        """Window of each event, in the order of the fit's residuals."""
        inner = np.array([low for low, _ in self.bounds[1:]])
        return np.searchsorted(inner, self.fit.event_days, side="left")

    def hazard_ratios(self, interval: float, holds: bool = True) -> pd.DataFrame:
        """Table of ratios with clustered intervals."""
        z = ndtri(0.5 + interval / 2)
        error = np.sqrt(np.diag(self.fit.clustered))
        rows = []
        for (term, i), beta, se in zip(self.terms, self.fit.beta, error, strict=True):
            inside = np.ones(len(self.days), bool) if i is None else self.window == i
            low, high = (0, np.nan) if i is None else self.bounds[i]
            rows.append((
                term.covariate, term.level, term.reference, term.unit, low, high if np.isfinite(high) else np.nan,
                np.exp(beta), np.exp(beta - z * se), np.exp(beta + z * se), float(chdtrc(1, (beta / se) ** 2)),
                int((inside & (self.window == (i or 0))).sum()), int((self.closed & inside).sum()), holds,
            ))  # fmt: skip
        return pd.DataFrame(rows, columns=RATIO_COLUMNS)


def _test(model: _Model, stage: str) -> pd.DataFrame:
    """Schoenfeld tests of every term, against ranks and against one less Kaplan-Meier survival."""
    windows = model.event_windows()
    used = np.column_stack([np.ones(len(windows), bool) if i is None else windows == i for _, i in model.terms])
    curve = estimate(model.fit.event_days, np.ones(len(windows), bool)) if len(model.bounds) > 1 else estimate(model.days, model.closed)
    times = {"rank": rank_days(model.fit.event_days), "km": 1 - curve.at(model.fit.event_days)}
    rows = []
    for transform, time in times.items():
        chi_square, naive, drift = check_proportionality(model.fit, time, used)
        found_for = zip(model.terms, chi_square, naive, check_proportionality_clustered(model.fit, time), drift, strict=True)
        for (term, i), *found in found_for:
            low, high = (0, np.inf) if i is None else model.bounds[i]
            rows.append((stage, term.covariate, term.level, low, high if np.isfinite(high) else np.nan, transform, *found))
    table = pd.DataFrame(
        rows, columns=["stage", "covariate", "level", "from_days", "to_days", "transform", "chi_square", "p_naive", "p_clustered", "drift"]
    )
    return table.assign(p_adjusted=adjust_holm(table["p_clustered"].to_numpy()))


def _failing(tests: pd.DataFrame, level: float, least_drift: float) -> list[str]:
    bad = tests[(tests["p_adjusted"] < level) & (tests["drift"].abs() >= least_drift)]
    return sorted(set(bad["covariate"]))


def _bins(values: np.ndarray) -> np.ndarray:
    """Quarters of a quantity, as codes."""
    return np.searchsorted(np.unique(np.quantile(values, (0.25, 0.5, 0.75))), values, side="right")
