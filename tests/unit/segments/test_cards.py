"""Portraits of segments: what they tell, what they hide, and what they call different."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments.cards import build_cards, tell_apart

PARAMS = load_params().portraits


def facts(segments, **columns):
    """Facts of customers in `segments`, all alike but for `columns`."""
    count = len(segments)
    alike = {
        "count_order_days": 2,
        "spend_total": 10.0,
        "spend_mean": 5.0,
        "usual_gap_days": 30.0,
        "p_order": 0.25,
        "clv": 100.0,
        "satisfaction": np.nan,
        "has_complained": pd.array([pd.NA] * count, dtype="boolean"),
        "is_dissatisfied": pd.array([pd.NA] * count, dtype="boolean"),
        "main_channel": None,
        "region": None,
        "customer_type": None,
        "main_category": None,
    }
    return pd.DataFrame({"segment": segments, **alike, **columns})


def test_a_card_tells_of_its_own_customers():
    table = build_cards(facts(["x"] * 5 + ["y"] * 15, spend_total=[1.0] * 5 + [3.0] * 15), ["y", "x"], 5)
    assert table["segment"].tolist() == ["y", "x"]
    assert table["revenue"].tolist() == [45.0, 5.0]
    assert table["share_revenue"].tolist() == [0.9, 0.1]
    assert table["p_none"].tolist() == [0.75, 0.75]


@pytest.mark.parametrize(("size", "told"), [(4, False), (5, True)])
def test_of_a_segment_of_few_only_the_number_is_told(size, told):
    table = build_cards(facts(["x"] * size + ["y"] * 20 + ["z"] * 20), ["x", "y", "z"], 5).set_index("segment")
    assert table.loc["x", "count_customers"] == size
    assert table.loc["x", ["revenue", "clv", "repeat_rate"]].notna().all() == told


@pytest.mark.parametrize(("answers", "told"), [(4, False), (5, True)])
def test_a_mean_that_rests_on_few_is_blank(answers, told):
    rows = facts(["x"] * 10, satisfaction=[0.5] * answers + [np.nan] * (10 - answers))
    assert build_cards(rows, ["x"], 5)["satisfaction"].notna().tolist() == [told]


@pytest.mark.parametrize(("complaints", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_complaints_of_few_are_blank_and_none_is_an_answer(complaints, told):
    heard = pd.array([True] * complaints + [False] * (20 - complaints), dtype="boolean")
    assert build_cards(facts(["x"] * 20, has_complained=heard), ["x"], 5)["share_complained"].notna().tolist() == [told]


def test_a_level_that_few_have_is_not_named():
    levels = ["north"] * 4 + [None] * 16
    assert build_cards(facts(["x"] * 20, region=levels), ["x"], 5)["region"].tolist() == [None]


def test_what_is_more_frequent_than_among_the_others_sets_apart():
    rows = facts(["x"] * 50 + ["y"] * 50, region=["north"] * 40 + ["south"] * 10 + ["north"] * 10 + ["south"] * 40)
    found = tell_apart(rows, PARAMS, 5).set_index("segment")
    assert found["trait"].tolist() == ["region", "region"]
    assert found.loc["x", ["share", "share_all"]].tolist() != found.loc["y", ["share", "share_all"]].tolist()
    assert found["is_more"].nunique() == 2


def test_of_a_fact_with_two_levels_one_is_told():
    rows = facts(["x"] * 50 + ["y"] * 50, customer_type=["business"] * 30 + ["individual"] * 70)
    assert tell_apart(rows, PARAMS, 5)["level"].tolist() == ["business", "business"]


def test_a_difference_that_chance_makes_sets_nobody_apart():
    rows = facts(["x"] * 50 + ["y"] * 50, region=(["north", "south"] * 50))
    assert tell_apart(rows, PARAMS, 5).empty


def test_a_certain_but_tiny_difference_sets_nobody_apart():
    size = 100_000
    levels = np.repeat(["a", "b", "a", "b"], [size // 2 + 1500, size // 2 - 1500, size // 2, size // 2])
    assert tell_apart(facts(["x"] * size + ["y"] * size, region=levels), PARAMS, 5).empty


@pytest.mark.parametrize(("known", "told"), [(9, False), (10, True)])
def test_what_is_known_of_few_of_a_segment_is_not_its_usual(known, told):
    rows = facts(["x"] * 20, customer_type=["business"] * known + [None] * (20 - known))
    assert build_cards(rows, ["x"], 5, 0.5)["customer_type"].notna().tolist() == [told]


def test_no_more_than_the_most_traits_are_told():
    rows = facts(
        ["x"] * 100 + ["y"] * 100,
        **{name: ["a"] * 100 + ["b"] * 100 for name in ("main_channel", "region", "customer_type", "main_category")},
    )
    assert tell_apart(rows, PARAMS, 5)["segment"].value_counts().max() == PARAMS.max_traits


def test_small_segments_are_not_told_apart():
    rows = facts(["x"] * 4 + ["y"] * 96 + ["z"] * 96, region=["a"] * 4 + ["b"] * 192)
    assert "x" not in set(tell_apart(rows, PARAMS, 5)["segment"])


def test_without_customers_there_are_no_cards():
    empty = facts([])
    assert build_cards(empty, ["x"], 5) is None
    assert tell_apart(empty, PARAMS, 5).empty


@given(st.lists(st.sampled_from("xyz"), min_size=1, max_size=60), st.randoms())
def test_counts_and_revenue_are_those_of_all_whatever_the_order(segments, random):
    rows = facts(segments, spend_total=[float(n % 7) for n in range(len(segments))])
    table = build_cards(rows, ["x", "y", "z"], 1)
    assert table["count_customers"].sum() == len(segments)
    assert table["revenue"].sum() == pytest.approx(rows["spend_total"].sum())
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(build_cards(rows.iloc[order].reset_index(drop=True), ["x", "y", "z"], 1), table)
