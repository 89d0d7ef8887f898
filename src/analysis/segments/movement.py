"""Who moved between classes since last month, and whether they or the cut-offs did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.segments.base import Cutoffs
from analysis.segments.lifecycle import LOST, PROSPECT
from analysis.segments.replay import ABSENT, ClassHistory
from analysis.segments.summary import classes

NOT_YET, NO_LONGER = "not_yet_a_customer", "no_longer_a_customer"


def with_spend(segments: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """`segments` with `spend_total` of the same month's customers, as `movements` reads it."""
    return segments.merge(customers[["customer_id", "spend_total"]], on="customer_id", how="left", validate="one_to_one")


def movements(previous: pd.DataFrame, current: pd.DataFrame, column: str) -> pd.DataFrame:
    """Flows of customers between the classes of two months, staying included.

    Parameters
    ----------
    previous, current : DataFrame
        One row a customer: `customer_id`, `column`, `spend_total` (see `with_spend`).
    column : str
        A classification.

    Returns
    -------
    DataFrame
        One row a pair of classes that occurs: `from, to, count_customers, revenue_before, revenue` (sums of `spend_total`
        of these customers in the earlier and the later month), `is_move`. Who is seen for the first time comes from
        ``not_yet_a_customer``; an id that is gone (merged into another) goes to ``no_longer_a_customer``. Counts and
        revenue over `from` add up to the earlier month's totals, over `to` to the later one's. In the order of classes.
    """
    keep = ["customer_id", column, "spend_total"]
    both = previous[keep].merge(current[keep], on="customer_id", how="outer", suffixes=("_before", ""), validate="one_to_one")
    both = both.sort_values("customer_id", kind="stable")
    both["from"] = both[f"{column}_before"].fillna(NOT_YET)
    both["to"] = both[column].fillna(NO_LONGER)
    spend = {"revenue_before": ("spend_total_before", "sum"), "revenue": ("spend_total", "sum")}
    table = both.groupby(["from", "to"]).agg(count_customers=("customer_id", "size"), **spend).reset_index()
    return _in_order(table.assign(is_move=table["from"] != table["to"]), column)


def largest(moves: pd.DataFrame, top: int = 10) -> pd.DataFrame:
    """Pick the `top` flows between different classes of `movements`, by customers, then by revenue."""
    moved = moves[moves["is_move"]]
    ordered = moved.sort_values(["count_customers", "revenue", "from", "to"], ascending=[False, False, True, True], kind="stable")
    return ordered.head(top).drop(columns="is_move").reset_index(drop=True)


def split(previous: pd.DataFrame, rescored: pd.DataFrame, current: pd.DataFrame, column: str) -> pd.DataFrame:
    """Movements told apart by cause (requirement X1).

    Parameters
    ----------
    previous, current : DataFrame
        One row a customer, the earlier month with its cut-offs and the later month with its own.
    rescored : DataFrame
        The later month's customers classed by the earlier month's cut-offs. Where cut-offs are held, the same as `current`.
    column : str
        A classification.

    Returns
    -------
    DataFrame
        One row a pair of different classes that occurs: `from, to, count_customers, count_behaviour` (moved by the old
        cut-offs too: orders or silence changed), `count_cutoff` (would have stayed by the old cut-offs: only the cut-off
        moved). The two add up to `count_customers`.
    """
    frame = _three(previous, rescored, current, column)
    frame = frame[frame["from"] != frame["to"]].assign(is_cutoff=lambda t: t["from"] == t["between"])
    table = frame.groupby(["from", "to"])["is_cutoff"].agg(count_customers="size", count_cutoff="sum").reset_index()
    table["count_behaviour"] = table["count_customers"] - table["count_cutoff"]
    return _in_order(table, column)[["from", "to", "count_customers", "count_behaviour", "count_cutoff"]]


def bridge(previous: pd.DataFrame, rescored: pd.DataFrame, current: pd.DataFrame, column: str) -> pd.DataFrame:
    """Size of each class from one month to the next (requirement X1); arguments as of `split`.

    Returns
    -------
    DataFrame
        One row a class with a customer in either month: `class, count_before, change_behaviour` (same cut-offs, this month's
        customers), `change_cutoff` (same customers, this month's cut-offs), `count_now`. ``count_before + change_behaviour +
        change_cutoff = count_now``. New customers are changed behaviour.
    """
    frames = (previous, rescored, current)
    seen = pd.concat([frame[column] for frame in frames]).unique()
    order = list(classes(column)) or sorted(seen)
    before, between, now = (frame[column].value_counts().reindex(order, fill_value=0) for frame in frames)
    table = pd.DataFrame({"count_before": before, "change_behaviour": between - before, "change_cutoff": now - between, "count_now": now})
    return table[(table["count_before"] > 0) | (between > 0) | (now > 0)].rename_axis("class").reset_index()


def explain(previous: pd.DataFrame, rescored: pd.DataFrame, current: pd.DataFrame, column: str) -> pd.DataFrame:
    """Every move of `movements` with its cause from `split`: both in one table, the largest first.

    Returns
    -------
    DataFrame
        `from, to, count_customers, count_behaviour, count_cutoff, revenue_before, revenue`; the two causes add up to the
        customers of each row.
    """
    moved = movements(previous, current, column).query("is_move")
    causes = split(previous, rescored, current, column).drop(columns="count_customers")
    table = moved.merge(causes, on=["from", "to"], how="left", validate="one_to_one")
    order = ["from", "to", "count_customers", "count_behaviour", "count_cutoff", "revenue_before", "revenue"]
    by = ["count_customers", "revenue", "from", "to"]
    return table.sort_values(by, ascending=[False, False, True, True], kind="stable")[order].reset_index(drop=True)


def sum_up_moves(previous: pd.DataFrame, rescored: pd.DataFrame, current: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Moves of several classifications in a row each.

    Returns
    -------
    DataFrame
        `scheme, count_customers` (seen in either month), `count_stayed, count_moved`, of these `count_behaviour, count_cutoff`,
        and `share_moved`. Who is seen for the first time has moved.
    """
    rows = []
    for column in columns:
        causes = split(previous, rescored, current, column)
        every = len(set(previous["customer_id"]) | set(current["customer_id"]))
        moved, behaviour, cutoff = (int(causes[name].sum()) for name in ("count_customers", "count_behaviour", "count_cutoff"))
        rows.append((column, every, every - moved, moved, behaviour, cutoff, moved / every if every else float("nan")))
    names = ["scheme", "count_customers", "count_stayed", "count_moved", "count_behaviour", "count_cutoff", "share_moved"]
    return pd.DataFrame(rows, columns=names)


def name_ruler(previous: Cutoffs, current: Cutoffs) -> str:
    """Key of the sentence that says whether the two months are measured by the cut-offs of one base month."""
    return "movement.held" if previous == current else "movement.rebased"


def headline(previous: pd.DataFrame, current: pd.DataFrame) -> dict[str, float]:
    """The chapter in four numbers.

    Customers seen `first` this month; of last month's `customers` those who `moved` to another lifecycle stage, and the
    `share` that they are.
    """
    table = movements(previous, current, "lifecycle_stage")
    first = int(table.loc[table["from"] == NOT_YET, "count_customers"].sum())
    moved = int(table.loc[table["is_move"] & (table["from"] != NOT_YET), "count_customers"].sum())
    every = len(previous)
    return {"first": first, "customers": every, "moved": moved, "share": moved / every if every else 0.0}


def rebase(held: pd.DataFrame, rebased: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """What new cut-offs alone would move: the same customers by the cut-offs held and by those of the month itself.

    Returns
    -------
    DataFrame
        One row a classification and class with a customer in either: `scheme, class, count_now, change_cutoff, count_rebased`
        (``count_now + change_cutoff = count_rebased``).
    """
    tables = []
    for column in columns:
        steps = bridge(held, held, rebased, column)
        names = {"count_before": "count_now", "count_now": "count_rebased"}
        tables.append(steps.rename(columns=names).assign(scheme=column)[["scheme", "class", "count_now", "change_cutoff", "count_rebased"]])
    return pd.concat(tables, ignore_index=True)


def account(previous: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Where this month's customers come from; `current` by last month's cut-offs, so that no stage changes with the ruler.

    Returns
    -------
    DataFrame
        `step, count_customers`: ``customers_before`` + ``first_seen`` - ``merged`` (an id found to be another's double) =
        ``customers_now``; then, of those seen in this month, ``first_orders`` (an order now, none a month ago),
        ``became_lost`` and ``returned`` (lost a month ago, no longer).
    """
    both = previous[["customer_id", "lifecycle_stage"]].merge(
        current[["customer_id", "lifecycle_stage"]], on="customer_id", how="outer", suffixes=("_before", ""), validate="one_to_one"
    )
    was, now = both["lifecycle_stage_before"], both["lifecycle_stage"]
    steps = {
        "customers_before": was.notna(),
        "first_seen": was.isna(),
        "merged": now.isna(),
        "customers_now": now.notna(),
        "first_orders": (was.isna() | (was == PROSPECT)) & now.notna() & (now != PROSPECT),
        "became_lost": was.notna() & (was != LOST) & (now == LOST),
        "returned": (was == LOST) & now.notna() & (now != LOST),
    }
    return pd.DataFrame({"step": list(steps), "count_customers": [int(rows.sum()) for rows in steps.values()]})


def trace(history: ClassHistory, scheme: str) -> pd.DataFrame:
    """Flows of buyers between the classes of the months of `history`.

    Returns
    -------
    DataFrame
        One row a month and pair of classes: `month, from, to, count_customers, count_class` (all in `to` at the end of that
        month). `from` is blank for first orders in that month, and, with a blank count, in the first month, whose rows name
        every class that occurs. Counts over `from` add up to `count_class` in all other months.
    """
    names = history.labels[scheme]
    codes = history.codes[scheme]
    used = [code for code in range(len(names)) if (codes == code).any()]
    sizes = {(m, c): int((codes[:, place] == c).sum()) for place, m in enumerate(history.months) for c in used}
    first = history.months[0] if history.months else ""
    rows: list[tuple[str, str | None, str, float, int]] = [(first, None, names[c], float("nan"), sizes[first, c]) for c in used]
    for place, month in enumerate(history.months[1:], start=1):
        before, now = codes[:, place - 1].astype(int), codes[:, place].astype(int)
        seen = now != ABSENT
        pairs, numbers = np.unique(np.stack([now[seen], before[seen]], axis=1), axis=0, return_counts=True)
        for (to, origin), number in zip(pairs, numbers, strict=True):
            rows.append((month, None if origin == ABSENT else names[origin], names[to], float(number), sizes[month, int(to)]))
    return pd.DataFrame(rows, columns=["month", "from", "to", "count_customers", "count_class"])


def _three(previous: pd.DataFrame, rescored: pd.DataFrame, current: pd.DataFrame, column: str) -> pd.DataFrame:
    named = zip((previous, rescored, current), ("from", "between", "to"), strict=True)
    parts = [frame.set_index("customer_id")[column].rename(name) for frame, name in named]
    table = pd.concat(parts, axis=1)
    return table.fillna({"from": NOT_YET, "between": NO_LONGER, "to": NO_LONGER})


def _in_order(table: pd.DataFrame, column: str) -> pd.DataFrame:
    labels = [NOT_YET, *classes(column), NO_LONGER]
    place = {label: number for number, label in enumerate(labels)}
    last = len(labels)
    keyed = table.assign(_from=table["from"].map(place).fillna(last), _to=table["to"].map(place).fillna(last))
    return keyed.sort_values(["_from", "_to", "from", "to"], kind="stable").drop(columns=["_from", "_to"]).reset_index(drop=True)
