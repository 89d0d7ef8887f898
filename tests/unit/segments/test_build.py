from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.contracts import DERIVED, ContractError
from analysis.params import load_params
from analysis.segments import build_segments, by_segment, classes, fit_cutoffs
from analysis.segments.movement import bridge, largest, movements, split, with_spend
from tiny_company import TODAY, make_company

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}})
SCHEMES = ("rfm_segment", "tier", "lifecycle_stage")
DAY = TODAY.date()

companies = st.tuples(st.integers(0, 2**16), st.integers(0, 60), st.integers(0, 5)).filter(lambda c: c[1] + c[2] > 0)


def classed(company: tuple[int, int, int]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    customers, spells = make_company(*company)
    return customers, spells, build_segments(customers, spells, DAY, PARAMS, fit_cutoffs(customers, spells, PARAMS))


@settings(max_examples=15, deadline=None)
@given(companies)
def test_every_customer_is_in_exactly_one_class_of_each_scheme(company):
    customers, _, segments = classed(company)
    assert sorted(segments["customer_id"]) == sorted(customers["customer_id"])
    assert all(segments[scheme].isin(classes(scheme)).all() for scheme in SCHEMES)


@settings(max_examples=15, deadline=None)
@given(companies, st.integers(0, 99))
def test_order_of_rows_changes_nothing(company, seed):
    customers, spells, segments = classed(company)
    mixed = customers.sample(frac=1, random_state=seed), spells.sample(frac=1, random_state=seed)
    pdt.assert_frame_equal(build_segments(*mixed, DAY, PARAMS, fit_cutoffs(*mixed, PARAMS)), segments)


@settings(max_examples=15, deadline=None)
@given(companies, st.sampled_from(SCHEMES))
def test_counts_and_revenue_of_a_scheme_are_those_of_the_customers(company, scheme):
    customers, _, segments = classed(company)
    table = by_segment(segments, customers, scheme)
    assert table["count_customers"].sum() == len(customers)
    assert table["count_buyers"].sum() == (customers["count_order_days"] > 0).sum()
    assert table["revenue"].sum() == pytest.approx(customers["spend_total"].sum(), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 2**16), st.sampled_from(SCHEMES))
def test_movements_add_up_to_both_months(before, after, scheme):
    customers_before, _, previous = classed((before, 40, 2))
    customers_after, _, current = classed((after, 50, 3))
    table = movements(with_spend(previous, customers_before), with_spend(current, customers_after), scheme)
    counts_from = table.groupby("from")["count_customers"].sum().drop("not_yet_a_customer", errors="ignore")
    counts_to = table.groupby("to")["count_customers"].sum().drop("no_longer_a_customer", errors="ignore")
    assert counts_from.to_dict() == previous[scheme].value_counts().to_dict()
    assert counts_to.to_dict() == current[scheme].value_counts().to_dict()
    assert table["revenue_before"].sum() == pytest.approx(customers_before["spend_total"].sum(), abs=1e-6)
    assert table["revenue"].sum() == pytest.approx(customers_after["spend_total"].sum(), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 2**16), st.sampled_from(SCHEMES))
def test_behaviour_and_cut_offs_add_up_to_the_whole_movement(before, after, scheme):
    customers_before, spells_before, previous = classed((before, 40, 2))
    customers, spells, current = classed((after, 50, 3))
    held = fit_cutoffs(customers_before, spells_before, PARAMS)
    rescored = build_segments(customers, spells, DAY, PARAMS, held)
    moves = movements(with_spend(previous, customers_before), with_spend(current, customers), scheme)
    table = split(previous, rescored, current, scheme)
    assert (table["count_behaviour"] + table["count_cutoff"] == table["count_customers"]).all()
    assert table["count_customers"].sum() == moves.loc[moves["is_move"], "count_customers"].sum()
    steps = bridge(previous, rescored, current, scheme)
    assert (steps["count_before"] + steps["change_behaviour"] + steps["change_cutoff"] == steps["count_now"]).all()


def test_held_cut_offs_move_nobody():
    _, _, segments = classed((1, 40, 2))
    later, _, current = classed((2, 40, 2))
    assert len(later) == len(current)
    assert split(segments, current, current, "rfm_segment")["count_cutoff"].sum() == 0


def test_customer_who_moved_only_with_the_cut_off_is_told_apart():
    def frame(*labels: str) -> pd.DataFrame:
        return pd.DataFrame({"customer_id": ["a", "b"], "tier": labels})

    table = split(frame("vip", "vip"), frame("vip", "ordinary"), frame("ordinary", "ordinary"), "tier")
    assert table.iloc[0].to_dict() == {"from": "vip", "to": "ordinary", "count_customers": 2, "count_behaviour": 1, "count_cutoff": 1}


def test_first_and_vanished_customers_have_a_place():
    before = pd.DataFrame({"customer_id": ["a", "b"], "tier": ["vip", "vip"], "spend_total": [1.0, 2.0]})
    after = pd.DataFrame({"customer_id": ["b", "c"], "tier": ["vip", "potential"], "spend_total": [5.0, 3.0]})
    table = movements(before, after, "tier")
    assert list(zip(table["from"], table["to"], strict=True)) == [
        ("not_yet_a_customer", "potential"),
        ("vip", "vip"),
        ("vip", "no_longer_a_customer"),
    ]
    assert largest(table, 1)["to"].tolist() == ["potential"]


def test_table_keeps_its_contract():
    _, _, segments = classed((5, 40, 3))
    assert set(DERIVED["segments"].names) <= set(segments.columns)
    scores = segments.loc[segments["rfm_segment"] != "prospect", ["r_score", "f_score", "m_score"]].to_numpy(dtype=float)
    assert np.isin(scores, [1, 2, 3, 4, 5]).all()


def test_same_customer_twice_is_refused():
    customers, spells, _ = classed((5, 20, 0))
    with pytest.raises(ContractError, match="customer_id is not unique"):
        build_segments(pd.concat([customers, customers]), spells, DAY, PARAMS, fit_cutoffs(customers, spells, PARAMS))


def test_order_after_the_day_is_refused():
    customers, spells, _ = classed((5, 20, 0))
    with pytest.raises(ContractError, match="last_order_on after 2019-01-01"):
        build_segments(customers, spells, date(2019, 1, 1), PARAMS, fit_cutoffs(customers, spells, PARAMS))


def test_later_customers_do_not_change_the_class_of_earlier_ones_while_cut_offs_are_held():
    customers, spells, segments = classed((7, 40, 0))
    held = fit_cutoffs(customers, spells, PARAMS)
    newcomer = customers.iloc[[0]].assign(customer_id="zzz", spend_total=1e9)
    again = build_segments(pd.concat([customers, newcomer]), spells, DAY, PARAMS, held)
    pdt.assert_frame_equal(again[again["customer_id"] != "zzz"], segments)
