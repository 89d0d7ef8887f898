"""What the demo company's classes know of its true kinds of customers, which no analysis reads.

With 500 customers every share has an error of some points; limits lie well below what the whole company (5,000) shows, and
well above what chance does.
"""

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis.month import open_month
from analysis.segments.schemes import kind


@pytest.fixture(scope="module")
def month(company):
    return open_month(company.source, company.period, company.root)


@pytest.fixture(scope="module")
def scored(company):
    """Published classes beside the truth."""
    classes = pd.read_parquet(company.derived / "classes.parquet")
    truth = pd.read_csv(company.folder / "truth" / "customers.csv")
    return classes.merge(truth, on="customer_id", how="inner", validate="one_to_one")


def test_almost_every_customer_has_a_truth(scored, month):
    assert len(scored) > 0.98 * len(month.read("customers"))


def test_types_given_and_guessed_are_true(scored):
    assert adjusted_rand_score(scored["true_type"], scored["customer_type"]) > 0.95


@pytest.mark.parametrize(("hidden", "least"), [((), 0.95), (("industry", "contract_type", "gender", "birth_date"), 0.85)])
def test_the_guess_finds_types_that_are_hidden_from_it(month, scored, hidden, least):
    facts = month.facts.assign(**dict.fromkeys(hidden), customer_type=None)
    guessed = facts[["customer_id"]].assign(guessed=kind.classify(facts, month.params)["customer_type"])
    both = scored.merge(guessed, on="customer_id")
    assert adjusted_rand_score(both["true_type"], both["guessed"]) > least


def test_who_is_silent_has_mostly_left(scored):
    buyers = scored[scored["lifecycle_d8"] != "potential"]
    has_left = buyers["left_on"].notna()
    assert has_left[buyers["lifecycle_d8"] == "lost"].mean() > 0.6 > 0.2 > has_left[buyers["lifecycle_b17"] == "active"].mean()
    assert adjusted_rand_score(has_left, buyers["lifecycle_b17"] == "silent") > 0.12


def test_who_looks_for_price_is_of_the_kinds_that_buy_at_discounts(scored):
    cheap = scored["true_segment"].isin(["bargain_hunter", "reseller"])
    assert cheap[scored["need_segment"] == "price"].mean() > 3 * cheap.mean()


def test_high_value_is_truly_profitable(scored):
    by_class = scored.groupby("value_profit")["true_margin"].mean()
    assert by_class["high"] > 1.5 * by_class["medium"] > 3 * by_class["low"]


def test_published_classes_add_up_to_all_customers(company, scored, month):
    overview = company.table("classes-overview")
    counts = overview.drop(columns=["Scheme", "Requirement", "Classes"]).sum(axis=1)
    assert (counts == len(month.read("customers"))).all()
