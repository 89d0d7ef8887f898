"""One state machine, five vocabularies: labels of the lifecycle, their crosswalk, and this month's transitions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments import lifecycle
from analysis.segments.lifecycle import ACTIVE, BACK, CROSSWALK, LOYAL, NEW, PROSPECT
from analysis.segments.movement import NO_LONGER, NOT_YET
from analysis.segments.schemes.scheme import HIGH, NOT_ENOUGH

VOCABULARIES = {f"lifecycle_{name.lower()}": name for name in CROSSWALK}
"""Column of `classes` -> requirement id."""

BEFORE, BEGUN, RUNNING, FADING, SILENT = "before", "begun", "running", "fading", "silent_on_it"
MEANINGS: dict[str, dict[str, str]] = {
    "lifecycle_a9": {"high_value": RUNNING, "potential": SILENT, "dormant": FADING, NOT_ENOUGH: SILENT},
    "lifecycle_a19": {"introduction": SILENT, "growth": RUNNING, "maturity": RUNNING, "decline": FADING},
    "lifecycle_b17": {"new": BEGUN, "active": RUNNING, "silent": FADING, "not_named": SILENT},
    "lifecycle_c9": {"potential": BEFORE, "first_purchase": SILENT, "repeat": RUNNING, "loyal": RUNNING},
    "lifecycle_d8": {"potential": BEFORE, "new": BEGUN, "active": RUNNING, "lost": FADING},
}
"""What a label says of where the customer stands: before the first order, just begun, running, fading; ``silent_on_it`` where
it holds for several of these. Vocabularies disagree on a customer for whom they say different things."""


def classify(facts: pd.DataFrame, value_amount: np.ndarray, params: Params) -> dict[str, np.ndarray]:
    """Label of every customer in each vocabulary.

    All follow from the stage. A9 calls a customer who is neither dormant, lost nor without an order of high value where
    `value_amount` is high, and of none where it cannot be told (the new apart, who are potential). C9 goes by the
    number of order days: one, more, `lifecycle.loyal_order_days` and more,
    and knows no silence.
    """
    stage = facts["lifecycle_stage"]
    labels = {column: stage.map(CROSSWALK[name]).to_numpy(dtype=object) for column, name in VOCABULARIES.items()}
    is_running = stage.isin((NEW, ACTIVE, LOYAL, BACK)).to_numpy()
    running = {"high_value": value_amount == HIGH, NOT_ENOUGH: (value_amount == NOT_ENOUGH) & (stage != NEW).to_numpy()}
    for label, holds in running.items():
        labels["lifecycle_a9"] = np.where(is_running & holds, label, labels["lifecycle_a9"])
    orders = facts["count_order_days"].to_numpy()
    by_orders = [stage == PROSPECT, orders >= params.lifecycle.loyal_order_days, orders > 1, orders == 1]
    # where there are no orders to count (contracts), the stage alone tells
    labels["lifecycle_c9"] = np.select(by_orders, ["potential", "loyal", "repeat", "first_purchase"], labels["lifecycle_c9"]).astype(object)
    return labels


def crosswalk(classes: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Where each vocabulary puts the customers (requirement X2).

    Returns
    -------
    DataFrame
        One row a stage and combination of labels that occurs: `lifecycle_stage`, the five columns of `VOCABULARIES`,
        `count_customers`, `is_disagreement` (two of the labels say different things of where the customer stands, see
        `MEANINGS`). Every customer is in exactly one row; in the order of stages.
    """
    columns = list(VOCABULARIES)
    table = classes[["customer_id", *columns]].merge(
        segments[["customer_id", "lifecycle_stage"]], on="customer_id", how="left", validate="one_to_one"
    )
    counts = table.groupby(["lifecycle_stage", *columns]).size().rename("count_customers").reset_index()
    said = [counts[column].map(MEANINGS[column]) for column in columns]
    found = [{word for word in row if word != SILENT} for row in zip(*said, strict=True)]
    counts["is_disagreement"] = [len(words) > 1 for words in found]
    place = counts["lifecycle_stage"].map(lifecycle.STAGES.index)
    order = counts.assign(_place=place).sort_values(
        ["_place", "count_customers", *columns], ascending=[True, False, *[True] * len(columns)]
    )
    return order.drop(columns="_place").reset_index(drop=True)


def count_sides(walk: pd.DataFrame) -> dict[str, int]:
    """`all` customers of a `crosswalk`, and those on whom vocabularies `disagree`."""
    disagree = walk.loc[walk["is_disagreement"], "count_customers"].sum()
    return {"all": int(walk["count_customers"].sum()), "disagree": int(disagree)}


def find_transitions(previous: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Changes of stage since last month, with the rule that made them (requirement A21).

    Parameters
    ----------
    previous, current : DataFrame
        One row a customer: `customer_id, lifecycle_stage`; of `current` also `lifecycle_rule, spend_total`.

    Returns
    -------
    DataFrame
        One row a pair of different stages and the rule that fired, in the order of stages: `from, to, lifecycle_rule,
        count_customers, revenue` (spend of these customers so far). Customers seen for the first time come from
        ``not_yet_a_customer``.
    """
    both = current.merge(previous[["customer_id", "lifecycle_stage"]], on="customer_id", how="left", suffixes=("", "_before"))
    both = both.sort_values("customer_id", kind="stable").assign(before=lambda t: t["lifecycle_stage_before"].fillna(NOT_YET))
    moved = both[both["before"] != both["lifecycle_stage"]]
    table = moved.groupby(["before", "lifecycle_stage", "lifecycle_rule"]).agg(
        count_customers=("customer_id", "size"), revenue=("spend_total", "sum")
    )
    table = table.reset_index().rename(columns={"before": "from", "lifecycle_stage": "to"})
    order = [NOT_YET, *lifecycle.STAGES, NO_LONGER]
    return table.sort_values(
        ["from", "to", "lifecycle_rule"], key=lambda c: c.map(order.index) if c.name != "lifecycle_rule" else c
    ).reset_index(drop=True)


MOVING = ("lifecycle_a19", "lifecycle_b17", "lifecycle_d8")
"""Vocabularies whose labels follow from the stage alone."""


def move_vocabularies(previous: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """From which label to which customers went since last month (requirements A19, B17, D8), those who stayed included.

    Parameters
    ----------
    previous, current : DataFrame
        One row a customer: `customer_id, lifecycle_stage`.

    Returns
    -------
    DataFrame
        One row a vocabulary of `MOVING` and two labels, in their order: `scheme, from` (``not_yet_a_customer``: seen for the first
        time), `to, count_customers, share_from` (of those who were there last month). Of each vocabulary the counts add up to all
        customers of `current`. No money: beside that of `find_transitions`, a difference would tell what one customer spent.
    """
    both = current[["customer_id", "lifecycle_stage"]].merge(
        previous[["customer_id", "lifecycle_stage"]], on="customer_id", how="left", suffixes=("", "_before"), validate="one_to_one"
    )
    both = both.assign(before=both["lifecycle_stage_before"].fillna(NOT_YET))
    moves = both.groupby(["before", "lifecycle_stage"]).size().rename("count_customers").reset_index()
    parts = []
    for column in MOVING:
        names = {**CROSSWALK[VOCABULARIES[column]], NOT_YET: NOT_YET}
        labels = [NOT_YET, *dict.fromkeys(CROSSWALK[VOCABULARIES[column]][stage] for stage in lifecycle.STAGES)]
        named = moves.assign(**{"from": moves["before"].map(names), "to": moves["lifecycle_stage"].map(names), "scheme": column})
        table = named.groupby(["scheme", "from", "to"], as_index=False)["count_customers"].sum()
        table = table.sort_values(["from", "to"], key=lambda c, order=labels: c.map(order.index), ignore_index=True)
        whole = table.groupby("from")["count_customers"].transform("sum")
        parts.append(table.assign(share_from=table["count_customers"] / whole))
    return pd.concat(parts, ignore_index=True)
