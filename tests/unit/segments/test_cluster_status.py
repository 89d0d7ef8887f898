from __future__ import annotations

import pandas as pd
import pytest

from analysis.segments.cluster_summary import status


@pytest.mark.parametrize(("revenue", "key"), [((0.9, 0.1), "clusters.status_same"), ((0.1, 0.9), "clusters.status")])
def test_a_cluster_that_is_largest_and_richest_is_named_once(revenue, key):
    table = pd.DataFrame({"cluster": ["a", "b"], "share_customers": [0.6, 0.4], "share_revenue": revenue})
    assert status(table) == key


def test_no_clusters_have_a_sentence_of_their_own():
    assert status(None) == "clusters.status_none"
