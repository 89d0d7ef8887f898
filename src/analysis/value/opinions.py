"""Two expectations of the same orders, side by side."""

from __future__ import annotations

import pandas as pd

from analysis.churn.groups import ORDER_GROUPS, label_order_group

ALL = "all"


def compare_opinions(value: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """Orders of the coming months by the model and by the spells' own survival, by number of the last order.

    Parameters
    ----------
    value : DataFrame
        One row per customer: `customer_id`, `expected_orders`, `survival_orders` (see `build_value`).
    spells : DataFrame
        One row per spell; the open one of a customer says which order was the last.

    Returns
    -------
    DataFrame
        One row per order group, then ``all``: `group`, `count_customers`, `orders_model`, `orders_survival` (sums),
        `ratio` (survival / model; missing without expected orders). Sums of the groups equal those of ``all``.
    """
    last = spells[~spells["is_closed"]].set_index("customer_id")["order_number"]
    rows = value.assign(group=value["customer_id"].map(label_order_group(last)))
    sums = {"customer_id": "size", "expected_orders": "sum", "survival_orders": "sum"}
    table = rows.groupby("group").agg(sums).reindex(ORDER_GROUPS).dropna(how="all").reset_index()
    whole = pd.DataFrame(
        [{"group": ALL, "customer_id": len(rows), **{c: float(rows[c].sum()) for c in ("expected_orders", "survival_orders")}}]
    )
    table = pd.concat([table, whole], ignore_index=True)
    table.columns = ["group", "count_customers", "orders_model", "orders_survival"]
    table["count_customers"] = table["count_customers"].astype("int64")
    return table.assign(ratio=table["orders_survival"] / table["orders_model"].where(table["orders_model"] > 0))
