"""Clusters beside what the demo company knows to be true; the analysis itself never reads it."""

import pandas as pd
import pytest

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
    customers, spells = month.read("customers"), month.read("spells")
    labels = fit_clusters(customers, spells, params, company.period).assign(describe_buyers(customers, spells)).rename("cluster")
    truth = pd.read_csv(company.folder / "truth" / "customers.csv").set_index("customer_id")
    return truth.join(labels, how="inner").assign(has_left=lambda t: t["left_on"].notna())


def test_clusters_agree_with_simulated_types_better_than_chance(told):
    agreement = adjusted_rand(told["cluster"], told["true_segment"])
    print(f"adjusted Rand index of clusters and simulated types: {agreement:.3f}")
    print(pd.crosstab(told["cluster"], told["true_segment"]).to_string())
    assert agreement > 0.02


def test_the_silent_cluster_is_the_one_whose_customers_have_left(told):
    is_silent = told["cluster"].str.contains("silent")
    left = told.groupby(is_silent)["has_left"].mean()
    print(f"adjusted Rand index of the silent cluster and having left: {adjusted_rand(is_silent, told['has_left']):.3f}")
    print(f"left: {left[True]:.3f} of the silent cluster, {left[False]:.3f} of the others")
    assert left[True] > 2 * left[False]
