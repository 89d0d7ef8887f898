"""Clusters beside what the demo company knows to be true; the analysis itself never reads it."""

import pandas as pd
import pytest

from analysis.history.baskets import build_baskets
from analysis.month import Month
from analysis.period import Period
from analysis.segments.cluster_features import describe_buyers
from analysis.segments.cluster_fit import adjusted_rand
from analysis.segments.clusters import fit_clusters


@pytest.fixture(scope="module")
def told(company):
    """Buyers with their cluster and the truth; so small a company is below the usual number of customers."""
    month = Month(company.folder, Period.parse(company.period))
    params = month.params.clusters.model_copy(update={"min_customers": 100})
    tables = month.read("customers"), month.read("spells"), build_baskets(month.ledger, month.as_of)
    labels = fit_clusters(*tables, params, company.period).assign(describe_buyers(*tables)).rename("cluster")
    truth = pd.read_csv(company.folder / "truth" / "customers.csv").set_index("customer_id")
    return truth.join(labels, how="inner")


def test_clusters_agree_with_simulated_types_better_than_chance(told):
    agreement = adjusted_rand(told["cluster"], told["true_segment"])
    print(f"adjusted Rand index of clusters and simulated types: {agreement:.3f}")
    print(pd.crosstab(told["cluster"], told["true_segment"]).to_string())
    assert agreement > 0.1


def test_businesses_are_in_a_cluster_of_their_own(told):
    shares = pd.crosstab(told["cluster"], told["true_type"], normalize="index")["business"]
    assert shares.max() > 0.9
    assert told.loc[told["true_type"] == "business", "cluster"].eq(shares.idxmax()).mean() > 0.8
