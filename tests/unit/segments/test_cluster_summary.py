from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.params import load_params
from analysis.report.words import has_words
from analysis.segments import cluster_summary
from analysis.segments.cluster_features import describe_buyers
from analysis.segments.clusters import Clusters, add_clusters, fit_clusters
from company_of_kinds import make_kinds

PARAMS = load_params({"clusters": {"min_customers": 150, "resamples": 3, "max_clusters": 4}}).clusters
NONE = Clusters("2020-12", 10, reason="too_few")


@pytest.fixture(scope="module")
def company():
    tables = make_kinds()
    customers, behaviour = tables[0], describe_buyers(*tables)
    found = fit_clusters(*tables, PARAMS, "2020-12")
    stages = np.where(customers["customer_id"].str[0] == "b", "lost", "active")
    segments = pd.DataFrame({"customer_id": customers["customer_id"], "lifecycle_stage": stages, "tier": "vip", "rfm_segment": "new"})
    return customers, behaviour, found, add_clusters(segments, found, behaviour)


def test_customers_and_revenue_of_the_clusters_add_up_to_those_of_buyers(company):
    customers, _, found, segments = company
    table = cluster_summary.overview(found, segments, customers, 5, 0.95)
    assert table["count_customers"].sum() == 180
    assert table["revenue"].sum() == pytest.approx(customers["spend_total"].sum())
    assert sorted(table["share_silent"]) == [0, 0, 1]


def test_figures_of_small_clusters_are_blank(company):
    customers, _, found, segments = company
    table = cluster_summary.overview(found, segments, customers, 61, 0.95)
    assert table["revenue"].isna().all()


def test_the_profile_says_how_far_each_cluster_lies_from_the_mean(company):
    _, behaviour, found, _ = company
    table = cluster_summary.profile(found, behaviour, 5)
    name = found.assign(behaviour)["f0000"]
    row = table[(table["cluster"] == name) & (table["feature"] == "order_days_per_year")].iloc[0]
    assert row["deviation"] > 1
    assert row["median"] == pytest.approx(behaviour.shown.filter(like="f", axis=0)["order_days_per_year"].median())


def test_no_hexagon_holds_few_customers_and_those_left_out_are_not_few(company):
    _, behaviour, found, _ = company
    table = cluster_summary.lay_map(found, behaviour, 5)
    hidden = len(behaviour) - table["count_customers"].sum()
    assert table["count_customers"].min() >= 5
    assert hidden == 0 or hidden >= 5
    assert cluster_summary.map_fields(found, behaviour, table, 5)["count_hidden"] == hidden


def test_each_point_lies_in_the_nearest_hexagon():
    points = np.random.default_rng(1).uniform(0, 10, (500, 2))
    cells = cluster_summary._find_hexagons(points, 1.0)
    every = np.unique(cells, axis=0)
    nearest = every[((points[:, None] - every) ** 2).sum(axis=2).argmin(axis=1)]
    assert cells == pytest.approx(nearest)


def test_months_agree_as_far_as_customers_keep_their_cluster():
    before = pd.DataFrame({"customer_id": list("abcde"), "cluster": ["x", "x", "y", "y", None]})
    after = pd.DataFrame({"customer_id": list("abcdf"), "cluster": ["x", "x", "y", "x", "x"]})
    found = cluster_summary.compare_months(before, after)
    assert (found["count"], found["count_kept"], found["share_kept"]) == (4, 3, 0.75)


def test_nothing_is_shown_where_there_are_no_clusters(company):
    customers, behaviour, _, segments = company
    bare = segments.assign(cluster=None)
    assert cluster_summary.overview(NONE, bare, customers, 5, 0.95) is None
    assert cluster_summary.profile(NONE, behaviour, 5) is None
    assert cluster_summary.lay_map(NONE, behaviour, 5) is None
    assert cluster_summary.compare_classes(bare) is None
    assert cluster_summary.tell_months(bare, bare) == []


def test_every_remark_has_its_words(company):
    found = company[2]
    reasons = [Clusters("2020-12", 10, reason=reason) for reason in ("too_few", "alike", "unstable")]
    keys = {remark.key for clusters in (found, *reasons) for remark in cluster_summary.tell(clusters)}
    assert {f"none_{reason}" for reason in ("too_few", "alike", "unstable")} < keys
    assert all(
        has_words(f"clusters.{key}")
        for key in (*keys, "fitted", "chosen_mixture", "unused_chance", "renamed", "kept", "tree_cluster", "tree_tier")
    )
