"""Every classification of a customer, in one table."""

from __future__ import annotations

from datetime import date

import pandas as pd

from analysis.contracts import ContractError
from analysis.params import Params
from analysis.segments import lifecycle, rfm, tiers
from analysis.segments.base import Cutoffs

COLUMNS = (
    *("customer_id", "r_score", "f_score", "m_score", "fm_score", "rfm_cell", "rfm_segment"),
    *("tier", "tier_score", "lifecycle_stage", "lifecycle_rule", "cluster"),
)


def build_segments(customers: pd.DataFrame, spells: pd.DataFrame, as_of: date, params: Params, base: Cutoffs) -> pd.DataFrame:
    """Classes of all customers as of a day, by cut-offs held from the base month.

    Parameters
    ----------
    customers, spells : DataFrame
        One row a customer, one a spell: `history.build_customers` and `build_spells` as of `as_of`.
    as_of : date
        The day they were made for, inclusive.
    params : Params
        Windows and counts that are not fitted.
    base : Cutoffs
        As from `fit_cutoffs`. Passing last month's instead of this month's tells what a moved cut-off alone did.

    Returns
    -------
    DataFrame
        One row a customer, sorted by `customer_id` (contract `segments`): `r_score, f_score, m_score, fm_score, rfm_cell,
        rfm_segment`; `tier, tier_score`; `lifecycle_stage, lifecycle_rule`; `cluster` (empty; `clusters.add_clusters` fills it).

    Raises
    ------
    ContractError
        A customer twice, or an order after `as_of`.
    """
    ordered = customers.sort_values("customer_id", kind="stable").reset_index(drop=True)
    if ordered["customer_id"].duplicated().any():
        raise ContractError("customers: customer_id is not unique; one row a customer is needed to class them")
    if (pd.to_datetime(ordered["last_order_on"]) > pd.Timestamp(as_of)).any():
        raise ContractError(f"customers: last_order_on after {as_of}; build them as of that day")
    parts = (
        ordered[["customer_id"]],
        rfm.assign(ordered, base.rfm, params.lifecycle.new_days),
        tiers.assign(ordered, base.tiers),
        lifecycle.assign(ordered, spells, base.lifecycle, params),
    )
    cluster = pd.Series(pd.NA, index=ordered.index, dtype="string")
    return pd.concat(parts, axis=1).assign(cluster=cluster)[list(COLUMNS)]
