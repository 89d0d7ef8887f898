"""The watch list of a month: whom to speak to, held from month to month by a replay, not by yesterday's file.

A customer comes on the list with a reason at its threshold and enough spend at risk, and stays while an easier threshold
and an easier rank hold; a warning that was not renewed for some months ends. All of it is a function of the signs of the
months (churn.replay), so the list of any month can be made again and graded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import numpy as np
import pandas as pd

from analysis.churn.early_warning import REASONS, VOICES, find_reasons
from analysis.churn.replay import horizon_months
from analysis.params import ChurnParams, Params
from analysis.period import Period

URGENT, WATCH = "urgent", "watch"
TENTHS = 10


@dataclass(frozen=True)
class Watch:
    """Active customers of the last months, and which of them were on the list.

    Attributes
    ----------
    signs : DataFrame
        One row per month and active customer: the columns of `churn.replay.describe`, `month` (YYYY-MM), and of
        `hold_warnings`.
    weights : DataFrame
        One row per reason of `VOICES`: `reason`, `count` (cases), `odds_ratio`, `low`, `high` of staying silent against
        customers of the same chance of an order, before it is drawn to 1; for the newest month.
    """

    signs: pd.DataFrame
    weights: pd.DataFrame

    @property
    def months(self) -> list[str]:
        """Months with a list, oldest first."""
        return sorted(self.signs.loc[self.signs["is_replayed"], "month"].unique())

    def of(self, month: str) -> pd.DataFrame:
        """Active customers of a month."""
        return self.signs[self.signs["month"] == month].reset_index(drop=True)

    def listed(self, month: str) -> pd.DataFrame:
        """The list of a month."""
        table = self.of(month)
        return table[table["is_warned"]].reset_index(drop=True)


def weigh_reasons(closed: pd.DataFrame, params: ChurnParams, months_open: int) -> pd.DataFrame:
    """How much likelier silence was for customers with a reason than for others of the same chance of an order.

    Mantel-Haenszel odds ratios over months and tenths of `p_order`, with the variance of Robins, Breslow and Greenland
    (1986, Biometrics 42:311-323). A customer is seen in several months whose horizons overlap: the variance is taken
    `months_open` times as large.

    Parameters
    ----------
    closed : DataFrame
        One row per month and active customer: `month`, `p_order`, `is_silent`, columns of `find_reasons`.
    months_open : int
        Months that a horizon spans.

    Returns
    -------
    DataFrame
        One row per reason of `VOICES`: `reason`, `count`, `odds_ratio`, `low`, `high`, `log_odds` (drawn to 0 by
        `reason_spread`, never below it: a reason takes no warning away).
    """
    cells = _count_cells(closed, find_reasons(closed, params))
    return _weigh(list(cells.values()), params, months_open)


def _count_cells(signs: pd.DataFrame, reasons: pd.DataFrame) -> dict[str, np.ndarray]:
    """By month whose outcome is known: customers by reason of `VOICES`, place in the table of having it and silence, tenth of `p_order`."""
    closed = signs["is_silent"].notna().to_numpy()
    rows, has = signs[closed], reasons.loc[closed, list(VOICES)].to_numpy()
    month, months = pd.factorize(rows["month"], sort=True)
    tenth = np.floor(rows["p_order"].groupby(month).rank(method="average", pct=True).to_numpy() * TENTHS).clip(max=TENTHS - 1)
    stratum = month * TENTHS + tenth.astype(np.int64)
    silent = rows["is_silent"].to_numpy(dtype=float) > 0
    found = np.zeros((len(months), len(VOICES), 4, TENTHS))
    for place, own in enumerate(has.T):
        for kind, chosen in enumerate((own & silent, own & ~silent, ~own & silent, ~own & ~silent)):
            found[:, place, kind] = np.bincount(stratum[chosen], minlength=len(months) * TENTHS).reshape(-1, TENTHS)
    return dict(zip(map(str, months), found, strict=True))


def _weigh(cells: Sequence[np.ndarray], params: ChurnParams, months_open: int) -> pd.DataFrame:
    """`weigh_reasons` of the months whose cells these are."""
    from statistics import NormalDist

    z = NormalDist().inv_cdf(0.5 + params.interval / 2)
    table = np.concatenate([np.zeros((len(VOICES), 4, 0)), *cells], axis=2)
    rows = []
    for name, (a, b, c, d) in zip(VOICES, table, strict=True):
        ratio, variance = _pool_odds(a, b, c, d)
        variance *= months_open
        drawn = max(np.log(ratio) * params.reason_spread**2 / (params.reason_spread**2 + variance), 0.0) if np.isfinite(variance) else 0.0
        wide = z * np.sqrt(variance)
        rows.append((name, int((a + b).sum()), ratio, ratio * np.exp(-wide), ratio * np.exp(wide), drawn))
    return pd.DataFrame(rows, columns=["reason", "count", "odds_ratio", "low", "high", "log_odds"])


def _pool_odds(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> tuple[float, float]:
    """Mantel-Haenszel odds ratio and the variance of its logarithm; NaN and infinite where it cannot be told."""
    n = a + b + c + d
    a, b, c, d, n = (part[n > 0] for part in (a, b, c, d, n))
    r, s = a * d / n, b * c / n
    if r.sum() <= 0 or s.sum() <= 0:
        return np.nan, np.inf
    p, q = (a + d) / n, (b + c) / n
    variance = (p * r).sum() / (2 * r.sum() ** 2) + (p * s + q * r).sum() / (2 * r.sum() * s.sum()) + (q * s).sum() / (2 * s.sum() ** 2)
    return float(r.sum() / s.sum()), float(variance)


def value_risk(signs: pd.DataFrame, weights: Mapping[str, float], params: ChurnParams, reasons: pd.DataFrame | None = None) -> np.ndarray:
    """Spend at risk: usual spend in the horizon times how much likelier silence is now than usual for the customer, at least 0.

    Parameters
    ----------
    signs : DataFrame
        One row per customer: `usual_spend` (currency), `p_silent`, `p_silent_usual`, columns of `find_reasons`.
    weights : mapping
        Log odds by reason (`weigh_reasons`), added for each reason that holds.
    reasons : DataFrame, optional
        `find_reasons` of `signs` by the thresholds that keep a warning, where they are known already.
    """
    reasons = find_reasons(signs, params, to_stay=True) if reasons is None else reasons
    extra = sum((weights.get(name, 0.0) * reasons[name].to_numpy(dtype=float) for name in VOICES), np.zeros(len(signs)))
    p = signs["p_silent"].to_numpy(dtype=float).clip(1e-9, 1 - 1e-9)
    now = 1 / (1 + np.exp(np.log(1 - p) - np.log(p) - extra))
    return np.maximum(signs["usual_spend"].to_numpy(dtype=float) * (now - signs["p_silent_usual"].to_numpy(dtype=float)), 0.0)


def replay_watch(signs: pd.DataFrame, merges: Mapping[str, Mapping[str, str]], params: Params) -> Watch:
    """Lists of the last months from the signs of these and earlier ones.

    Parameters
    ----------
    signs, merges
        From `churn.replay.replay_signs`.

    Returns
    -------
    Watch
        Its signs have in addition, per month and active customer: `spend_at_risk` (see `value_risk`), `is_warned`,
        `warning` (``urgent``: two reasons, or silence beyond `urgent_quantile`; else ``watch``), `reason` (the first that
        holds in the order of `REASONS`), `reasons` (all, joined by "|"), `first_warned` (YYYY-MM, the first month of the
        present run), `or_earlier` (the run began before the months that are replayed), `is_replayed` (whether the
        month's list can be made: months before serve as its memory alone). None where not warned of.
    """
    churn, span = params.churn, horizon_months(params)
    months = [Period.parse(month) for month in sorted(merges)]
    listed = months[-(churn.warning_graded_months + span) :]
    signs = signs.sort_values(["month", "customer_id"], ignore_index=True)
    comes, stays = (find_reasons(signs, churn, to_stay=is_easier) for is_easier in (False, True))
    cells, places = _count_cells(signs, comes), signs.groupby("month").indices
    ids, may_come, may_stay = signs["customer_id"].to_numpy(), comes.any(axis=1).to_numpy(), stays.any(axis=1).to_numpy()
    risk, run = np.zeros(len(signs)), np.full(len(signs), None, dtype=object)
    held: dict[str, Run] = {}
    weights = _weigh([], churn, span)
    for month in months:
        end = month.as_of - timedelta(days=params.forecast.horizon_days)
        closed = [str(past) for past in months if past.as_of <= end][-churn.warning_learnt_months :]
        weights = _weigh([cells[past] for past in closed if past in cells], churn, span)
        here = places.get(str(month), np.zeros(0, dtype=np.int64))
        log_odds = weights.set_index("reason")["log_odds"].to_dict()
        risk[here] = value_risk(signs.iloc[here], log_odds, churn, stays.iloc[here])
        in_time, still = find_candidates(risk[here], may_come[here], may_stay[here], churn)
        held = hold(held, str(month), ids[here[in_time]], ids[here[still]], merges[str(month)], churn.warning_memory_months)
        if month == listed[0]:
            # what lies before is memory alone
            held = {name: Run(one.age, str(month), month != months[0]) for name, one in held.items()}
        run[here] = [held.get(name) for name in ids[here]]
    table = label_warnings(signs.assign(spend_at_risk=risk), run, stays, churn)
    return Watch(table.assign(is_replayed=table["month"].isin([str(month) for month in listed])), weights)


def find_candidates(risk: np.ndarray, may_come: np.ndarray, may_stay: np.ndarray, params: ChurnParams) -> tuple[np.ndarray, np.ndarray]:
    """Who may come on the list this month, and who may stay: positions of each.

    One entry per active customer, by `customer_id`: the spend at risk, and whether a reason is at its threshold and at the
    easier one. Both need a reason and spend at risk; ranks are among those, by spend at risk downwards, then by id. Shares
    are of all active customers, rounded up.
    """
    ranked = np.argsort(-risk, kind="stable")
    ranked = ranked[risk[ranked] > 0]
    comes, stays = ranked[may_come[ranked]], ranked[may_stay[ranked]]
    # the easier threshold holds whoever passes the harder one, whatever their rank among more
    return comes[: ceil(params.warning_share * len(risk))], stays[: ceil(params.warning_keep_share * len(risk))]


@dataclass(frozen=True)
class Run:
    """A customer's time on the list: months since the warning was last renewed, the first month, and whether it began before that."""

    age: int
    first: str
    is_cut: bool


def hold(
    held: Mapping[str, Run], month: str, comes: Iterable[str], stays: Iterable[str], into: Mapping[str, str], memory: int
) -> dict[str, Run]:
    """Who is on the list a month later, by customer id; of customers merged by then the one that stands for them is held if any was."""
    before: dict[str, Run] = {}
    for name, one in held.items():
        stands = into.get(name, name)
        other = before.get(stands, Run(one.age + 1, one.first, one.is_cut))
        before[stands] = Run(min(one.age + 1, other.age), min(one.first, other.first), one.is_cut or other.is_cut)
    still = set(stays)
    now = {name: one.age for name, one in before.items() if one.age < memory and name in still} | dict.fromkeys(comes, 0)
    # an entry in the month in which the old warning would have ended renews it if the old one could have stayed
    since = {name: before.get(name, Run(0, month, False)) for name in now}
    return {name: Run(age, since[name].first, since[name].is_cut) for name, age in now.items()}


def label_warnings(signs: pd.DataFrame, run: np.ndarray, stays: pd.DataFrame, params: ChurnParams) -> pd.DataFrame:
    """`signs` with the columns of `replay_watch` that tell the warning; `run` is each row's `Run`, None where not warned of."""
    warned = np.array([one is not None for one in run], dtype=bool)
    why = [[name for name, is_so in zip(REASONS, row, strict=True) if is_so] for row in stays[warned].to_numpy()]
    silence = signs.loc[warned, "silence_percentile"]
    found = {
        "warning": [
            URGENT if len(names) > 1 or share >= params.urgent_quantile else WATCH for names, share in zip(why, silence, strict=True)
        ],
        "reason": [names[0] for names in why],
        "reasons": ["|".join(names) for names in why],
        "first_warned": [one.first for one in run[warned]],
        "or_earlier": [one.is_cut for one in run[warned]],
    }
    columns = {name: np.full(len(signs), None, dtype=object) for name in found}
    for name, values in found.items():
        columns[name][warned] = values
    return signs.assign(is_warned=warned, **columns)
