"""Why contracts end: competing reasons, each with its own share of all contracts (Aalen & Johansen 1978).

One minus the curve of a single reason would pretend that the other reasons did not exist; here the shares of all
reasons and of those that last add up to one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.churn.contract_curves import MARKS, fit_curve
from analysis.churn.groups import UNKNOWN, tidy_levels
from analysis.contracts import Missing
from analysis.params import ContractParams


def count_reasons(contracts: pd.DataFrame, params: ContractParams) -> pd.DataFrame | Missing | None:
    """Share of contracts that have ended for each reason by stated tenures.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract: `entry_months`, `tenure_months`, `is_ended`, `end_reason`.

    Returns
    -------
    DataFrame, Missing or None
        One row per reason, the most frequent first (ends without one are ``unknown``): `reason`, `count_ended`, and for each
        m of `MARKS` within the data `ended_m` with `ended_m_low` and `ended_m_high` (variance as in Marubini & Valsecchi 1995,
        section 10.3; log-log limits). Missing where the source names no reasons, None where no contract ended.
    """
    ended = contracts["is_ended"]
    if not ended.any():
        return None
    if contracts.loc[ended, "end_reason"].isna().all():
        return Missing("contracts", ("end_reason",), ("C13",))
    reason = tidy_levels(contracts["end_reason"].where(ended, UNKNOWN), params.max_groups + 1).astype(str)
    curve = fit_curve(contracts, params.min_at_risk)
    marks = [mark for mark in MARKS if (contracts["tenure_months"] >= mark).any()]
    rows = []
    for name, count in reason[ended].value_counts().items():
        own = (reason == name).to_numpy() & ended.to_numpy()
        events = np.zeros(len(curve.days))
        times, counts = np.unique(contracts["tenure_months"].to_numpy()[own], return_counts=True)
        known = np.isin(times, curve.days)
        events[np.searchsorted(curve.days, times[known])] = counts[known]
        row: dict[str, object] = {"reason": name, "count_ended": int(count)}
        for mark in marks:
            share, low, high = _incidence(curve.days, curve.at_risk, curve.events, events, mark, params.interval)
            row |= {f"ended_{mark}": share, f"ended_{mark}_low": low, f"ended_{mark}_high": high}
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["count_ended", "reason"], ascending=[False, True], ignore_index=True)


def _incidence(
    times: np.ndarray, at_risk: np.ndarray, events: np.ndarray, own: np.ndarray, month: float, interval: float
) -> tuple[float, float, float]:
    """Share that has ended for the own reason by the end of `month`, and its limits."""
    until = int(np.searchsorted(times, month, side="right"))
    n, d, e = at_risk[:until], events[:until], own[:until]
    if not e.any():
        return 0.0, 0.0, float("nan")
    before = np.concatenate(([1.0], np.cumprod(1 - d / n)[:-1]))
    steps = before * e / n
    reached = np.cumsum(steps)
    share, left = float(reached[-1]), reached[-1] - reached
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(n > d, left**2 * d / (n * (n - d)), 0.0)
    variance = (first + before**2 * e * (n - e) / n**3 - 2 * left * before * e / n**2).sum()
    if not 0 < share < 1 or variance <= 0:
        return share, share, share
    half = ndtri(0.5 + interval / 2) * np.sqrt(variance) / (share * np.log(share))
    limits = sorted((share ** np.exp(half), share ** np.exp(-half)))
    return share, float(limits[0]), float(limits[1])
