from __future__ import annotations

import numpy as np
import pytest

from analysis.report.words.catalogue import catalogue, label_level
from analysis.segments.cluster_features import FEATURES
from analysis.segments.cluster_names import SIDES, match, name_clusters, overlap

NAMES = ("discounted_share", "order_days_per_year", "spend_typical")


def test_the_two_features_furthest_from_the_mean_name_it_the_furthest_first():
    assert name_clusters([(0.2, -0.9, 1.4)], NAMES) == ("large_orders+rare",)


def test_a_name_that_is_taken_gets_a_further_feature():
    assert name_clusters([(1.0, -0.5, 0.1), (0.9, -0.6, -0.2)], NAMES) == ("discounted+rare", "discounted+rare+small_orders")


def test_the_same_words_in_another_order_are_the_same_name():
    assert name_clusters([(-0.5, 1.0, -0.1)], NAMES, taken=("full_price+frequent",)) == ("frequent+full_price+small_orders",)


def test_where_features_run_out_names_are_numbered():
    assert name_clusters([(1.0, 1.0)] * 3, NAMES[:2]) == ("discounted+frequent", "discounted+frequent+2", "discounted+frequent+3")


def test_every_feature_has_words_for_both_sides():
    assert set(SIDES) == set(FEATURES)
    assert all(f"levels.cluster.{word}" in catalogue("en") for pair in SIDES.values() for word in pair)
    assert label_level("cluster", "discounted+rare") == "At a discount, rare orders"


def test_overlap_is_shared_by_both_over_held_by_either():
    assert overlap(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2, 2) == pytest.approx(np.array([[1 / 2, 1 / 4], [0, 2 / 3]]))


def test_pairs_are_matched_for_the_largest_total_not_one_after_the_other():
    # the first row's best column is the second row's only one
    assert match(np.array([[0.6, 0.55], [0.6, 0.0]]), 0.5) == {0: 1, 1: 0}


@pytest.mark.parametrize(("shared", "found"), [(0.49, {}), (0.5, {0: 0})])
def test_a_pair_that_shares_too_little_is_no_pair(shared, found):
    assert match(np.array([[shared]]), 0.5) == found
