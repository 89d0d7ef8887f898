"""Size and worth of each class."""

from __future__ import annotations

import pandas as pd

from analysis.segments import lifecycle, rfm, tiers

SHARES = ("share_customers", "share_revenue")
"""Columns of `by_segment` that charts show, where their table need not say them again."""


def classes(column: str) -> tuple[str, ...]:
    """Every label that `column` of the segments table may hold, best first; empty for a column without a fixed list."""
    segments = (*(rule.name for rule in rfm.load_map()), rfm.PROSPECT, rfm.NOT_ENOUGH_DATA)
    lists = {"rfm_segment": segments, "tier": tiers.LABELS, "lifecycle_stage": lifecycle.STAGES}
    return lists.get(column, ())


def headline(by_tier: pd.DataFrame, by_stage: pd.DataFrame) -> dict[str, float]:
    """The chapter in four numbers, from `by_segment` of tiers and of lifecycle stages.

    `vips` and the share of buyers and of revenue that they are (`share_buyers`, `share_revenue`), `dormant` customers.
    """
    vip = by_tier.set_index("class").loc[tiers.VIP]
    buyers = int(by_tier["count_buyers"].sum())
    return {
        "vips": int(vip["count_customers"]),
        "share_buyers": vip["count_buyers"] / buyers if buyers else float("nan"),
        "share_revenue": float(vip["share_revenue"]),
        "dormant": int(by_stage.set_index("class").loc[lifecycle.DORMANT, "count_customers"]),
    }


def by_rule(segments: pd.DataFrame) -> pd.DataFrame:
    """Count the customers that each rule of the lifecycle put into a stage (requirement A21).

    Returns
    -------
    DataFrame
        One row a rule, in the order in which rules are tried, those that never fired included: `lifecycle_rule,
        lifecycle_stage, count_customers`. The counts add up to all customers.
    """
    counts = segments["lifecycle_rule"].value_counts()
    table = pd.DataFrame(lifecycle.RULES.items(), columns=["lifecycle_rule", "lifecycle_stage"])
    return table.assign(count_customers=table["lifecycle_rule"].map(counts).fillna(0).astype("int64"))


def compare(current: pd.DataFrame, previous: pd.DataFrame) -> pd.DataFrame:
    """Lay this month's classes beside last month's.

    Parameters
    ----------
    current, previous : DataFrame
        From `by_segment`, of the same column.

    Returns
    -------
    DataFrame
        One row a class with a customer in either month, last month's own classes at the end: `class, count_before,
        count_customers, change, share_customers, revenue, share_revenue`. The changes add up to the change of all customers.
    """
    gone = previous.loc[~previous["class"].isin(current["class"]), ["class"]].assign(count_customers=0, revenue=0.0)
    table = pd.concat([current, gone.assign(share_customers=0.0, share_revenue=0.0)], ignore_index=True) if len(gone) else current
    before = table["class"].map(previous.set_index("class")["count_customers"]).fillna(0).astype("int64")
    table = table.assign(count_before=before, change=table["count_customers"] - before)
    columns = ["class", "count_before", "count_customers", "change", "share_customers", "revenue", "share_revenue"]
    return table.loc[(table["count_before"] > 0) | (table["count_customers"] > 0), columns].reset_index(drop=True)


def by_segment(segments: pd.DataFrame, customers: pd.DataFrame, column: str = "rfm_segment") -> pd.DataFrame:
    """Count customers, revenue and typical behaviour of each class of `column`.

    Parameters
    ----------
    segments, customers : DataFrame
        One row a customer each, of the same month.
    column : str
        A column of `segments`.

    Returns
    -------
    DataFrame
        One row a class, empty ones included, in the order of `classes`: `class, count_customers, share_customers,
        count_buyers, revenue` (sum of `spend_total`, source currency), `share_revenue, median_days_since_last_order`
        (buyers, days), `mean_spend` (revenue per buyer). Counts and revenue add up to those of the customers table.
    """
    facts = customers[["customer_id", "count_order_days", "spend_total", "days_since_last_order"]].merge(
        segments[["customer_id", column]], on="customer_id", how="left", validate="one_to_one"
    )
    facts = facts.sort_values("customer_id", kind="stable")
    facts["is_buyer"] = facts["count_order_days"] > 0
    facts["days"] = facts["days_since_last_order"].astype("Float64").astype(float)
    table = facts.groupby(column).agg(
        count_customers=("customer_id", "size"),
        count_buyers=("is_buyer", "sum"),
        revenue=("spend_total", "sum"),
        median_days_since_last_order=("days", "median"),
    )
    order = dict.fromkeys([*classes(column), *sorted(table.index)])
    table = table.reindex(list(order)).rename_axis("class").reset_index()
    counts = ["count_customers", "count_buyers"]
    table[[*counts, "revenue"]] = table[[*counts, "revenue"]].astype(float).fillna(0.0)
    table = table.astype(dict.fromkeys(counts, "int64"))
    table["share_customers"] = table["count_customers"] / max(len(facts), 1)
    total = float(facts["spend_total"].sum())
    table["share_revenue"] = table["revenue"] / total if total else 0.0
    table["mean_spend"] = (table["revenue"] / table["count_buyers"]).where(table["count_buyers"] > 0)
    columns = ["class", "count_customers", "share_customers", "count_buyers", "revenue", "share_revenue"]
    return table[[*columns, "median_days_since_last_order", "mean_spend"]]
