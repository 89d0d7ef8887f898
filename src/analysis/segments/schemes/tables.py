"""Classes in numbers: how many customers each holds, what they bring, how often they return."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import hide_small, small_groups
from analysis.history.rates import add_rate, wilson
from analysis.segments import lifecycle
from analysis.segments.schemes.cutoffs import ClassCutoffs
from analysis.segments.schemes.place import OUTSIDE
from analysis.segments.schemes.scheme import LEVELS, NO_ORDER, NOT_ENOUGH, SCHEMES, UNKNOWN, Scheme
from analysis.segments.schemes.value import DEFINITIONS, cut

POOLED = "pooled"
SILENT_ON = (UNKNOWN, NOT_ENOUGH, NO_ORDER, "margin_missing", "unclassified")
"""Labels that say that a customer could not be classed."""
RUNNING = (lifecycle.NEW, lifecycle.ACTIVE, lifecycle.LOYAL, lifecycle.BACK)
MAX_LEVELS = 12
AGES = (25, 35, 45, 55, 65)
PAIRS = (("gender", "purchase_channel"), ("region4", "need_segment"), ("age_band", "region4"))
"""Bases that are laid across each other: demographic and behavioural, geographic and behavioural, demographic and geographic."""
AGE_BANDS = (f"under_{AGES[0]}", *(f"{a}_to_{b - 1}" for a, b in pairwise(AGES)), f"{AGES[-1]}_and_over")
_ORDERS = {"age_band": (*AGE_BANDS, UNKNOWN), "income_band": (*(f"income_{level}" for level in LEVELS), UNKNOWN)}
_ORDERS |= {scheme.name: scheme.labels for scheme in SCHEMES if scheme.labels}
MONEY = ["revenue", "share_revenue"]
OF_BUYERS = ("count_buyers", "count_repeat", "repeat_rate", "repeat_rate_low", "repeat_rate_high")
"""Columns that a table of many schemes leaves away; the bases of segmentation show them."""
COLUMNS = ["count_customers", "share_customers", "revenue", "share_revenue", "count_buyers", "count_repeat"]
RATES = ["repeat_rate", "repeat_rate_low", "repeat_rate_high"]


def is_told(labels: pd.Series) -> bool:
    """Whether a scheme tells anybody from the others; regions of China say nothing of a source whose customers are all outside."""
    return bool((~labels.isin((*SILENT_ON, OUTSIDE))).any())


def find_gaps(classes: pd.DataFrame, family: str) -> list[Missing]:
    """What the source lacks for the schemes of a `family` in which nobody could be classed."""
    without = [scheme for scheme in SCHEMES if scheme.family == family and not is_told(classes[scheme.name])]
    return [Missing(scheme.table, scheme.columns, scheme.requirements) for scheme in without]


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


def tabulate_family(classes: pd.DataFrame, facts: pd.DataFrame, family: str, min_cell: int) -> pd.DataFrame:
    """`tabulate` of all schemes of a family that class anybody, one below the other, with the column `scheme` before."""
    shown = [scheme for scheme in SCHEMES if scheme.family == family and is_told(classes[scheme.name])]
    return _stack([(scheme.name, tabulate(classes[scheme.name], facts, min_cell, scheme)) for scheme in shown], "scheme")


def tabulate_groups(groups: pd.DataFrame, facts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """`tabulate` of every column of `groups` that classes anybody, with the column `scheme` before."""
    return _stack(
        [(name, tabulate(groups[name], facts, min_cell, order=_ORDERS.get(name))) for name in groups if is_told(groups[name])], "scheme"
    )


def tabulate(
    labels: pd.Series, facts: pd.DataFrame, min_cell: int, scheme: Scheme | None = None, order: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """Size, revenue and repeat rate of each class.

    Parameters
    ----------
    labels : Series
        Class of each customer of `facts`.
    facts : DataFrame
        One row a customer: `count_order_days, spend_total, lifecycle_stage`.
    min_cell : int
        Money and rates of fewer customers are left blank; levels of the data (a channel, an industry) that so few have are pooled.
    order : tuple of str, optional
        Labels in order, where they are those of no scheme.

    Returns
    -------
    DataFrame
        One row a class, in the order of the scheme (levels of the data: the largest first): `class, count_customers,
        share_customers, revenue, share_revenue` (spend so far, currency), `count_buyers`, `count_repeat`, `repeat_rate` with Wilson
        limits (two order days or more, of buyers), `share_active` (neither dormant, lost nor without an order). Counts and
        revenue add up to those of all customers.
    """
    order = order or (scheme.labels if scheme else None)
    names = labels if order else _pool(labels, min_cell)
    table = _add_up([names.to_numpy()], facts, ["class"])
    listed = list(order) if order else _by_size(table)
    found = table.set_index("class").reindex([label for label in listed if label in set(table["class"])]).reset_index()
    return _hide(_finish(found, len(facts), facts), min_cell)


def cross(groups: pd.DataFrame, facts: pd.DataFrame, pairs: Sequence[tuple[str, str]], min_cell: int) -> pd.DataFrame | None:
    """Size, revenue and repeat rate where two ways of grouping meet (requirement B3); None where no pair can be made.

    Returns
    -------
    DataFrame
        One row a pair and two groups that occur together: `pair` (the two columns), `first, second, count_customers, revenue,
        share_revenue, count_buyers, count_repeat, repeat_rate` with limits, `share_active`. Customers in neither group
        (unknown) are counted too. Money and rates of small cells are blank.
    """
    parts = []
    for first, second in pairs:
        if not (is_told(groups[first]) and is_told(groups[second])):
            continue
        keys = [(groups[name] if name in _ORDERS else _pool(groups[name], min_cell)).to_numpy() for name in (first, second)]
        table = _hide(_finish(_add_up(keys, facts, ["first", "second"]), len(facts), facts), min_cell)
        placed = [table[key].map(_place(name)) for key, name in (("first", first), ("second", second))]
        in_order = np.lexsort((table["second"], placed[1], table["first"], placed[0]))
        parts.append((f"{first}, {second}", table.iloc[in_order].reset_index(drop=True)))
    return _stack(parts, "pair") if parts else None


def pick_pair(crossed: pd.DataFrame | None) -> pd.DataFrame | None:
    """The last pair of `cross` without those who could not be classed, for a map; None where there is none."""
    if crossed is None:
        return None
    last = crossed[crossed["pair"] == crossed["pair"].iloc[-1]]
    told = last[~last["first"].isin(SILENT_ON) & ~last["second"].isin(SILENT_ON)]
    return told[["first", "second", "count_buyers", "count_repeat", *RATES]].reset_index(drop=True)


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
        One row a pair of `value.DEFINITIONS`: `first, second, count_customers` (classed by both), `count_same`, `share_same` with
        Wilson limits, `count_high` (high in the first), `share_high_both` (of these, high in the second as well).
    """
    rows = []
    for first, second in combinations(DEFINITIONS, 2):
        both = classes[classes[first].isin(LEVELS) & classes[second].isin(LEVELS)]
        high = both[both[first] == LEVELS[0]]
        rows.append((first, second, len(both), int((both[first] == both[second]).sum()), len(high), int((high[second] == LEVELS[0]).sum())))
    table = pd.DataFrame(rows, columns=["first", "second", "count_customers", "count_same", "count_high", "count_high_both"])
    return add_rate(add_rate(table, "count_same", "count_customers", "share_same"), "count_high_both", "count_high", "share_high_both")


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
            rows = pd.DataFrame({"class": _pool(classes[name], min_cell), "balance": owed, "revenue": facts["spend_total"]})
            rows["owes"] = rows["balance"].round(4) != 0
            groups = rows.groupby("class").agg(
                count_customers=("owes", "size"), count_balance=("owes", "sum"), revenue=("revenue", "sum"), balance=("balance", "sum")
            )
            table = groups.reset_index().sort_values(["balance", "class"], ascending=[False, True])
            parts.append(
                (name, hide_small(hide_small(table, "count_customers", ["revenue"], min_cell), "count_balance", ["balance"], min_cell))
            )
    return _stack(parts, "scheme") if parts else Missing("customers", ("industry", "region", "contract_type"), ("D15",))


def headline(classes: pd.DataFrame) -> dict[str, float]:
    """`schemes`, `customers`, and how many of them are `important`; `told`: ways in which the customer in the middle is classed."""
    told = np.sum([~classes[scheme.name].isin(SILENT_ON).to_numpy() for scheme in SCHEMES], axis=0)
    return {
        "schemes": len(SCHEMES),
        "customers": len(classes),
        "important": int((classes["importance"] == "important").sum()),
        "told": int(np.median(told)) if len(told) else 0,
    }


def _pool(labels: pd.Series, min_cell: int) -> pd.Series:
    """Levels of the data: those of few customers, and all but the most frequent, together."""
    counts = labels.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    small = [level for level in small_groups(counts, min_cell) if level not in SILENT_ON]
    levels = [level for level in counts.index if level not in SILENT_ON and level not in small]
    rest = [*small, *levels[MAX_LEVELS:]]
    return labels.where(~labels.isin(rest), POOLED) if rest else labels


def _place(name: str) -> dict[str, int]:
    """Place of each label of a grouping; levels of the data have none."""
    return {label: number for number, label in enumerate(_ORDERS.get(name, ()))}


def _by_size(table: pd.DataFrame) -> list[str]:
    ordered = table.sort_values(["count_customers", "class"], ascending=[False, True])["class"]
    last = [POOLED, *SILENT_ON]
    return [label for label in ordered if label not in last] + last


def _add_up(keys: list[np.ndarray], facts: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    orders = facts["count_order_days"].to_numpy()
    rows = pd.DataFrame(
        {
            **dict(zip(names, keys, strict=True)),
            "revenue": facts["spend_total"].to_numpy(dtype=float),
            "is_buyer": orders > 0,
            "is_repeat": orders > 1,
            "is_active": facts["lifecycle_stage"].isin(RUNNING).to_numpy(),
        }
    )
    groups = rows.groupby(names, sort=True)
    return groups.agg(
        count_customers=("revenue", "size"),
        revenue=("revenue", "sum"),
        count_buyers=("is_buyer", "sum"),
        count_repeat=("is_repeat", "sum"),
        count_active=("is_active", "sum"),
    ).reset_index()


def _finish(table: pd.DataFrame, count: int, facts: pd.DataFrame) -> pd.DataFrame:
    total = float(facts["spend_total"].sum())
    has_orders = bool((facts["count_order_days"] > 0).any())
    table = table.assign(
        revenue=table["revenue"] if has_orders else np.nan,
        share_customers=table["count_customers"] / max(count, 1),
        share_revenue=table["revenue"] / total if total else np.nan,
        share_active=table["count_active"] / table["count_customers"],
    )
    table = add_rate(table, "count_repeat", "count_buyers", "repeat_rate")
    first = [name for name in ("class", "first", "second") if name in table]
    return table[[*first, *COLUMNS, *RATES, "share_active"]]


def _hide(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    return hide_small(hide_small(table, "count_customers", [*MONEY, "share_active"], min_cell), "count_buyers", [*MONEY, *RATES], min_cell)


def _stack(parts: list[tuple[str, pd.DataFrame]], column: str) -> pd.DataFrame:
    frames = [part.assign(**{column: name}) for name, part in parts]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[column, "class", *COLUMNS, *RATES])
    return table[[column, *(name for name in table.columns if name != column)]]
