"""When is silence a lapse? An operational label, dated, with the rate at which it is wrong.

Completed gaps are shorter than gaps are: long ones are still open when the data end, the more so in a short log or a
growing company. A limit from their quantile is therefore early rather than late, and the false-lapse rate, printed
beside it, says what that costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from analysis.churn.groups import ORDER_GROUPS, label_order_group
from analysis.churn.kaplan_meier import RETURN_DAYS
from analysis.history.rates import add_rate
from analysis.params import ChurnParams, ParamsError
from analysis.segments.lifecycle import Limit, take_quantiles


def set_limits(spells: pd.DataFrame, params: ChurnParams) -> pd.DataFrame:
    """Days of silence that are still no lapse, by order group.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `duration_days`, `is_closed`.
    params : ChurnParams
        `lapse_quantile`, `min_completed_gaps`, `fallback_lapse_days`.

    Returns
    -------
    DataFrame
        One row per order group: `order_group`, `limit_days`, `count_gaps` (completed gaps behind the limit), `basis`
        (``own``: the group's gaps; ``pooled``: all gaps, where the group has fewer than `min_completed_gaps`;
        ``fallback``: `fallback_lapse_days`, where all gaps are fewer than that). Limits are whole days: the smallest
        gap that at least `lapse_quantile` of the gaps do not exceed, each customer weighing the same, as in
        `segments.lifecycle.fit_limits`.
    """
    closed = spells[spells["is_closed"]]
    groups = label_order_group(closed["order_number"])
    rows = []
    for group in ORDER_GROUPS:
        own = closed[groups == group]
        if len(own) >= params.min_completed_gaps:
            basis, gaps = "own", own
        elif len(closed) >= params.min_completed_gaps:
            basis, gaps = "pooled", closed
        else:
            rows.append((group, params.fallback_lapse_days, len(closed), "fallback"))
            continue
        rows.append((group, take_quantiles(gaps, [params.lapse_quantile])[0], len(gaps), basis))
    return pd.DataFrame(rows, columns=["order_group", "limit_days", "count_gaps", "basis"])


def hold_limits(limits: Sequence[Limit]) -> pd.DataFrame:
    """The lost limits of the base month's cut-offs, as `set_limits` gives them: one definition for stage and label.

    Raises
    ------
    ParamsError
        Stages of order numbers (`lifecycle.gap_stages`) that are not those of the churn chapter.
    """
    if tuple(limit.from_order for limit in limits) != tuple(range(1, len(ORDER_GROUPS) + 1)):
        raise ParamsError(f"params: lifecycle.gap_stages must be {list(range(1, len(ORDER_GROUPS) + 1))}, the stages of the lapse limits")
    rows = [(group, limit.lost_days, limit.count_gaps, limit.basis) for group, limit in zip(ORDER_GROUPS, limits, strict=True)]
    return pd.DataFrame(rows, columns=["order_group", "limit_days", "count_gaps", "basis"])


def label_lapsed(spells: pd.DataFrame, limits: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Who is lapsed at the end of `as_of`.

    Silent for exactly the limit is not lapsed; a day more is, and that day is `lapsed_on`.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`, `ended_on`. Later events are ignored.
    limits : DataFrame
        From `set_limits`.
    as_of : date
        Inclusive.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of`, sorted by `customer_id`: `customer_id`, `order_number` and
        `order_group` of the last order, `last_order_on`, `silence_days`, `limit_days`, `is_lapsed`, `lapsed_on` (NaT
        while not lapsed).
    """
    today = pd.Timestamp(as_of)
    now = spells[(spells["started_on"] <= today) & ~(spells["ended_on"] <= today)].sort_values("customer_id")
    group = label_order_group(now["order_number"])
    limit = group.map(limits.set_index("order_group")["limit_days"]).astype("int64")
    lapsed_on = now["started_on"] + pd.to_timedelta(limit + 1, unit="D")
    is_lapsed = lapsed_on <= today
    return pd.DataFrame(
        {
            "customer_id": now["customer_id"],
            "order_number": now["order_number"],
            "order_group": group,
            "last_order_on": now["started_on"],
            "silence_days": (today - now["started_on"]).dt.days,
            "limit_days": limit,
            "is_lapsed": is_lapsed,
            "lapsed_on": lapsed_on.where(is_lapsed),
        }
    ).reset_index(drop=True)


def know_by(spells: pd.DataFrame, day: date) -> pd.DataFrame:
    """Spells as they stood at the end of `day` (inclusive): later starts are gone, later ends open again.

    Orders cancelled since then are not brought back; build the spells as of that day from the ledger for that.
    """
    end = pd.Timestamp(day)
    kept = spells[spells["started_on"] <= end]
    closed = kept["ended_on"] <= end
    ended = kept["ended_on"].where(closed)
    return kept.assign(ended_on=ended, is_closed=closed, duration_days=(ended.fillna(end) - kept["started_on"]).dt.days)


def rate_false_lapses(spells: pd.DataFrame, as_of: date, params: ChurnParams, days: Sequence[int] = RETURN_DAYS) -> pd.DataFrame:
    """Of customers who had just lapsed at an earlier date, the share that ordered again.

    For each horizon the date is `as_of` less the horizon, so that every outcome is known in full. Limits and labels are
    those of that date; "just" is a lapse of its last `just_lapsed_days`.

    Returns
    -------
    DataFrame
        One row per horizon: `horizon_days`, `labelled_on`, `numerator` (returned within the horizon, inclusive),
        `denominator` (just lapsed), `share`, `share_low`, `share_high` (Wilson). NaN where nobody had just lapsed.
    """
    rows = []
    for horizon in days:
        then = pd.Timestamp(as_of) - pd.Timedelta(days=horizon)
        known = know_by(spells, then.date())
        lapsed = label_lapsed(known, set_limits(known, params), then.date())
        just = lapsed[lapsed["is_lapsed"] & (lapsed["lapsed_on"] > then - pd.Timedelta(days=params.just_lapsed_days))]
        after = spells[(spells["started_on"] > then) & (spells["started_on"] <= then + pd.Timedelta(days=horizon))]
        returned = int(just["customer_id"].isin(after["customer_id"]).sum())
        rows.append({"horizon_days": horizon, "labelled_on": then, "numerator": returned, "denominator": len(just)})
    return add_rate(pd.DataFrame(rows), "numerator", "denominator", level=params.interval)
