from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.params import load_params
from analysis.segments import trees
from analysis.segments.cluster_features import describe_buyers
from analysis.segments.trees import _descend, _Node, _prune, _round
from company_of_kinds import make_kinds

PARAMS = load_params({"clusters": {"min_customers": 150}}).clusters


@pytest.fixture(scope="module")
def features():
    tables = make_kinds()
    return trees.describe(tables[0], describe_buyers(*tables))


def kinds(features):
    return pd.Series(features.index.str[0], index=features.index)


def test_classes_that_features_tell_are_told(features):
    tree = trees.explain(features, kinds(features), PARAMS)
    assert tree.grade["accuracy"] == 1.0
    assert tree.grade["majority"] < 0.5
    assert tree.grade["count_learnt"] + tree.grade["count_held_out"] == 180


def test_classes_that_are_chance_gain_nothing(features):
    chance = pd.Series(np.random.default_rng(3).choice(["a", "b"], len(features)), index=features.index)
    grade = trees.explain(features, chance, PARAMS).grade
    assert grade["gain_low"] < 0.1
    assert grade["accuracy_low"] < grade["accuracy"] < grade["accuracy_high"]


def test_leaves_hold_every_customer_once_and_parents_their_childrens(features):
    nodes = trees.explain(features, kinds(features), PARAMS).nodes.set_index("node")
    leaves = nodes[nodes["is_leaf"]]
    assert leaves["count_customers"].sum() == len(features) == nodes.loc[0, "count_customers"]
    children = nodes[nodes["parent"] >= 0].groupby("parent")["count_customers"].sum()
    assert (children == nodes.loc[children.index, "count_customers"]).all()


def test_the_order_of_rows_changes_nothing(features):
    one = trees.explain(features, kinds(features), PARAMS)
    other = trees.explain(features, kinds(features).sample(frac=1, random_state=1), PARAMS)
    pd.testing.assert_frame_equal(one.nodes, other.nodes)
    assert one.grade == other.grade


@pytest.mark.parametrize(("least", "is_told"), [(180, True), (181, False)])
def test_too_few_customers_have_no_tree(features, least, is_told):
    few = PARAMS.model_copy(update={"min_customers": least})
    assert (trees.explain(features, kinds(features), few) is not None) == is_told


def test_one_class_needs_no_question(features):
    assert trees.explain(features, pd.Series("a", index=features.index), PARAMS) is None


def test_customers_without_a_class_are_left_out(features):
    labels = kinds(features).where(lambda kind: kind != "d")
    assert trees.explain(features, labels, PARAMS.model_copy(update={"min_customers": 100})).nodes.loc[0, "count_customers"] == 120


def test_shares_of_few_held_out_are_not_told(features):
    nodes = trees.explain(features, kinds(features), PARAMS, min_cell=1000).nodes
    assert nodes["share_right"].isna().all()
    assert nodes["count_right"].isna().all()


def test_a_limit_is_at_most_on_one_side_and_above_on_the_other():
    nodes = [_Node(-1, 0, "", "", math.nan, "a"), _Node(0, 1, "at_most", "x", 5.0, "a"), _Node(0, 1, "above", "x", 5.0, "b")]
    assert list(_descend(nodes, pd.DataFrame({"x": [4.9, 5.0, 5.1]}))) == [1, 1, 2]


def test_a_question_with_one_answer_is_not_asked():
    nodes = [
        _Node(-1, 0, "", "", math.nan, "a"),
        _Node(0, 1, "at_most", "x", 5.0, "a"),
        _Node(1, 2, "at_most", "y", 1.0, "a"),
        _Node(1, 2, "above", "y", 1.0, "a"),
        _Node(0, 1, "above", "x", 5.0, "b"),
    ]
    assert [(node.parent, node.label) for node in _prune(nodes)] == [(-1, "a"), (0, "a"), (0, "b")]


@pytest.mark.parametrize(("feature", "limit", "printed"), [("days_as_customer", 75.5, 75), ("spend_mean", 1234.5, 1230)])
def test_limits_are_as_they_are_printed(feature, limit, printed):
    assert _round(feature, limit) == printed
