"""Every customer in exactly one class of every scheme, whatever the order of rows; counts and revenue are conserved."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.contracts import DERIVED, Missing
from analysis.contracts.check import check
from analysis.segments.schemes import SCHEMES, ClassCutoffs, build_classes
from analysis.segments.schemes.sizes import (
    PAIRS,
    PROFIT,
    REVENUE,
    cross,
    explain_silence,
    find_gaps,
    find_told,
    tabulate,
    tabulate_family,
)
from analysis.segments.schemes.stages import VOCABULARIES, count_sides, crosswalk
from analysis.segments.schemes.tables import group_bases, overview
from scheme_facts import DAY, PARAMS, prepare

companies = st.tuples(st.integers(0, 2**16), st.integers(0, 60), st.integers(0, 5)).filter(lambda c: c[1] + c[2] > 0)


def classed(company, order=None):
    facts, voices, cutoffs = prepare(*company, order=order)
    return facts, cutoffs, build_classes(facts, voices, cutoffs, DAY, PARAMS, "China")


def classed_whole():
    facts, _, classes = classed((2, 40, 3))
    return classes, facts


@settings(max_examples=12, deadline=None)
@given(companies)
def test_every_customer_is_in_exactly_one_class_of_each_scheme(company):
    facts, _, classes = classed(company)
    check("classes", classes)
    assert list(classes["customer_id"]) == sorted(facts["customer_id"])
    assert all(classes[scheme.name].isin(scheme.labels).all() for scheme in SCHEMES if scheme.labels)


@settings(max_examples=12, deadline=None)
@given(companies, st.integers(0, 99))
def test_order_of_rows_changes_nothing(company, seed):
    _, cutoffs, classes = classed(company)
    _, again, moved = classed(company, seed)
    assert cutoffs == again
    pdt.assert_frame_equal(classes, moved)


@settings(max_examples=12, deadline=None)
@given(companies)
def test_counts_and_revenue_of_every_scheme_are_the_totals(company):
    facts, _, classes = classed(company)
    for scheme in SCHEMES:
        table = tabulate(classes[scheme.name], facts, 1, scheme)
        assert table["count_customers"].sum() == len(facts)
        assert table["revenue"].sum() == pytest.approx(facts["spend_total"].sum(), abs=0.01)
    counted = overview(classes)
    assert (counted[["count_customers", "count_no_order", "count_unknown", "count_not_enough"]].sum(axis=1) == len(facts)).all()


@settings(max_examples=8, deadline=None)
@given(companies)
def test_every_customer_is_in_one_cell_of_a_crosswalk_and_of_a_cross_table(company):
    facts, cutoffs, classes = classed(company)
    walk = crosswalk(classes, facts)
    assert count_sides(walk)["all"] == len(facts)
    for column in VOCABULARIES:
        expected = classes[column].value_counts().sort_index()
        pdt.assert_series_equal(walk.groupby(column)["count_customers"].sum(), expected, check_names=False, check_dtype=False)
    crossed = cross(group_bases(classes, facts, cutoffs), facts, PAIRS, 1)
    if crossed is not None:
        assert (crossed.groupby("pair")["count_customers"].sum() == len(facts)).all()


def test_the_contract_names_every_scheme():
    promised = set(DERIVED["classes"].names) - {"customer_id"}
    assert {scheme.name for scheme in SCHEMES} == promised


def test_the_tier_is_that_of_the_segments():
    facts, _, classes = classed((2, 40, 3))
    assert (classes["tier"] == facts["tier"]).all()


def test_cutoffs_come_back_from_json_as_they_were():
    _, _, cutoffs = prepare(2, 40, 3)
    assert ClassCutoffs.from_dict(json.loads(json.dumps(cutoffs.as_dict()))) == cutoffs


def test_too_few_buyers_are_not_forced_into_a_class():
    _, cutoffs, classes = classed((3, 9, 1))
    assert set(cutoffs.bands) <= {"income_band"}
    told = classes[classes["value_amount"] != "no_order"]
    assert set(told["value_amount"]) == {"not_enough_data"}
    assert set(told["importance"]) == {"not_enough_data"}


def test_with_too_few_buyers_the_table_of_values_is_empty_and_keeps_its_columns():
    facts, _, classes = classed((3, 9, 0))
    assert (
        tabulate_family(classes, facts, "value", 1, REVENUE | PROFIT).columns.tolist()
        == tabulate_family(*classed_whole(), "value", 1, REVENUE | PROFIT).columns.tolist()
    )
    assert find_told(classes, "value") == []
    assert [gap.requirements for gap in find_gaps(classes, "value")] == ([] if facts["is_cost_known"].any() else [("C1",)])


def test_a_family_without_any_input_is_told_by_what_the_source_lacks():
    classes = pd.DataFrame({scheme.name: ["unclassified"] for scheme in SCHEMES})
    facts = pd.DataFrame({"count_order_days": [1], "spend_total": 1.0, "lifecycle_stage": "active"})
    assert tabulate_family(classes, facts, "needs", 1) == Missing("needs", (), ("C2",))
    assert find_gaps(classes, "needs") == []


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (["not_enough_data", "no_order"], "few"),
        (["outside", "unknown"], "outside"),
        (["margin_missing", "no_order"], "missing"),
        (["high", "unknown"], ""),
    ],
)
def test_why_nobody_is_classed(labels, why):
    assert explain_silence(pd.Series(labels)) == why


def test_customers_of_contracts_have_no_class_made_of_orders():
    facts, voices, cutoffs = prepare(2, 0, 5)
    classes = build_classes(facts, voices, cutoffs, DAY, PARAMS, "China", is_contractual=True)
    for name in ("value_amount", "frequency_band", "tenure", "purchase_channel", "importance"):
        assert set(classes[name]) == {"not_enough_data"}


def test_money_of_few_customers_is_hidden_and_their_number_is_not():
    facts = pd.DataFrame({"count_order_days": [1] * 7, "spend_total": 1.0, "lifecycle_stage": "active"})
    table = tabulate(pd.Series(["high"] * 2 + ["low"] * 5), facts, 3, next(s for s in SCHEMES if s.name == "value_amount"))
    assert list(table["count_customers"]) == [2, 5]
    assert table["revenue"].isna().all(), "the total would tell what the small class holds"


def test_profit_of_a_class_without_known_costs_is_missing_not_zero():
    facts = pd.DataFrame(
        {"count_order_days": [1] * 4, "spend_total": 1.0, "lifecycle_stage": "active", "profit_total": [2.0, None, None, None]}
    )
    table = tabulate(pd.Series(["high", "high", "low", "low"]), facts, 1, next(s for s in SCHEMES if s.name == "value_amount"), PROFIT)
    assert table["profit"].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)
    assert table["share_profit"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)


def test_rare_levels_of_the_data_stand_together():
    facts = pd.DataFrame({"count_order_days": [1] * 9, "spend_total": 1.0, "lifecycle_stage": np.array(["active"] * 9)})
    table = tabulate(pd.Series(["store"] * 5 + ["Ms Example"] + ["online"] * 3), facts, 3)
    assert list(table["class"]) == ["store", "pooled"]


@pytest.mark.parametrize(("labels", "unknown", "not_enough"), [(["price", "unclassified"], 0, 1), (["unclassified", "unclassified"], 2, 0)])
def test_little_evidence_is_few_data_unless_there_is_none_at_all(labels, unknown, not_enough):
    rows = pd.DataFrame({scheme.name: ["unknown", "unknown"] for scheme in SCHEMES} | {"need_segment": labels})
    row = overview(rows).set_index("scheme").loc["need_segment"]
    assert (row["count_unknown"], row["count_not_enough"]) == (unknown, not_enough)
