"""CLV by group of customers; the groups' sums are the customers' sum, to the cent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import hide_small

UNKNOWN = "unknown"
MONEY = ["clv", "clv_mean", "share_clv", "value_historic", "value_at_risk"]


def round_cents(values: pd.Series) -> pd.Series:
    """Values in whole cents (half to even), so that every sum of them is exact."""
    return (np.round(values.astype(float) * 100)) / 100


def sum_exactly(values: pd.Series) -> float:
    """Sum of amounts in whole cents, without the drift of adding floats."""
    return int(np.round(values.to_numpy(dtype=float) * 100).astype("int64").sum()) / 100


def headline(value: pd.DataFrame) -> dict[str, float]:
    """The chapter in three numbers: the sum of `clv`, of `value_at_risk` (currency), over `count` customers."""
    return {"clv": sum_exactly(value["clv"]), "risk": sum_exactly(value["value_at_risk"]), "count": len(value)}


def sum_by_group(value: pd.DataFrame, groups: pd.Series | None) -> pd.DataFrame | None:
    """Customer value by group.

    Parameters
    ----------
    value : DataFrame
        One row per customer (contract `value`), amounts in whole cents.
    groups : Series
        Group by `customer_id`; who has none is counted as ``unknown``. None, and so is the result, where nobody has one.

    Returns
    -------
    DataFrame
        One row per group, largest `clv` first: `group`, `count_customers`, `clv`, `clv_mean`, `share_clv`,
        `value_historic`, `value_at_risk` (currency). Each sum over groups equals the sum over customers exactly.
    """
    if groups is None:
        return None
    names = value["customer_id"].map(groups)
    names = names.astype("object").where(names.notna(), UNKNOWN).astype(str)
    rows = []
    total = sum_exactly(value["clv"])
    for group, part in value.groupby(names, sort=True):
        clv = sum_exactly(part["clv"])
        rows.append(
            {
                "group": group,
                "count_customers": len(part),
                "clv": clv,
                "clv_mean": clv / len(part),
                "share_clv": clv / total if total > 0 else np.nan,
                "value_historic": sum_exactly(part["value_historic"]),
                "value_at_risk": sum_exactly(part["value_at_risk"]),
            }
        )
    columns = ["group", "count_customers", "clv", "clv_mean", "share_clv", "value_historic", "value_at_risk"]
    return pd.DataFrame(rows, columns=columns).sort_values(["clv", "group"], ascending=[False, True], ignore_index=True)


def tell_groups(value: pd.DataFrame, groups: pd.Series | None, min_cell: int) -> pd.DataFrame | None:
    """`sum_by_group` as it may be shown: the money of groups of 1 to ``min_cell - 1`` customers is blanked."""
    table = sum_by_group(value, groups)
    return None if table is None else hide_small(table, "count_customers", MONEY, min_cell)


def tell_channels(value: pd.DataFrame, channels: pd.Series | None, min_cell: int) -> pd.DataFrame | Missing:
    """`tell_groups` by channel; `Missing` where the source names no channel of an order."""
    told = tell_groups(value, channels, min_cell)
    return Missing("order_lines", ("channel",), ("E3",)) if told is None else told
