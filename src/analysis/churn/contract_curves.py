"""How long contracts last: product-limit curves of tenure, watched from the tenure at which a contract was first seen.

A contract that began before anybody recorded ends is in the data only because it lasted until then. It is counted as at
risk from that tenure on (delayed entry), not from its start: else long contracts would look immortal in their first months.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from scipy.special import chdtrc, chdtri

from analysis.churn.groups import tidy_levels
from analysis.churn.kaplan_meier import ALL, Curve, log_log_interval
from analysis.history.contracts import split_tags
from analysis.history.multiplicity import adjust_holm
from analysis.params import ContractParams

GROUPS = ("contract_type", "plan", "customer_type", "region", "gender", "industry", "acquisition_source")
"""Columns of contracts that may group them, in the order of the page; levels of tags follow."""
MARKS = (12, 24, 36)
"""Months of which a table says how many contracts last so long."""
BANDS = (0, 1, 3, 6, 12, 24, 36, 48, 60, np.inf)
"""Tenures (months, exclusive to inclusive) over which the hazard is averaged: short where it changes quickly."""


def fit_curve(contracts: pd.DataFrame, min_at_risk: int = 1) -> Curve:
    """Share of contracts that last longer than each tenure.

    Parameters
    ----------
    contracts : DataFrame
        One row per contract: `entry_months`, `tenure_months`, `is_ended`.
    min_at_risk : int
        With delayed entry few may be at risk at first: ends before as many are watched are left out, so that the curve is
        of those who last until then.

    Returns
    -------
    Curve
        `days` are months of tenure at which a contract ended. At risk at t: ``entry < t <= tenure``.
    """
    entry, tenure = contracts["entry_months"].to_numpy(dtype=float), contracts["tenure_months"].to_numpy(dtype=float)
    ended = contracts["is_ended"].to_numpy(dtype=bool) & (tenure > entry)
    times, events = np.unique(tenure[ended], return_counts=True)
    at_risk = _count_from(tenure, times) - _count_from(entry, times)
    begins = int(np.argmax(at_risk >= min_at_risk)) if (at_risk >= min_at_risk).any() else len(times)
    times, events, at_risk = times[begins:], events[begins:], at_risk[begins:]
    return Curve(times, at_risk.astype(float), events.astype(float), np.cumprod(1 - events / at_risk) if len(times) else np.empty(0))


def _count_from(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """How many of `values` are at or beyond each time."""
    return len(values) - np.searchsorted(np.sort(values), times, side="left")


def group_contracts(contracts: pd.DataFrame, params: ContractParams) -> dict[str, pd.Series]:
    """Ways of grouping contracts that have at least two groups; rare levels pooled, plain tags as yes and no.

    Returns
    -------
    dict
        Name -> group of each contract (text). Names of tags are those of the data.
    """
    named = {name: contracts[name] for name in GROUPS if contracts[name].notna().any()}
    tags = {name: column for name, column in split_tags(contracts).items() if name not in named and column.dtype == object}
    tidy = {name: tidy_levels(column, params.max_groups).astype(str) for name, column in {**named, **tags}.items()}
    return {name: column for name, column in tidy.items() if len(set(column)) > 1}


def draw_curves(contracts: pd.DataFrame, groups: pd.Series | None, params: ContractParams) -> pd.DataFrame | None:
    """Curves for drawing, month by month; None where no contract ended.

    Returns
    -------
    DataFrame
        One row per group (largest first) and month, up to the longest tenure of the group: `group`, `month`, `survival`,
        `low`, `high` (Greenwood, log-log), `at_risk`.
    """
    parts = []
    for name, rows in _parts(contracts, groups, params):
        curve = fit_curve(rows, params.min_at_risk)
        months = np.arange(0, int(np.floor(rows["tenure_months"].max())) + 1)
        survival = curve.at(months)
        low, high = log_log_interval(survival, curve.greenwood(months), params.interval)
        at_risk = _count_from(rows["tenure_months"].to_numpy(), months) - _count_from(rows["entry_months"].to_numpy(), months)
        at_risk[0] = int((rows["entry_months"] == 0).sum())
        parts.append(pd.DataFrame({"group": name, "month": months, "survival": survival, "low": low, "high": high, "at_risk": at_risk}))
    return pd.concat(parts, ignore_index=True) if parts and contracts["is_ended"].any() else None


def summarise_contracts(contracts: pd.DataFrame, groups: pd.Series | None, params: ContractParams) -> pd.DataFrame:
    """Contracts and how long they last.

    Returns
    -------
    DataFrame
        One row per group, largest first: `group`, `count_contracts`, `count_ended`, `median_months` with `median_low` and
        `median_high` (NaN: half never ended within the data), and for each m of `MARKS` `lasting_m` with `lasting_m_low`
        and `lasting_m_high` (NaN where no contract was watched for so long).
    """
    rows = []
    for name, part in _parts(contracts, groups, params):
        curve = fit_curve(part, params.min_at_risk)
        low, high = log_log_interval(curve.survival, curve.greenwood(curve.days), params.interval)
        row: dict[str, object] = {"group": name, "count_contracts": len(part), "count_ended": int(part["is_ended"].sum())}
        row |= {key: _first(curve.days, values) for key, values in zip(_MEDIANS, (curve.survival, low, high), strict=True)}
        for mark in MARKS:
            watched = bool((part["tenure_months"] >= mark).any())
            at = curve.at([mark])
            limits = log_log_interval(at, curve.greenwood([mark]), params.interval)
            row |= {
                f"lasting_{mark}{end}": float(v[0]) if watched else np.nan
                for end, v in zip(("", "_low", "_high"), (at, *limits), strict=True)
            }
        rows.append(row)
    return pd.DataFrame(rows)


_MEDIANS = ("median_months", "median_low", "median_high")


def _first(times: np.ndarray, survival: np.ndarray) -> float:
    below = np.flatnonzero(survival <= 0.5)
    return float(times[below[0]]) if len(below) else float("nan")


def compare_curves(contracts: pd.DataFrame, params: ContractParams) -> pd.DataFrame | None:
    """Log-rank tests with delayed entry (Mantel 1966), corrected for their number; None without groups or ends.

    Returns
    -------
    DataFrame
        For every way of grouping one row over all groups (`group_a`, `group_b` are None), then one per pair: `by`, `group_a`,
        `group_b`, `chi_square`, `degrees`, `p_value`, `p_adjusted` (Holm 1979 over all rows of the table).
    """
    rows = []
    for by, column in group_contracts(contracts, params).items():
        labels = [name for name, _ in _parts(contracts, column, params)]
        every = [tuple(labels)] if len(labels) > 1 else []
        for chosen in [*every, *(combinations(labels, 2) if len(labels) > 2 else [])]:
            chi_square = _log_rank(contracts, column, chosen)
            pair = chosen if chosen != tuple(labels) or len(labels) == 2 else (None, None)
            rows.append((by, *pair, chi_square, len(chosen) - 1, float(chdtrc(len(chosen) - 1, chi_square))))
    if not rows or not contracts["is_ended"].any():
        return None
    table = pd.DataFrame(rows, columns=["by", "group_a", "group_b", "chi_square", "degrees", "p_value"])
    return table.assign(p_adjusted=adjust_holm(table["p_value"].to_numpy()))


def _log_rank(contracts: pd.DataFrame, groups: pd.Series, chosen: Sequence[str]) -> float:
    parts = [contracts[(groups == name).to_numpy()] for name in chosen]
    whole = pd.concat(parts)
    times = fit_curve(whole).days
    ends, risk = [], []
    for part in parts:
        entry, tenure = part["entry_months"].to_numpy(dtype=float), part["tenure_months"].to_numpy(dtype=float)
        own, counts = np.unique(tenure[part["is_ended"].to_numpy(dtype=bool) & (tenure > entry)], return_counts=True)
        d = np.zeros(len(times))
        d[np.searchsorted(times, own)] = counts
        ends.append(d)
        risk.append(_count_from(tenure, times) - _count_from(entry, times))
    d, n = np.array(ends, dtype=float), np.array(risk, dtype=float)
    total, events = n.sum(axis=0), d.sum(axis=0)
    share = n / total
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(total > 1, events * (total - events) / (total - 1), 0.0)
    score = (d - share * events).sum(axis=1)[:-1]
    covariance = (np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T)[:-1, :-1]
    return float(score @ np.linalg.pinv(covariance, hermitian=True) @ score)


def rate_hazard(contracts: pd.DataFrame, params: ContractParams) -> pd.DataFrame | None:
    """Ends for each month that a contract was watched, by tenure; None where no contract ended.

    Returns
    -------
    DataFrame
        One row per band of tenure that anybody was watched in: `band` (months, such as ``13-24``), `numerator` (contracts
        that ended in it), `denominator` (contract-months watched in it), `rate_month` with `rate_month_low` and
        `rate_month_high` (exact Poisson limits, Garwood 1936).
    """
    entry, tenure = contracts["entry_months"].to_numpy(dtype=float), contracts["tenure_months"].to_numpy(dtype=float)
    ended = contracts["is_ended"].to_numpy(dtype=bool) & (tenure > entry)
    rows = []
    for low, high in pairwise(BANDS):
        watched = float(np.clip(np.minimum(tenure, high) - np.maximum(entry, low), 0, None).sum())
        ends = int((ended & (tenure > low) & (tenure <= high)).sum())
        if watched > 0:
            label = f"{low + 1:g}+" if high == np.inf else f"{high:g}" if high - low == 1 else f"{low + 1:g}\u2013{high:g}"
            rows.append((label, ends, watched, ends / watched, *_garwood(ends, watched, params.interval)))
    columns = ["band", "numerator", "denominator", "rate_month", "rate_month_low", "rate_month_high"]
    return pd.DataFrame(rows, columns=columns) if ended.any() else None


def _garwood(ends: int, watched: float, interval: float) -> tuple[float, float]:
    tail = (1 - interval) / 2
    low = chdtri(2 * ends, 1 - tail) / 2 if ends else 0.0
    return float(low / watched), float(chdtri(2 * ends + 2, tail) / 2 / watched)


def _parts(contracts: pd.DataFrame, groups: pd.Series | None, params: ContractParams) -> list[tuple[str, pd.DataFrame]]:
    """Groups of at least `min_group` contracts, the largest first."""
    if groups is None:
        return [(ALL, contracts)] if len(contracts) else []
    counts = groups.value_counts()
    names = sorted((name for name, count in counts.items() if count >= params.min_group), key=lambda name: (-counts[name], str(name)))
    return [(str(name), contracts[(groups == name).to_numpy()]) for name in names]


def choose_grouping(contracts: pd.DataFrame, params: ContractParams) -> str | None:
    """The grouping that is drawn: the first of `group_contracts` with two groups large enough; None without one."""
    for name, groups in group_contracts(contracts, params).items():
        if len(_parts(contracts, groups, params)) > 1:
            return name
    return None


def draw_main_curves(contracts: pd.DataFrame, params: ContractParams) -> pd.DataFrame | None:
    """`draw_curves` of the grouping that `choose_grouping` chooses."""
    name = choose_grouping(contracts, params)
    return draw_curves(contracts, None if name is None else group_contracts(contracts, params)[name], params)


def summarise_groups(contracts: pd.DataFrame, params: ContractParams) -> pd.DataFrame | None:
    """`summarise_contracts` of all contracts, then of every grouping, `by` in front; None where no contract ended."""
    if not contracts["is_ended"].any():
        return None
    groupings: dict[str, pd.Series | None] = {"all_contracts": None, **group_contracts(contracts, params)}
    parts = [summarise_contracts(contracts, groups, params).assign(by=name) for name, groups in groupings.items()]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return table[["by", *(name for name in table.columns if name != "by")]]
