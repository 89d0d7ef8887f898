"""The watch list of a month: whom to speak to, held from month to month by a replay, not by yesterday's file.

A customer comes on the list with a reason at its threshold and enough spend at risk, and stays while an easier threshold
and an easier rank hold; a warning that was not renewed for some months ends. All of it is a function of the signs of the
months (churn.replay), so the list of any month can be made again and graded.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    from statistics import NormalDist

    reasons = find_reasons(closed, params)
    silent = closed["is_silent"].to_numpy(dtype=float)
    tenth = np.floor(closed.groupby("month")["p_order"].rank(method="average", pct=True).to_numpy() * TENTHS).clip(max=TENTHS - 1)
    stratum = pd.factorize(closed["month"].astype(str) + "/" + pd.Series(tenth, index=closed.index).astype(str))[0] if len(closed) else []
    z = NormalDist().inv_cdf(0.5 + params.interval / 2)
    rows = []
    for name in VOICES:
        has = reasons[name].to_numpy(dtype=float)
        a, b, c, d = (np.bincount(stratum, w) for w in (has * silent, has * (1 - silent), (1 - has) * silent, (1 - has) * (1 - silent)))
        ratio, variance = _pool_odds(a, b, c, d)
        variance *= months_open
        drawn = max(np.log(ratio) * params.reason_spread**2 / (params.reason_spread**2 + variance), 0.0) if np.isfinite(variance) else 0.0
        wide = z * np.sqrt(variance)
        rows.append((name, int(has.sum()), ratio, ratio * np.exp(-wide), ratio * np.exp(wide), drawn))
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


def value_risk(signs: pd.DataFrame, weights: Mapping[str, float], params: ChurnParams) -> np.ndarray:
    """Spend at risk: usual spend in the horizon times how much likelier silence is now than usual for the customer, at least 0.

    Parameters
    ----------
    signs : DataFrame
        One row per customer: `usual_spend` (currency), `p_silent`, `p_silent_usual`, columns of `find_reasons`.
    weights : mapping
        Log odds by reason (`weigh_reasons`), added for each reason that holds.
    """
    reasons = find_reasons(signs, params, to_stay=True)
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
    held, parts = Held.nobody(), []
    weights = weigh_reasons(signs.iloc[:0], churn, span)
    for month in months:
        end = month.as_of - timedelta(days=params.forecast.horizon_days)
        closed = [str(past) for past in months if past.as_of <= end][-churn.warning_learnt_months :]
        weights = weigh_reasons(signs[signs["month"].isin(closed)], churn, span)
        now = signs[signs["month"] == str(month)].sort_values("customer_id", ignore_index=True)
        now = now.assign(spend_at_risk=value_risk(now, weights.set_index("reason")["log_odds"].to_dict(), churn))
        held = held.step(str(month), *find_candidates(now, churn), merges[str(month)], churn.warning_memory_months)
        if month == listed[0]:
            held = held.forget_firsts(str(month), is_cut=month != months[0])
        parts.append(label_warnings(now, held, churn).assign(is_replayed=month in listed))
    return Watch(pd.concat(parts, ignore_index=True), weights)


def find_candidates(now: pd.DataFrame, params: ChurnParams) -> tuple[pd.Series, pd.Series]:
    """Who may come on the list this month, and who may stay: `customer_id` of each.

    Both need a reason and spend at risk; ranks are among those, by `spend_at_risk` downwards, then `customer_id`. Shares
    are of all active customers (the rows of `now`), rounded up.
    """
    ranked = now[now["spend_at_risk"] > 0].sort_values(["spend_at_risk", "customer_id"], ascending=[False, True])
    comes = ranked[find_reasons(ranked, params).any(axis=1)].head(ceil(params.warning_share * len(now)))
    stays = ranked[find_reasons(ranked, params, to_stay=True).any(axis=1)].head(ceil(params.warning_keep_share * len(now)))
    # the easier threshold holds whoever passes the harder one, whatever their rank among more
    return comes["customer_id"], stays["customer_id"]


@dataclass(frozen=True)
class Held:
    """Who is on the list: months since the warning was last renewed and the first month of the run, by customer id."""

    age: pd.Series
    first: pd.Series
    cut: pd.Series

    @classmethod
    def nobody(cls) -> Held:
        """An empty list."""
        none = pd.Index([], dtype=object)
        age, first = pd.Series(0, index=none, dtype="int64"), pd.Series("", index=none, dtype=object)
        return cls(age, first, pd.Series(False, index=none, dtype=bool))

    def step(self, month: str, comes: pd.Series, stays: pd.Series, into: Mapping[str, str], memory: int) -> Held:
        """The list a month later; of customers merged by then the one that stands for them is held if any was."""
        ids = pd.Index([into.get(name, name) for name in self.age.index], dtype=object)
        age = self.age.set_axis(ids).groupby(level=0).min() + 1
        first, cut = self.first.set_axis(ids).groupby(level=0).min(), self.cut.set_axis(ids).groupby(level=0).max()
        kept = age[(age < memory) & age.index.isin(set(stays))]
        renewed = pd.Series(0, index=pd.Index(sorted(comes), dtype=object), dtype="int64")
        now = pd.concat([renewed, kept[~kept.index.isin(renewed.index)]]).sort_index()
        # an entry in the month in which the old warning would have ended renews it if the old one could have stayed
        was_on = age.index[age.index.isin(now.index)]
        return Held(now, first.reindex(was_on).reindex(now.index).fillna(month), cut.reindex(now.index, fill_value=False).astype(bool))

    def forget_firsts(self, month: str, *, is_cut: bool) -> Held:
        """Runs begin with `month`: what lies before is memory alone."""
        return Held(self.age, pd.Series(month, index=self.age.index, dtype=object), pd.Series(is_cut, index=self.age.index, dtype=bool))


def label_warnings(now: pd.DataFrame, held: Held, params: ChurnParams) -> pd.DataFrame:
    """`now` with the columns of `replay_watch` that tell the warning."""
    warned = now["customer_id"].isin(held.age.index)
    holds = find_reasons(now[warned], params, to_stay=True).to_numpy()
    why = [[name for name, is_so in zip(REASONS, row, strict=True) if is_so] for row in holds]
    silence = now.loc[warned, "silence_percentile"]
    urgent = [len(names) > 1 or share >= params.urgent_quantile for names, share in zip(why, silence, strict=True)]
    who = now.loc[warned, "customer_id"]
    found = {
        "warning": [URGENT if is_so else WATCH for is_so in urgent],
        "reason": [names[0] for names in why],
        "reasons": ["|".join(names) for names in why],
        "first_warned": held.first.reindex(who).to_list(),
        "or_earlier": held.cut.reindex(who).to_list(),
    }
    table = now.assign(is_warned=warned)
    for name, values in found.items():
        table[name] = pd.Series(values, index=who.index, dtype=object).reindex(table.index).astype(object).where(warned, None)
    return table
