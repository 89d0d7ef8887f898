"""Who moved between classes since last month, and whether they or the cut-offs did."""

from __future__ import annotations

import pandas as pd

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
        One row a class: `class, count_before, change_behaviour` (same cut-offs, this month's customers), `change_cutoff`
        (same customers, this month's cut-offs), `count_now`. ``count_before + change_behaviour + change_cutoff =
        count_now``. New customers are changed behaviour.
    """
    frames = (previous, rescored, current)
    seen = pd.concat([frame[column] for frame in frames]).unique()
    order = list(classes(column)) or sorted(seen)
    before, between, now = (frame[column].value_counts().reindex(order, fill_value=0) for frame in frames)
    table = pd.DataFrame({"count_before": before, "change_behaviour": between - before, "change_cutoff": now - between, "count_now": now})
    return table.rename_axis("class").reset_index()


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
