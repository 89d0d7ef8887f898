"""Two expectations of the same orders, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.churn.groups import ORDER_GROUPS, label_order_group
from analysis.forecast.champion import Champion
from analysis.forecast.scorer import Scorer
from analysis.value.bridge import Remark

ALL = "all"
APART = 1.1
"""The two agree where neither expects more than this many times as much as the other."""


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


def tell_opinions(table: pd.DataFrame, forecast: Scorer, days: float) -> list[Remark]:
    """How far the two lie apart in all, and how much of that is what earlier dates taught beside the model of orders.

    Parameters
    ----------
    table : DataFrame
        From `compare_opinions`.
    forecast : Scorer
        Behind `orders_model`. Its own model of orders, before level and correction, stands between the two.
    days : float
        What both look ahead.

    Returns
    -------
    list of Remark
        ``agree``; or ``taught`` (the level and the correction make more than half of the logarithm of the ratio), else
        ``apart``; ``plain`` where the model has learnt nothing beside. Empty where the model expects nothing.
    """
    whole = table[table["group"] == ALL].iloc[0]
    model, survival = float(whole["orders_model"]), float(whole["orders_survival"])
    if model <= 0 or survival <= 0:
        return []
    fields: dict[str, float] = {"model": model, "survival": survival, "ratio": survival / model}
    if max(survival / model, model / survival) <= APART:
        return [Remark("agree", fields)]
    if not isinstance(forecast, Champion):
        return [Remark("plain", fields)]
    before = float(forecast.orders.predict(days)["expected_orders"].sum())
    fields |= {"before": before, "taught": model / before, "ratio_before": survival / before}
    taught = abs(np.log(survival / before)) < abs(np.log(survival / model)) / 2
    return [Remark("taught" if taught else "apart", fields)]
