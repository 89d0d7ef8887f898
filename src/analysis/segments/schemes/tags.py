"""Tags that people gave to customers: how many have each, which nobody uses, which contradict each other or the data."""

from __future__ import annotations

import pandas as pd

from analysis.history.disclosure import small_groups
from analysis.params import Params, ParamsError
from analysis.segments import lifecycle

SEPARATORS = r"[;,|/、，；]+"
GONE = (lifecycle.DORMANT, lifecycle.LOST)


def split_tags(customers: pd.DataFrame) -> pd.DataFrame:
    """One row a customer and tag, sorted: `customer_id`, `tag` (lower case, outer space removed; each once).

    `customers` has `customer_id` and `tags`, where tags stand beside each other with one of ; , | / between them.
    """
    known = customers.loc[customers["tags"].notna(), ["customer_id", "tags"]]
    rows = known.assign(tag=known["tags"].astype(str).str.lower().str.split(SEPARATORS, regex=True)).explode("tag")
    rows["tag"] = rows["tag"].str.strip()
    rows = rows[rows["tag"].notna() & (rows["tag"] != "")]
    return rows[["customer_id", "tag"]].drop_duplicates().sort_values(["customer_id", "tag"], ignore_index=True)


def count_tags(tags: pd.DataFrame, facts: pd.DataFrame, params: Params) -> pd.DataFrame:
    """How many customers have each tag (requirement B25).

    Returns
    -------
    DataFrame
        One row a tag, and one a tag of `classes.known_tags` that nobody has, the most frequent first: `tag, count_customers,
        count_active` (of them neither dormant, lost nor without an order), `revenue` (their spend so far), `tag_use` (``used``,
        ``only_gone``: no active customer has it, ``unused``: nobody has it; ``unlisted``: used, but not on the list where there is one).
    """
    named = tags.merge(facts[["customer_id", "lifecycle_stage", "spend_total"]], on="customer_id", how="inner", validate="many_to_one")
    named["is_active"] = ~named["lifecycle_stage"].isin((*GONE, lifecycle.PROSPECT))
    table = named.groupby("tag").agg(
        count_customers=("customer_id", "size"), count_active=("is_active", "sum"), revenue=("spend_total", "sum")
    )
    table = table.reindex(sorted({*table.index, *params.classes.known_tags})).fillna(0)
    table = table.astype({"count_customers": "int64", "count_active": "int64"}).rename_axis("tag").reset_index()
    table["tag_use"] = "used"
    if params.classes.known_tags:
        table.loc[~table["tag"].isin(params.classes.known_tags), "tag_use"] = "unlisted"
    table.loc[table["count_active"] == 0, "tag_use"] = "only_gone"
    table.loc[table["count_customers"] == 0, "tag_use"] = "unused"
    return table.sort_values(["count_customers", "tag"], ascending=[False, True], ignore_index=True)


def hide_rare(counts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """`count_tags` for the page: tags of few customers (a person's words, which may name one) in one row, ``pooled``."""
    small = small_groups(counts.set_index("tag")["count_customers"], min_cell)
    is_rare = counts["tag"].isin(small)
    if not is_rare.any():
        return counts
    numbers = ["count_customers", "count_active", "revenue"]
    pooled = counts.loc[is_rare, numbers].sum().to_frame().T.astype({"count_customers": "int64", "count_active": "int64"})
    return pd.concat([counts[~is_rare], pooled.assign(tag="pooled", tag_use="used")], ignore_index=True)


def find_conflicts(tags: pd.DataFrame, classes: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Customers who carry two sides of a pair of `classes.tag_conflicts`.

    A side is a tag, or ``column=label`` for a class of the table `classes`.

    Returns
    -------
    DataFrame
        One row a pair, in the order of the parameter: `first, second, count_first` (customers who have the first side),
        `count_customers` (who have both).

    Raises
    ------
    ParamsError
        A pair that names a column which is none of `classes`.
    """
    rows = []
    for first, second in params.classes.tag_conflicts:
        one, two = (_have(side, tags, classes) for side in (first, second))
        rows.append((first, second, len(one), len(one & two)))
    return pd.DataFrame(rows, columns=["first", "second", "count_first", "count_customers"])


def _have(side: str, tags: pd.DataFrame, classes: pd.DataFrame) -> set[str]:
    column, is_class, label = side.partition("=")
    if not is_class:
        return set(tags.loc[tags["tag"] == side, "customer_id"])
    if column not in classes.columns:
        raise ParamsError(f"classes.tag_conflicts: {column} in {side} is no column of classes")
    return set(classes.loc[classes[column] == label, "customer_id"])
