"""Do groups of spells differ? Log-rank tests, corrected for their number and for repeated customers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from analysis.history.multiplicity import adjust_holm

_COLUMNS = ["group_a", "group_b", "chi_square", "degrees", "p_naive", "p_clustered", "p_adjusted"]


def compare_groups(spells: pd.DataFrame, by: str) -> pd.DataFrame:
    """All groups at once, then every pair.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `duration_days`, `is_closed` and the column `by`.
    by : str
        Column of groups, known when the spell began.

    Returns
    -------
    DataFrame
        First row: the overall test (`group_a` and `group_b` are None); then one row per pair. `chi_square`, `degrees`
        and `p_naive` of the log-rank test (Mantel 1966), which takes spells as independent; `p_clustered` of the same
        score with each customer's spells summed first (Lin & Wei 1989); `p_adjusted`, the clustered p-values of the
        pairs by Holm (1979), NaN in the first row. Empty with fewer than two groups.
    """
    rows = spells.dropna(subset=[by])
    groups = sorted(rows[by].unique(), key=str)
    if len(groups) < 2:
        return pd.DataFrame(columns=_COLUMNS)
    overall = (None, None, *_score(rows, by))
    pairs = [(str(a), str(b), *_score(rows[rows[by].isin([a, b])], by)) for a, b in combinations(groups, 2)]
    table = pd.DataFrame([overall, *pairs], columns=_COLUMNS[:-1])
    table["p_adjusted"] = [np.nan, *adjust_holm(table["p_clustered"].to_numpy()[1:])]
    return table


def _score(spells: pd.DataFrame, by: str) -> tuple[float, int, float, float]:
    """Log-rank chi-square, degrees of freedom, its p-value, and the p-value clustered by customer."""
    group = pd.factorize(spells[by], sort=True)[0]
    member = np.eye(group.max() + 1)[group]
    duration = spells["duration_days"].to_numpy(dtype=float)
    closed = spells["is_closed"].to_numpy(dtype=bool)
    days, step = np.unique(duration[closed], return_inverse=True)
    degrees = member.shape[1] - 1
    if len(days) == 0:
        return float("nan"), degrees, float("nan"), float("nan")
    last = np.searchsorted(days, duration, side="right")
    ends = np.zeros((len(days) + 1, member.shape[1]))
    np.add.at(ends, last, member)
    at_risk = ends[::-1].cumsum(axis=0)[::-1][1:]
    total = at_risk.sum(axis=1)
    events = np.bincount(step, minlength=len(days)).astype(float)
    share = at_risk / total[:, None]
    hazard = events / total
    expected = np.vstack([np.zeros(member.shape[1]), (share * hazard[:, None]).cumsum(axis=0)])[last]
    mass = np.concatenate(([0.0], hazard.cumsum()))[last]
    influence = expected - member * mass[:, None]
    influence[closed] += member[closed] - share[step]
    observed_less_expected = influence.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(total > 1, events * (total - events) / (total - 1), 0.0)
    naive = np.diag((share * weight[:, None]).sum(axis=0)) - (share * weight[:, None]).T @ share
    customer = pd.factorize(spells["customer_id"])[0]
    summed = np.column_stack([np.bincount(customer, weights=column) for column in influence.T])
    chi_square = _quadratic(observed_less_expected, naive)
    clustered = _quadratic(observed_less_expected, summed.T @ summed)
    return chi_square, degrees, float(chdtrc(degrees, chi_square)), float(chdtrc(degrees, clustered))


def _quadratic(score: np.ndarray, covariance: np.ndarray) -> float:
    """Score' inverse(covariance) score over all groups but the last (their scores sum to zero)."""
    return float(score[:-1] @ np.linalg.pinv(covariance[:-1, :-1], hermitian=True) @ score[:-1])
