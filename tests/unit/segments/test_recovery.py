from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.segments import recovery
from analysis.segments.recovery import COMPARISONS, confuse_kinds, confuse_outcomes, lay_beside, rate_recovery

DAY = pd.Timestamp("2026-01-31")
COUNT = 60
IDS = [f"c{number:02d}" for number in range(COUNT)]
HALF = COUNT // 2
CLASSES = pd.DataFrame(
    {
        "customer_id": IDS,
        "cluster": ["x"] * HALF + ["y"] * HALF,
        "tier": ["vip"] * 6 + ["ordinary"] * 24 + ["potential"] * HALF,
        "lifecycle_stage": ["active"] * HALF + ["lost"] * HALF,
        "value_profit": ["high"] * 6 + ["medium"] * 24 + ["low"] * (HALF - 1) + ["not_enough_data"],
        "customer_type": ["business"] * HALF + ["individual"] * HALF,
        "days_as_customer": 100,
    }
)
TRUTH = pd.DataFrame(
    {
        "customer_id": [*IDS, "unseen"],
        "true_segment": ["office"] * HALF + ["one_timer"] * (HALF + 1),
        "true_type": ["business"] * HALF + ["individual"] * (HALF + 1),
        "left_on": [None] * HALF + ["2026-01-31"] * (HALF - 1) + ["2026-02-01", None],
        "true_margin": [*range(COUNT, 0, -1), 0],
        "true_clv_12m": [*range(COUNT, HALF, -1), *[0] * (HALF + 1)],
    }
)
HAZARDS = {"office": 0.01, "one_timer": 0.6}
FACTS = pd.DataFrame({"a": np.arange(COUNT, dtype=float), "b": np.nan}, index=pd.Index(IDS, name="customer_id"))


@pytest.fixture(scope="module")
def beside():
    return lay_beside(CLASSES, TRUTH, HAZARDS, DAY, 0.95)


def test_classes_that_are_the_truth_agree_wholly(beside):
    rated = rate_recovery(beside, FACTS, 0.95, 50, 1)
    assert list(zip(rated["scheme"], rated["truth"], strict=True)) == list(COMPARISONS)
    assert rated["rand"].drop(2).tolist() == pytest.approx([1] * 6)
    assert rated["rand_low"].le(rated["rand"]).all()
    assert rated.loc[rated["truth"] != "value_profit_past", "ceiling"].gt(0.5).all()


def test_who_leaves_later_has_not_left(beside):
    assert beside["state"].value_counts().to_dict() == {"stayed": HALF + 1, "left": HALF - 1}


def test_the_cluster_that_loses_more_than_all_is_prone_and_so_is_the_kind(beside):
    assert beside.groupby("cluster")["cluster_prone"].unique().str[0].to_dict() == {"x": "steady", "y": "prone"}
    assert beside.groupby("kind")["kind_prone"].unique().str[0].to_dict() == {"office": "steady", "one_timer": "prone"}


def test_a_value_class_that_tells_nothing_is_left_out_of_its_truth_too(beside):
    assert beside["value_profit"].isna().sum() == beside["value_profit_next"].isna().sum() == 1
    assert beside["tier_next"].notna().all()


def test_equal_values_are_all_in_the_lower_level():
    values, classes = np.array([5.0, 0.0, 0.0, 0.0]), np.array(["vip", "ordinary", "potential", "potential"], dtype=object)
    found = recovery._cut_alike(values, classes, np.ones(4, dtype=bool), recovery.ORDERED["tier"])
    assert found.tolist() == ["vip", "potential", "potential", "potential"]


def test_the_forest_learns_what_facts_tell_and_nothing_of_what_they_do_not():
    rng = np.random.default_rng(2)
    told = rng.choice(["a", "b"], 400)
    truths = pd.DataFrame({"told": told, "chance": rng.choice(["a", "b"], 400)})
    found = recovery._tell_truth(pd.DataFrame({"x": (told == "a") * 1.0, "y": rng.normal(size=400)}), truths, 1)
    assert (found["told"] == told).mean() > 0.95
    assert abs((found["chance"] == truths["chance"]).mean() - 0.5) < 0.1


def test_the_interval_of_no_agreement_holds_0():
    rng = np.random.default_rng(2)
    low, high = recovery._resample_rand(rng.choice(list("ab"), 500), rng.choice(list("xyz"), 500), 0.95, 200, rng)
    assert low < 0 < high < 0.05


def test_shares_of_a_cluster_sum_to_one(beside):
    table = confuse_kinds(beside, ("x", "y"), 1)
    assert table.groupby("cluster")["share_customers"].sum().tolist() == pytest.approx([1, 1])
    assert table["number"].unique().tolist() == ["1", "2"]


def test_classes_of_few_show_no_shares(beside):
    few = beside.iloc[[0, 1, 2, *range(HALF, COUNT)]]
    table = confuse_kinds(few, ("x", "y"), 5)
    assert table.loc[table["cluster"] == "x", "share_customers"].isna().all()
    outcomes = confuse_outcomes(few, ("x", "y"), 5)
    assert outcomes.loc[outcomes["class"] == "vip", ["high_share", "left_share"]].isna().all(axis=None)


def test_what_became_of_classes_is_told_in_their_order(beside):
    table = confuse_outcomes(beside, ("y", "x"), 1)
    assert table["class"].tolist() == ["y", "x", "lost", "active", "vip", "ordinary", "potential", "high", "medium", "low"]
    assert table[["high_share", "medium_share", "low_share"]].sum(axis=1).tolist() == pytest.approx([1] * len(table))
    assert table.loc[table["class"] == "lost", "left_share"].item() == pytest.approx((HALF - 1) / HALF)


def test_without_clusters_there_is_nothing_to_confuse(beside):
    nobody = beside.assign(cluster=None, cluster_prone=None)
    assert "cluster" not in set(rate_recovery(nobody, FACTS, 0.95, 50, 1)["scheme"])
    assert confuse_kinds(nobody, (), 1) is None
    assert set(confuse_outcomes(nobody, (), 1)["scheme"]) == {"lifecycle_stage", "tier", "value_profit"}
