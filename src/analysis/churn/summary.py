"""The month's churn: who was active, who lapsed, who came back, as rates that add up."""

from __future__ import annotations

from datetime import date

import pandas as pd

from analysis.churn.lapse import label_lapsed
from analysis.history.rates import add_rate
from analysis.params import ChurnParams
from analysis.period import Period

ALL = "all"
RATE_COLUMNS = ("numerator", "denominator", "share", "share_low", "share_high", "count_new", "count_returned", "active_end")
_STATES = {
    ("", "active"): "new",
    ("", "lapsed"): "new_and_lapsed",
    ("active", "active"): "stayed",
    ("active", "lapsed"): "lapsed",
    ("lapsed", "active"): "returned",
    ("lapsed", "lapsed"): "gone",
}


def label_moves(spells: pd.DataFrame, limits: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What the month did to each customer, by one and the same limits at both ends.

    Parameters
    ----------
    spells : DataFrame
        One row per spell, as known at the end of `as_of`.
    limits : DataFrame
        From `set_limits`.
    as_of : date
        Last day of the month, inclusive. The start is the end of the month before.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of`: `customer_id`, `move`: ``new`` (first order in the month),
        ``stayed``, ``lapsed`` (active at the start, not at the end), ``returned`` (the reverse), ``gone`` (lapsed at
        both), ``new_and_lapsed`` (only where a limit is shorter than the month).
    """
    start = Period.of(as_of).previous.as_of
    end = label_lapsed(spells, limits, as_of).set_index("customer_id")["is_lapsed"]
    begin = label_lapsed(spells, limits, start).set_index("customer_id")["is_lapsed"].reindex(end.index)
    words = {True: "lapsed", False: "active"}
    before = begin.map(words).fillna("")
    moves = [_STATES[pair] for pair in zip(before, end.map(words), strict=True)]
    return pd.DataFrame({"customer_id": end.index, "move": moves})


def rate_lapses(moves: pd.DataFrame, groups: pd.Series | None, params: ChurnParams) -> pd.DataFrame:
    """Lapsed this month of active at the start; new customers are in neither.

    Parameters
    ----------
    moves : DataFrame
        From `label_moves`.
    groups : Series, optional
        Group by `customer_id` as it was at the start of the month (a later one would be made of the outcome). None for
        all customers together; those without a group are left out.

    Returns
    -------
    DataFrame
        One row per group, sorted: `group`, `numerator` (lapsed), `denominator` (active at the start), `share`,
        `share_low`, `share_high` (Wilson), `count_new`, `count_returned`, `active_end`. Identity: `denominator` +
        `count_new` + `count_returned` - `numerator` = `active_end`.
    """
    group = pd.Series(ALL, index=moves.index) if groups is None else moves["customer_id"].map(groups)
    counts = pd.crosstab(group, moves["move"]).reindex(columns=sorted(set(_STATES.values())), fill_value=0)
    table = pd.DataFrame(
        {
            "group": counts.index.astype(str),
            "numerator": counts["lapsed"].to_numpy(),
            "denominator": (counts["stayed"] + counts["lapsed"]).to_numpy(),
            "count_new": counts["new"].to_numpy(),
            "count_returned": counts["returned"].to_numpy(),
            "active_end": (counts["stayed"] + counts["new"] + counts["returned"]).to_numpy(),
        }
    )
    table = add_rate(table, "numerator", "denominator", level=params.interval)
    return table[["group", *RATE_COLUMNS]]


def rate_lapses_by_month(spells: pd.DataFrame, limits: pd.DataFrame, period: Period, params: ChurnParams, months: int = 13) -> pd.DataFrame:
    """The lapse rate of the last `months` months, all by this month's limits and today's spells.

    Returns
    -------
    DataFrame
        One row per month, oldest first, from the first with an order on: `month` and the columns of `rate_lapses` but
        `group`.
    """
    rows = []
    for month in [period.shift(-back) for back in range(months - 1, -1, -1)]:
        known = spells[spells["started_on"] <= pd.Timestamp(month.as_of)]
        if len(known):
            rows.append(rate_lapses(label_moves(known, limits, month.as_of), None, params).assign(month=str(month)))
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return table.reindex(columns=["month", *RATE_COLUMNS])
