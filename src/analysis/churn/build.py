"""Churn of every customer at the end of a month: lapsed or not, how unusual the silence is, and who is warned of."""

from __future__ import annotations

from datetime import date

import pandas as pd

from analysis.churn.early_warning import measure_rhythm
from analysis.churn.lapse import label_lapsed

COLUMNS = (
    *("customer_id", "order_group", "silence_days", "limit_days", "is_lapsed", "lapsed_on"),
    *("count_gaps", "usual_gap_days", "silence_ratio", "silence_percentile", "p_silent", "spend_at_risk"),
    *("warning", "reason", "reasons", "first_warned", "or_earlier"),
)
WARNED = ("warning", "reason", "reasons", "first_warned", "or_earlier")


def build_churn(spells: pd.DataFrame, limits: pd.DataFrame, watched: pd.DataFrame, as_of: date, horizon_days: int) -> pd.DataFrame:
    """Churn table of a month (contract `churn`).

    Parameters
    ----------
    spells : DataFrame
        One row per spell, as known at the end of `as_of` (history.build_spells).
    limits : DataFrame
        From `set_limits`, held from a base month.
    watched : DataFrame
        One row per active customer (`Watch.of` the month): `customer_id`, `spend_at_risk`, `WARNED`.
    as_of : date
        Last day of the month, inclusive.
    horizon_days : int
        How far `p_silent` looks.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of`, sorted by `customer_id`: `is_lapsed`, `lapsed_on`,
        `silence_days`, `limit_days`, `order_group`; `count_gaps`, `usual_gap_days`, `silence_ratio`,
        `silence_percentile`, `p_silent` (see `measure_rhythm`); `spend_at_risk` (currency, see `watch.value_risk`; 0 for the lapsed);
        `warning`, `reason`, `reasons`, `first_warned` (YYYY-MM of the first month of this run of warnings) and
        `or_earlier` (see `watch.replay_watch`), None where not warned of. Sum over customers of `is_lapsed` and not
        `is_lapsed` is the number of customers with an order.
    """
    table = label_lapsed(spells, limits, as_of).merge(measure_rhythm(spells, horizon_days), on="customer_id", validate="one_to_one")
    table = table.merge(watched[["customer_id", "spend_at_risk", *WARNED]], on="customer_id", how="left", validate="one_to_one")
    is_active = ~table["is_lapsed"]
    table["spend_at_risk"] = table["spend_at_risk"].where(is_active).fillna(0.0)
    for name in WARNED:
        table[name] = table[name].astype("object").where(table[name].notna() & is_active, None)
    return table[list(COLUMNS)]
