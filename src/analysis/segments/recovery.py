"""Classes beside the kinds of customers that a simulated company is made of: a grade of the classes, never an input of theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.history.disclosure import hide_small
from analysis.segments.cluster_fit import adjusted_rand

SCHEMES = ("cluster", "tier", "value_profit", "rfm_segment", "lifecycle_stage", "customer_type")
SHOWN = ("cluster", "tier", "lifecycle_stage")


def lay_beside(classes: pd.DataFrame, truth: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Classed customers with their truth.

    Parameters
    ----------
    classes : DataFrame
        One row a customer: `customer_id` and one column a scheme of `SCHEMES`.
    truth : DataFrame
        One row a customer: `customer_id, true_segment, true_type, left_on` (missing for who stays). Who leaves after `as_of` has
        not left.

    Returns
    -------
    DataFrame
        One row a customer of both, as text: the schemes, `kind`, `type` and `state` (``left`` or ``stayed``).
    """
    table = classes.merge(truth, on="customer_id", how="inner", validate="one_to_one")
    has_left = pd.to_datetime(table["left_on"]) <= pd.Timestamp(as_of)
    return table[["customer_id", *SCHEMES]].assign(
        kind=table["true_segment"].astype(str), type=table["true_type"].astype(str), state=np.where(has_left, "left", "stayed")
    )


def rate_recovery(beside: pd.DataFrame) -> pd.DataFrame:
    """Agreement of each scheme with each truth.

    Returns
    -------
    DataFrame
        One row a scheme: `scheme, count_customers` (classed; buyers alone where the scheme classes no others), `rand_kind, rand_state,
        rand_type` (adjusted Rand index: 1 the same, 0 as by chance). A class of what customers do cannot tell all kinds apart: several
        kinds buy alike.
    """
    rows = []
    for scheme in SCHEMES:
        known = beside[beside[scheme].notna()]
        labels = known[scheme].to_numpy(dtype=str)
        rows.append((scheme, len(known), *(adjusted_rand(labels, known[true].to_numpy(dtype=str)) for true in ("kind", "state", "type"))))
    return pd.DataFrame(rows, columns=["scheme", "count_customers", "rand_kind", "rand_state", "rand_type"])


def confuse(beside: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """How the classes of `SHOWN` fall on the true kinds and states.

    Returns
    -------
    DataFrame
        One row a scheme and class, in alphabetical order: `scheme, class, count_customers`, one column a kind (``<kind>_share``: share of
        the class), `left_share`. Shares of classes with few customers are blank; the shares of the kinds sum to 1.
    """
    kinds = sorted(beside["kind"].unique())
    parts = []
    for scheme in SHOWN:
        known = beside[beside[scheme].notna()]
        shares = pd.crosstab(known[scheme].astype(str), known["kind"], normalize="index").reindex(columns=kinds, fill_value=0.0)
        table = shares.add_suffix("_share").rename_axis("class").rename_axis(columns=None)
        table.insert(0, "count_customers", known[scheme].value_counts())
        table["left_share"] = (known["state"] == "left").groupby(known[scheme].astype(str)).mean()
        parts.append(table.reset_index().assign(scheme=scheme))
    whole = pd.concat(parts, ignore_index=True)
    columns = [f"{kind}_share" for kind in kinds]
    return hide_small(
        whole[["scheme", "class", "count_customers", *columns, "left_share"]], "count_customers", [*columns, "left_share"], min_cell
    )
