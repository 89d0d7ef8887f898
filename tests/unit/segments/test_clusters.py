from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.params import load_params
from analysis.segments.cluster_features import describe_buyers
from analysis.segments.clusters import Clusters, add_clusters, carry_names, fit_clusters
from company_of_kinds import make_kinds

PARAMS = load_params({"clusters": {"min_customers": 150, "resamples": 3, "max_clusters": 4}}).clusters


@pytest.fixture(scope="module")
def company():
    return make_kinds()


@pytest.fixture(scope="module")
def found(company):
    return fit_clusters(*company, PARAMS, "2020-12")


def test_kinds_of_customers_are_found_and_named_by_what_they_do(company, found):
    labels = found.assign(describe_buyers(*company))
    assert labels.groupby(labels.index.str[0]).nunique().to_dict() == {"b": 1, "d": 1, "f": 1}
    assert "frequent" in labels["f0000"]
    assert "many_units" in labels["b0000"]
    assert "discounted" in labels["d0000"]


def test_silence_and_age_change_no_cluster(company, found):
    customers, spells, baskets = company
    later = customers.assign(
        days_since_last_order=customers["days_since_last_order"] + 200, days_as_customer=customers["days_as_customer"] + 200
    )
    waited = found.assign(describe_buyers(later, spells, baskets))
    assert (waited == found.assign(describe_buyers(*company))).mean() > 0.95


def test_the_order_of_rows_changes_nothing(company, found):
    shuffled = (table.sample(frac=1, random_state=2) for table in company)
    assert fit_clusters(*shuffled, PARAMS, "2020-12") == found


def test_a_customer_is_assigned_alone_as_among_all(company, found):
    features = describe_buyers(*company)
    labels = found.assign(features)
    assert found.assign(features.take(np.array([7]))).iloc[0] == labels.iloc[7]


def test_what_is_held_survives_json(company, found):
    read = Clusters.from_dict(json.loads(json.dumps(found.as_dict())))
    assert read == found
    features = describe_buyers(*company)
    pd.testing.assert_series_equal(read.assign(features), found.assign(features))


@pytest.mark.parametrize(("least", "reason"), [(180, ""), (181, "too_few")])
def test_too_few_customers_have_no_clusters(company, least, reason):
    fitted = fit_clusters(*company, PARAMS.model_copy(update={"min_customers": least}), "2020-12")
    assert fitted.reason == reason
    assert fitted.assign(describe_buyers(*company)).isna().all() == bool(reason)


def test_customers_who_are_all_alike_have_no_clusters(company):
    customers, spells, baskets = company
    columns = ["count_order_days", "days_since_last_order", "days_as_customer", "days_first_to_last_order", "spend_mean", "count_products"]
    same = customers[customers["count_order_days"] > 0].assign(**{name: customers[name].iloc[0] for name in columns})
    alike = baskets.assign(**{name: baskets[name].iloc[0] for name in baskets.columns[1:]})
    assert fit_clusters(same, spells.assign(amount=9.0, is_closed=False), alike, PARAMS, "2020-12").reason == "alike"


def test_clusters_that_do_not_come_back_are_not_told(company):
    only = [table[table["customer_id"].str[0] == "f"] for table in company]
    assert fit_clusters(*only, PARAMS.model_copy(update={"min_customers": 50, "min_stability": 0.9}), "2020-12").reason == "unstable"


def test_customers_without_an_order_are_in_no_cluster(company, found):
    segments = pd.DataFrame({"customer_id": company[0]["customer_id"], "cluster": None})
    clusters = add_clusters(segments, found, describe_buyers(*company)).set_index("customer_id")["cluster"]
    assert clusters.isna().groupby(clusters.index.str[0]).all().to_dict() == {"b": False, "d": False, "f": False, "p": True}


def test_a_new_base_keeps_the_names_of_the_clusters_that_it_continues(company, found):
    old = replace(found, names=("alpha", "beta", "gamma"), period="2019-12")
    new = fit_clusters(*make_kinds(seed=9), PARAMS, "2020-12")
    features = describe_buyers(*company)
    carried = carry_names(new, old, features, 0.5)
    assert carried.named_after == "2019-12"
    assert (carried.assign(features) == old.assign(features)).all()


def test_a_cluster_that_continues_none_is_named_by_what_sets_it_apart(company, found):
    old = replace(found, names=("alpha", "beta", "gamma"), period="2019-12")
    features = describe_buyers(*company)
    only = features.take(np.flatnonzero(features.index.str[0] != "d"))
    carried = carry_names(found, old, only, 0.5)
    assert set(carried.names) - set(old.names) == {found.assign(features)["d0000"]}
