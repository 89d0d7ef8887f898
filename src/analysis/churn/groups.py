"""Groups of spells that were known on the day a spell began.

A group that a customer joined later (a tier, this month's segment) is no group of an earlier spell: whoever lives to
earn it cannot have left before (immortal time).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ORDER_GROUPS = ("first", "second", "third+")
UNKNOWN = "unknown"
OTHER = "other"
MAX_GROUPS = 6
MASTER = {"channel": "first_channel", "customer_type": "customer_type", "region": "region", "country": "country"}


def label_order_group(order_number: pd.Series) -> pd.Series:
    """The comparable spells of an order: after the first, after the second, after any later one."""
    names = np.array(ORDER_GROUPS, dtype=object)
    return pd.Series(names[code_order_group(order_number)], index=order_number.index, dtype="object")


def code_order_group(order_number: pd.Series) -> np.ndarray:
    """The same as positions in `ORDER_GROUPS`."""
    return np.clip(order_number.to_numpy(dtype=int), 1, len(ORDER_GROUPS)) - 1


def label_cohorts(first_order_on: pd.Series, max_groups: int = MAX_GROUPS, min_cell: int = 1) -> pd.Series:
    """Month, quarter, half year or year of the first order: the finest that makes at most `max_groups` groups.

    Cohorts of fewer than `min_cell` customers are taken together with those that follow, the last ones with those before,
    and named by the first and the last of them. Who has no first order has no cohort (NaN).
    """
    day = pd.to_datetime(first_order_on).dropna()
    year, month = day.dt.year.astype(str), day.dt.month
    choices = (
        day.dt.strftime("%Y-%m"),
        year + "-Q" + ((month - 1) // 3 + 1).astype(str),
        year + "-H" + ((month - 1) // 6 + 1).astype(str),
        year,
    )
    labels = next((labels for labels in choices if labels.nunique() <= max_groups), year)
    return labels.map(_pool_neighbours(labels.value_counts().sort_index(), min_cell)).reindex(first_order_on.index)


def _pool_neighbours(counts: pd.Series, min_cell: int) -> dict[str, str]:
    """Names, in order, of neighbouring groups that hold at least `min_cell` together, by the name of each group."""
    parts: list[list[str]] = [[]]
    held = 0
    for name, count in counts.items():
        parts[-1].append(str(name))
        held += int(count)
        if held >= min_cell:
            parts.append([])
            held = 0
    rest = parts.pop()
    if parts:
        parts[-1] += rest
    else:
        parts = [rest]
    return {name: part[0] if len(part) == 1 else f"{part[0]}\u2013{part[-1]}" for part in parts for name in part}


def tidy_levels(values: pd.Series, max_groups: int = MAX_GROUPS) -> pd.Series:
    """Missing levels become `unknown`; all but the most frequent become `other`, so that at most `max_groups` are left."""
    text = values.astype("object").where(values.notna(), UNKNOWN)
    counts = text.value_counts()
    order = sorted(counts.index, key=lambda level: (-counts[level], str(level)))
    return text if len(order) <= max_groups else text.where(text.isin(order[: max_groups - 1]), OTHER)


def add_groups(spells: pd.DataFrame, customers: pd.DataFrame, max_groups: int = MAX_GROUPS, min_cell: int = 1) -> pd.DataFrame:
    """Spells with one column per way of grouping them.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`, `ended_on`, `duration_days`, `is_closed`. A
        column `segment` (the segment on the day the spell began) is kept if there is one.
    customers : DataFrame
        One row per customer: `customer_id`, `first_order_on` and, where the source has them, `first_channel`,
        `customer_type`, `region`, `country`. Type, region and country are master data, taken as they stand today.
    min_cell : int
        Customers of a cohort, see `label_cohorts`.

    Returns
    -------
    DataFrame
        The spells with `order_group`, `cohort`, and `channel`, `customer_type`, `region`, `country` where at least two
        groups exist.
    """
    cohort = label_cohorts(customers["first_order_on"], max_groups, min_cell)
    named = pd.DataFrame({"customer_id": customers["customer_id"], "cohort": cohort})
    for name, column in MASTER.items():
        if column in customers and customers[column].notna().any():
            levels = tidy_levels(customers[column], max_groups)
            if len(set(levels)) > 1:
                named[name] = levels
    result = spells.drop(columns=[c for c in named.columns if c in spells and c != "customer_id"])
    result = result.merge(named, on="customer_id", how="left", validate="many_to_one")
    return result.assign(order_group=label_order_group(result["order_number"]))


def group_names(grouped: pd.DataFrame) -> tuple[str, ...]:
    """Ways of grouping that `grouped` carries with at least two groups, in the order of the page."""
    names = ("order_group", "segment", "cohort", "channel", "customer_type", "region", "country")
    return tuple(name for name in names if name in grouped and len(grouped[name].dropna().unique()) > 1)
