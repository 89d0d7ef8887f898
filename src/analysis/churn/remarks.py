"""Findings as sentences: a key of the catalogue and the numbers of its sentence; the words themselves are the report's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.churn.causes import CauseStory
from analysis.churn.cox import NONE, STRATA, CoxStory
from analysis.churn.groups import OTHER, UNKNOWN
from analysis.params import ChurnParams

_FEW_LATE = 0.01
"""Share of customers who joined in the log's second half, below which joining had ended: a chosen cohort."""


@dataclass(frozen=True)
class Remark:
    """A sentence: its key, its fields (a tuple of remarks stands for their texts, one after another), chapters it touches."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    chapters: tuple[str, ...] = ()


def tell_ratios(story: CoxStory | None) -> list[Remark]:
    """One sentence for every term of the Cox model: all its windows of silence, with intervals.

    A ratio below 1 is told as *slower* by one less it, a ratio above 1 as *quicker* by it less one, an interval that
    holds 1 as *not told apart*: rates of return among who is still silent, not differences of days.

    Returns
    -------
    list of Remark
        Keys ``ratio.<covariate>``: `level`, `reference`, `found` (parts ``part.slower``, ``part.quicker``,
        ``part.unclear``, with ``_on`` behind where they hold for a window of silence only; ``part.never`` where no window
        tells a difference), `steady` (empty, or the
        remark that the ratio drifts within its windows). Empty without a model.
    """
    if story is None:
        return []
    told = []
    for (covariate, level), rows in story.hazard_ratios.groupby(["covariate", "level"], sort=False):
        steady = () if rows["holds"].all() else (Remark("part.drifting"),)
        found = tuple(_part(row, last) for row, last in zip(rows.itertuples(), [*[False] * (len(rows) - 1), True], strict=True))
        if len(rows) > 1 and ((rows["low"] <= 1) & (rows["high"] >= 1)).all():
            found = (Remark("part.never"),)
        fields = {"level": _level(level), "reference": _level(rows["reference"].iloc[0]), "found": found, "steady": steady}
        told.append(Remark(f"ratio.{covariate}", fields))
    return told


def _level(level: str) -> str | tuple[Remark, ...]:
    """A level as the data have it; the two made here have words of their own."""
    return (Remark(f"level.{level}"),) if level in (OTHER, UNKNOWN) else level


def _part(row: Any, is_last: bool) -> Remark:
    """One ratio in words, with the window of silence that it holds for."""
    window = tell_window(row.from_days, row.to_days)
    joint = (Remark("part.end"),) if is_last else (Remark("part.next"),)
    fields = {"window": window, "joint": joint, "change": abs(1 - row.hr), "low": abs(1 - row.low), "high": abs(1 - row.high)}
    way = "unclear" if row.low <= 1 <= row.high else "slower" if row.hr < 1 else "quicker"
    if way == "slower":
        fields |= {"low": fields["high"], "high": fields["low"]}
    return Remark(f"part.{way}{'_on' if window else ''}", fields)


def tell_window(from_days: float, to_days: float) -> str:
    """Days of silence of a window, first and last: "" for all, "31-90" (with a dash of numbers), "91+"."""
    if np.isnan(to_days):
        return f"{int(from_days) + 1}+" if from_days > 0 else ""
    return f"{int(from_days) + 1}\u2013{int(to_days)}"


def tell_drifts(story: CoxStory | None, params: ChurnParams) -> list[Remark]:
    """What the test of proportional hazards found for every covariate, and what was done about it.

    Returns
    -------
    list of Remark
        Keys ``drift.none`` (no drift found), ``drift.small`` (found only after others were answered, and small),
        ``drift.windows`` (failed; one ratio a window; no drift left), ``drift.windows_small`` (the same, a small one left),
        ``drift.windows_left`` (the same, not small), ``drift.strata`` (failed within the windows too; own baseline; ratios are
        averages). "Small" is below `hazard_small_drift`, "found" below `hazard_test_level`. Fields: `covariate`
        (remark ``covariate.<name>``), `failed` (remark ``failed.first``, or ``failed.later`` for one that failed only once the others
        were answered), `p` (smallest adjusted, as first fitted), `p_after`, `drift` (largest that is left and found, as a
        correlation with time without its sign; NaN without one).
    """
    if story is None:
        return []
    told = []
    for covariate, own in story.tests.groupby("covariate", sort=False):
        before, after = (own[own["stage"] == stage] for stage in ("before", "after"))
        answer = own["answer"].iloc[0]
        left = after.loc[after["p_adjusted"] < params.hazard_test_level, "drift"].abs().max()
        if answer == STRATA:
            key = STRATA
        elif np.isnan(left):
            key = answer
        else:
            key = "small" if answer == NONE else "windows_small" if left < params.hazard_small_drift else "windows_left"
        p = float(before["p_adjusted"].min())
        fields = {
            "covariate": (Remark(f"covariate.{covariate}"),),
            "failed": (Remark("failed.first" if p < params.hazard_test_level else "failed.later", {"p": p}),),
            "p": p,
            "p_after": float(after["p_adjusted"].min()) if len(after) else float("nan"),
            "drift": float(left),
        }
        told.append(Remark(f"drift.{key}", fields))
    return told


def tell_never(cured: pd.DataFrame) -> list[Remark]:
    """One sentence for every order group of `cure.estimate_cured`: the cured fraction, or why it cannot be told.

    Keys ``never.<answer>``; fields: the row's columns, `group` (remark ``after.<order group>``).
    """
    rows = cured.to_dict("records")
    return [Remark(f"never.{row['answer']}", {**row, "group": (Remark(f"after.{str(row['order_group']).strip('+')}"),)}) for row in rows]


def tell_gone(story: CauseStory) -> list[Remark]:
    """How many left, how many without any evidence of why, and whether stated exits held.

    Keys ``gone.all`` (with `story.facts`), ``gone.none`` (nobody left), and, where exits are told, ``gone.told`` or ``gone.told_nobody``.
    """
    fields = story.facts
    told = [Remark("gone.all" if fields["count_left"] else "gone.none", fields)]
    if isinstance(story.exits, pd.DataFrame):
        told.append(Remark("gone.told" if fields["count_told"] else "gone.told_nobody", fields))
    return told


def tell_start(first_orders: pd.Series, founded: object, as_of: object) -> list[Remark]:
    """Whether the log begins with the customers, or some were customers before it (left truncation).

    Parameters
    ----------
    first_orders : Series
        Day of the first known order of every customer.
    founded : date or str or None
        First day of the company, where the source states it: rows from then on are complete.
    as_of : date
        Last day of the report, inclusive.

    Returns
    -------
    list of Remark
        ``start.known`` (the company's first day is stated and near the log's), ``start.later`` (stated, and earlier by more than
        31 days), ``start.closed`` (not stated; fewer than 1 % joined in the second half of the log: a cohort that was
        chosen), ``start.steady`` (not stated; the log's first 31 days bring at most twice the usual number of new
        customers), ``start.unknown`` (else). Fields: `first_on`, `founded`, `count_first` (customers whose first known order lies
        in the log's first 31 days), `usual` (median of the later such windows). Empty without an order.
    """
    day = pd.to_datetime(first_orders.dropna())
    if day.empty:
        return []
    start, end = day.min(), pd.Timestamp(str(as_of))
    window = ((day - start).dt.days // 31).value_counts()
    full = max(((end - start).days + 1) // 31, 1)
    later = window.reindex(range(1, full), fill_value=0)
    usual = float(later.median()) if len(later) else float("nan")
    fields = {"first_on": start.date(), "founded": founded, "count_first": int(window.get(0, 0)), "usual": usual}
    if founded is not None:
        return [Remark("start.known" if pd.Timestamp(str(founded)) >= start - pd.Timedelta(days=31) else "start.later", fields)]
    if (day > start + (end - start) / 2).mean() < _FEW_LATE:
        return [Remark("start.closed", fields)]
    return [Remark("start.steady" if fields["count_first"] <= 2 * usual else "start.unknown", fields)]
