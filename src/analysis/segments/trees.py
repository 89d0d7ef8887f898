"""A shallow decision tree that says in readable rules how a class differs, graded on customers it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.history.rates import wilson
from analysis.params import ClusterParams
from analysis.segments import tiers
from analysis.segments.cluster_features import Behaviour, sample
from analysis.segments.remark import Remark
from analysis.threads import one_thread

FEATURES = (
    *("days_since_last_order", "count_order_days", "count_order_days_per_year", "spend_mean", "spend_total_per_year"),
    *("days_as_customer", "products_per_order_day", "count_interactions_per_year"),
)
BASKETS = ("units_per_order", "lines_per_order", "discounted_share")
"""Of the behaviour that clusters are made of, see `Behaviour`."""
UNITS = {"days_since_last_order": "integer", "days_as_customer": "integer", "spend_mean": "money", "spend_total_per_year": "money"}
"""How a limit is written; as a number where nothing is said."""
WHOLE = ("days_since_last_order", "days_as_customer", "count_order_days")
DIGITS = 3
"""Significant digits of a rule's limit; the tree is graded with limits as they are printed."""
HASH_KEY = "held-out".ljust(16)


@dataclass(frozen=True)
class Tree:
    """A tree as it is printed, and its grade.

    Attributes
    ----------
    nodes : DataFrame
        One row a node, each before those below it: `node, parent` (-1 for the root), `depth, side` (``at_most`` or ``above``: which
        answer to the parent's question leads here; empty for the root), `feature, limit` (of that question; missing for the root),
        `class` (the most frequent one among those learnt from), `is_leaf, count_customers, share_customers` (of all that it was
        made for), `count_held_out, count_right, share_right` (of the held-out customers in a leaf, those of its class).
    grade : dict
        `count_learnt, count_held_out`; `accuracy` on those held out with `accuracy_low, accuracy_high` (Wilson); `majority`, the share
        of the class that is most frequent among those learnt from, and `majority_class`; `gain` (accuracy less majority) with
        `gain_low, gain_high` (paired, normal); `interval`, their probability.
    """

    nodes: pd.DataFrame
    grade: dict[str, Any]


@dataclass(frozen=True)
class _Node:
    parent: int
    depth: int
    side: str
    feature: str
    limit: float
    label: str


def describe(customers: pd.DataFrame, behaviour: Behaviour) -> pd.DataFrame:
    """What a tree may ask of a buyer: one row a customer with an order, index `customer_id`, sorted; no scaling.

    Columns are `FEATURES` and those of `BASKETS` that are known of every buyer, so that a rule never asks what nobody can tell.
    """
    buyers = customers[customers["count_order_days"] > 0].sort_values("customer_id", kind="stable")
    orders = buyers["count_order_days"].astype(float)
    columns = {
        **{name: buyers[name].astype(float) for name in ("days_since_last_order", "spend_mean", "days_as_customer")},
        "count_order_days": orders,
        "count_order_days_per_year": tiers.measure(buyers, "frequency"),
        "spend_total_per_year": tiers.measure(buyers, "amount"),
        "products_per_order_day": buyers["count_products"].astype(float) / orders,
        "count_interactions_per_year": tiers.measure(buyers, "interaction"),
    }
    table = pd.DataFrame(columns).set_axis(pd.Index(buyers["customer_id"], name="customer_id"))[list(FEATURES)]
    baskets = behaviour.shown.reindex(table.index)[list(BASKETS)]
    return table.join(baskets.loc[:, baskets.notna().all()])


def explain(features: pd.DataFrame, classes: pd.Series, params: ClusterParams, min_cell: int = 1) -> Tree | None:
    """Learn a tree for `classes`; None with too few customers, or where all learnt from have one class.

    Parameters
    ----------
    features : DataFrame
        One row a buyer, see `describe`.
    classes : Series
        Class by `customer_id`; buyers without one are left out.
    params : ClusterParams
        Depth, smallest leaf, share held out.
    min_cell : int
        Held-out customers in a leaf, and others than its class in it, below which its share of right answers is not told.

    Returns
    -------
    Tree or None
    """
    labels = classes.reindex(features.index)
    known = labels.notna().to_numpy()
    features, labels = features[known], labels[known].astype(str)
    if len(features) < params.min_customers:
        return None
    chosen = sample(features.index, params.tree_customers)
    is_held = _hold_out(features.index[chosen], params.tree_held_out)
    learnt, held = chosen[~is_held], chosen[is_held]
    if labels.iloc[learnt].nunique() < 2 or not len(held):
        return None
    with one_thread():
        nodes = _learn(features.iloc[learnt], labels.iloc[learnt].to_numpy(dtype=object), params)
    nodes = _prune(nodes)
    at_all, at_held = (_descend(nodes, frame) for frame in (features, features.iloc[held]))
    truth = labels.iloc[held].to_numpy(dtype=object)
    told = np.array([node.label for node in nodes], dtype=object)[at_held]
    majority = nodes[0].label
    return Tree(
        _tabulate(nodes, at_all, at_held, told == truth, min_cell),
        _grade(told == truth, truth == majority, majority, len(learnt), params.interval),
    )


def tell(tree: Tree | None, key: str) -> list[Remark]:
    """The grade as a sentence; none without a tree."""
    return [Remark(key, tree.grade)] if tree else []


def list_nodes(tree: Tree | None) -> pd.DataFrame | None:
    """The nodes; None without a tree."""
    return tree.nodes if tree else None


def _hold_out(ids: pd.Index, share: float) -> npt.NDArray[np.bool_]:
    """Chosen by a hash of the id, so that a customer stays on one side from month to month."""
    hashed = pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=HASH_KEY)
    return np.asarray(hashed < np.uint64(share * 2.0**64), dtype=np.bool_)


def _learn(features: pd.DataFrame, labels: npt.NDArray[Any], params: ClusterParams) -> list[_Node]:
    from sklearn.tree import DecisionTreeClassifier

    fitted: Any = DecisionTreeClassifier(max_depth=params.tree_depth, min_samples_leaf=params.tree_min_leaf, random_state=params.seed)
    fitted.fit(features.to_numpy(dtype=np.float64), labels)
    tree, nodes = fitted.tree_, []

    def walk(at: int, parent: int, depth: int, side: str, feature: str, limit: float) -> None:
        label = str(fitted.classes_[int(np.argmax(tree.value[at][0]))])
        nodes.append(_Node(parent, depth, side, feature, limit, label))
        if tree.children_left[at] < 0:
            return
        place, asked = len(nodes) - 1, str(features.columns[tree.feature[at]])
        bound = _round(asked, float(tree.threshold[at]))
        walk(tree.children_left[at], place, depth + 1, "at_most", asked, bound)
        walk(tree.children_right[at], place, depth + 1, "above", asked, bound)

    walk(0, -1, 0, "", "", math.nan)
    return nodes


def _prune(nodes: list[_Node]) -> list[_Node]:
    """The same answers in fewer questions: a question whose two answers are leaves of one class is not asked."""
    while True:
        below: dict[int, list[int]] = {}
        for place, node in enumerate(nodes):
            below.setdefault(node.parent, []).append(place)
        idle = next(
            (
                pair
                for parent, pair in below.items()
                if parent >= 0 and not any(place in below for place in pair) and len({nodes[place].label for place in pair}) == 1
            ),
            None,
        )
        if idle is None:
            return nodes
        kept = [place for place in range(len(nodes)) if place not in idle]
        moved = {place: number for number, place in enumerate(kept)} | {-1: -1}
        label, parent = nodes[idle[0]].label, nodes[idle[0]].parent
        nodes = [
            _Node(moved[n.parent], n.depth, n.side, n.feature, n.limit, label if place == parent else n.label)
            for place, n in ((place, nodes[place]) for place in kept)
        ]


def _descend(nodes: list[_Node], features: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Position of the leaf of each customer."""
    at = np.zeros(len(features), dtype=np.intp)
    for place, node in enumerate(nodes):
        if node.parent < 0:
            continue
        values = features[node.feature].to_numpy()
        is_here = values <= node.limit if node.side == "at_most" else values > node.limit
        at[(at == node.parent) & is_here] = place
    return at


def _tabulate(
    nodes: list[_Node], at_all: npt.NDArray[np.intp], at_held: npt.NDArray[np.intp], is_right: npt.NDArray[np.bool_], min_cell: int
) -> pd.DataFrame:
    count, held = (np.bincount(at, minlength=len(nodes)) for at in (at_all, at_held))
    right = np.bincount(at_held, weights=is_right, minlength=len(nodes)).astype(np.int64)
    parents = {node.parent for node in nodes}
    is_leaf = np.array([place not in parents for place in range(len(nodes))])
    for place in range(len(nodes) - 1, 0, -1):  # each node's customers are those of the leaves below it
        count[nodes[place].parent] += count[place]
    is_told = is_leaf & (held >= min_cell) & ((held == right) | (held - right >= min_cell))
    table = pd.DataFrame(
        {
            "node": np.arange(len(nodes)),
            "parent": [node.parent for node in nodes],
            "depth": [node.depth for node in nodes],
            "side": [node.side for node in nodes],
            "feature": [node.feature for node in nodes],
            "limit": [node.limit for node in nodes],
            "class": [node.label for node in nodes],
            "is_leaf": is_leaf,
            "count_customers": count,
            "share_customers": count / max(len(at_all), 1),
            "count_held_out": pd.array(held, dtype="Int64"),
            "count_right": pd.array(right, dtype="Int64"),
            "share_right": np.divide(right, held, out=np.full(len(nodes), np.nan), where=is_told),
        }
    )
    hidden = ~is_told
    table.loc[hidden, "count_right"] = pd.NA
    table.loc[~is_leaf, "count_held_out"] = pd.NA
    return table


def _grade(
    is_right: npt.NDArray[np.bool_], is_majority: npt.NDArray[np.bool_], majority: str, count_learnt: int, interval: float
) -> dict[str, Any]:
    from statistics import NormalDist

    count = len(is_right)
    low, high = (float(limit) for limit in wilson(int(is_right.sum()), count, interval))
    gains = is_right.astype(float) - is_majority.astype(float)
    half = NormalDist().inv_cdf(0.5 + interval / 2) * float(gains.std()) / math.sqrt(count)
    gain = float(gains.mean())
    return {
        "count_learnt": count_learnt,
        "count_held_out": count,
        "accuracy": float(is_right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "majority": float(is_majority.mean()),
        "majority_class": majority,
        "gain": gain,
        "gain_low": gain - half,
        "gain_high": gain + half,
        "interval": interval,
    }


def _round(feature: str, limit: float) -> float:
    """The limit as it is printed; of whole numbers the last one below it, which parts the same customers."""
    return float(f"{math.floor(limit) if feature in WHOLE else limit:.{DIGITS}g}")
