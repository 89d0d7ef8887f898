"""Classes laid beside each other and beside what they stand on: abstentions, definitions, channels, balances."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import hide_small
from analysis.history.rates import add_rate, wilson
from analysis.segments.schemes.cutoffs import ClassCutoffs
from analysis.segments.schemes.scheme import LEVELS, NO_ORDER, NOT_ENOUGH, SCHEMES, UNKNOWN
from analysis.segments.schemes.sizes import AGE_BANDS, AGES, POOLED, SILENT_ON, is_told, pool_rare, stack
from analysis.segments.schemes.value import DEFINITIONS, cut


def overview(classes: pd.DataFrame) -> pd.DataFrame:
    """One row a scheme: how many classes it fills, and how many customers it cannot class (requirement X8).

    Returns
    -------
    DataFrame
        `scheme`, `requirements` (ids), `count_classes` (with a customer, those that say "cannot tell" apart), `count_customers`
        (classed), `count_no_order`, `count_unknown` (an input is missing), `count_not_enough` (too few data, or too
        little evidence of a need). The four counts add up to all customers.
    """
    rows = []
    for scheme in SCHEMES:
        counts = classes[scheme.name].value_counts()
        told = counts.drop(labels=list(SILENT_ON), errors="ignore")
        # Where nobody can be classed there is no evidence to be little: the input itself is missing.
        vague = int(counts.get("unclassified", 0))
        unknown = int(counts.reindex([UNKNOWN, "margin_missing"]).fillna(0).sum()) + (0 if len(told) else vague)
        no_order, not_enough = int(counts.get(NO_ORDER, 0)), int(counts.get(NOT_ENOUGH, 0)) + (vague if len(told) else 0)
        rows.append((scheme.name, ", ".join(scheme.requirements), len(told), int(told.sum()), no_order, unknown, not_enough))
    return pd.DataFrame(
        rows, columns=["scheme", "requirements", "count_classes", "count_customers", "count_no_order", "count_unknown", "count_not_enough"]
    )


def group_bases(classes: pd.DataFrame, facts: pd.DataFrame, cutoffs: ClassCutoffs) -> pd.DataFrame:
    """The bases of segmentation of requirement B3, a column each; ``unknown`` where a fact is missing.

    Demographic (`gender, age_band, income_band`), geographic (`origin, region4, city_tier`), behavioural (`purchase_channel,
    need_segment`: what does not follow from the number of orders, as value and frequency do). Ages are in bands of ten
    years, incomes in thirds of the base month's.
    """
    age = facts["age_years"].to_numpy(dtype=float)
    placed = np.array([*AGE_BANDS, UNKNOWN], dtype=object)[
        np.where(np.isnan(age), len(AGE_BANDS), np.searchsorted(AGES, age, side="right"))
    ]
    incomes = pd.Series(UNKNOWN, index=facts.index, dtype=object)
    if "income_band" in cutoffs.bands:
        thirds = pd.Series(cut(facts["income"].astype("Float64").astype("float64"), cutoffs.bands["income_band"]), index=facts.index)
        incomes = thirds.map({**{level: f"income_{level}" for level in LEVELS}, NOT_ENOUGH: UNKNOWN})
    return pd.DataFrame(
        {
            "gender": facts["gender"].fillna(UNKNOWN),
            "age_band": pd.Series(placed, index=facts.index),
            "income_band": incomes,
            **{name: classes[name] for name in ("origin", "region4", "city_tier", "purchase_channel", "need_segment")},
        }
    )


def compare_definitions(classes: pd.DataFrame) -> pd.DataFrame:
    """How far the definitions of value agree.

    Returns
    -------
    DataFrame
        One row a pair of those `value.DEFINITIONS` that class anybody: `first, second, count_customers` (classed by both),
        `count_same`, `share_same` with Wilson limits, `count_high` (high in the first), `count_high_both` (of these, high in the
        second as well) and `share_high_both`.
    """
    rows = []
    for first, second in combinations([name for name in DEFINITIONS if is_told(classes[name])], 2):
        both = classes[classes[first].isin(LEVELS) & classes[second].isin(LEVELS)]
        high = both[both[first] == LEVELS[0]]
        rows.append((first, second, len(both), int((both[first] == both[second]).sum()), len(high), int((high[second] == LEVELS[0]).sum())))
    table = pd.DataFrame(rows, columns=["first", "second", "count_customers", "count_same", "count_high", "count_high_both"])
    return add_rate(add_rate(table, "count_same", "count_customers", "share_same"), "count_high_both", "count_high", "share_high_both")


def count_margins(facts: pd.DataFrame, classes: pd.DataFrame) -> dict[str, int]:
    """Of the buyers, whose costs are `known`, and whose margin is `missing` (requirement C1); `tiers` that agree with the segments'.

    `customers` counts all, those without an order included.
    """
    missing = int((classes["value_profit"] == "margin_missing").sum())
    buyers = int((facts["count_order_days"] > 0).sum())
    same = int((classes["tier"].to_numpy() == facts["tier"].to_numpy()).sum())
    return {"buyers": buyers, "known": buyers - missing, "missing": missing, "tiers": same, "customers": len(classes)}


def shift_channels(counts: pd.DataFrame, min_cell: int) -> pd.DataFrame | None:
    """Mix of channels in the last twelve months and in those before (requirement C6); None without orders in both.

    Parameters
    ----------
    counts : DataFrame
        `history.traits.count_channels`.

    Returns
    -------
    DataFrame
        One row a channel, the largest first: `channel, count_before, share_before, count_orders, share_orders, change` (of the
        share), `change_low, change_high` (95 %, Newcombe 1998, Statistics in Medicine 17:873-890, method 10; orders of one
        customer are alike, so that this is the least uncertainty there is).
    """
    if counts.empty or not counts["count_before"].sum() or not counts["count_orders"].sum():
        return None
    small = counts[["count_before", "count_orders"]].sum(axis=1) < min_cell
    table = counts.assign(channel=counts["channel"].mask(small, POOLED)).groupby("channel", as_index=False).sum()
    before, now = table["count_before"].sum(), table["count_orders"].sum()
    table = table.assign(share_before=table["count_before"] / before, share_orders=table["count_orders"] / now)
    low_before, high_before = wilson(table["count_before"], np.full(len(table), before))
    low_now, high_now = wilson(table["count_orders"], np.full(len(table), now))
    change = table["share_orders"] - table["share_before"]
    down = np.hypot(table["share_orders"] - low_now, high_before - table["share_before"])
    up = np.hypot(high_now - table["share_orders"], table["share_before"] - low_before)
    table = table.assign(change=change, change_low=change - down, change_high=change + up)
    columns = ["channel", "count_before", "share_before", "count_orders", "share_orders", "change", "change_low", "change_high"]
    return table.sort_values(["count_orders", "channel"], ascending=[False, True], ignore_index=True)[columns]


def add_balances(classes: pd.DataFrame, facts: pd.DataFrame, balances: pd.DataFrame | None, min_cell: int) -> pd.DataFrame | Missing:
    """What is owed by industry, region and contract type (requirement D15).

    Returns
    -------
    DataFrame or Missing
        One row a group of each: `scheme, class, count_customers, count_balance` (with a balance that is not zero), `revenue`,
        `balance` (currency). Money of few is blank.
    """
    if balances is None:
        return Missing("invoices", (), ("D15",))
    owed = facts[["customer_id"]].merge(balances, on="customer_id", how="left", validate="one_to_one")["balance"].fillna(0.0).to_numpy()
    parts = []
    for name in ("industry", "region4", "contract_type"):
        if is_told(classes[name]):
            rows = pd.DataFrame({"class": pool_rare(classes[name], min_cell), "balance": owed, "revenue": facts["spend_total"]})
            rows["owes"] = rows["balance"].round(4) != 0
            groups = rows.groupby("class").agg(
                count_customers=("owes", "size"), count_balance=("owes", "sum"), revenue=("revenue", "sum"), balance=("balance", "sum")
            )
            table = groups.reset_index().sort_values(["balance", "class"], ascending=[False, True])
            parts.append(
                (name, hide_small(hide_small(table, "count_customers", ["revenue"], min_cell), "count_balance", ["balance"], min_cell))
            )
    return stack(parts, "scheme") if parts else Missing("customers", ("industry", "region", "contract_type"), ("D15",))


def headline(classes: pd.DataFrame) -> dict[str, float]:
    """`schemes`, of them `silent` ones (which tell nobody apart), `customers`, and how many of these are `important`."""
    return {
        "schemes": len(SCHEMES),
        "silent": sum(not is_told(classes[scheme.name]) for scheme in SCHEMES),
        "customers": len(classes),
        "important": int((classes["importance"] == "important").sum()),
    }
