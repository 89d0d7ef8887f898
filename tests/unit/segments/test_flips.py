from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments import build_segments, fit_cutoffs
from analysis.segments.flips import SCHEMES, count_borderline, estimate_flips, list_borderline, resample_limits
from analysis.segments.standing import Measured
from tiny_company import TODAY, make_company, make_customers

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}, "movement": {"flip_samples": 20}})
DAY = TODAY.date()


def flipped(customers: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    return estimate_flips(Measured(customers, spells, customers, spells, fit_cutoffs(customers, spells, PARAMS)), PARAMS)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**16), st.integers(12, 50))
def test_flips_are_told_of_the_class_in_force_and_lead_to_another(seed, buyers):
    customers, spells = make_company(seed, buyers, 3)
    segments = build_segments(customers, spells, DAY, PARAMS, fit_cutoffs(customers, spells, PARAMS)).set_index("customer_id")
    flips = flipped(customers, spells)
    assert flips["flip_probability"].between(1 / 20, 1).all()
    assert (flips["class"] != flips["other_class"]).all()
    for scheme in SCHEMES:
        own = flips[flips["scheme"] == scheme]
        assert list(own["class"]) == list(segments.loc[own["customer_id"], scheme])
    assert not flips["class"].isin(["prospect", "not_enough_data"]).any()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 99))
def test_order_of_rows_changes_no_probability(seed, shuffle):
    customers, spells = make_company(seed, 30, 2)
    mixed = customers.sample(frac=1, random_state=shuffle), spells.sample(frac=1, random_state=shuffle)
    pdt.assert_frame_equal(flipped(*mixed), flipped(customers, spells))


def test_every_customer_once_gives_the_limits_in_use():
    customers, spells = make_company(4, 60)
    ids = pd.Index(customers["customer_id"])
    assert resample_limits(spells, ids, np.arange(len(ids))[None, :], PARAMS)[0] == fit_cutoffs(customers, spells, PARAMS).lifecycle


def test_a_customer_drawn_twice_weighs_twice():
    _, spells = make_company(4, 60)
    twice = pd.concat([spells, spells.assign(customer_id=spells["customer_id"] + "x")])
    ids = pd.Index(sorted(spells["customer_id"].unique()))
    drawn = resample_limits(spells, ids, np.tile(np.arange(len(ids)), 2)[None, :], PARAMS)[0]
    assert drawn == fit_cutoffs(make_company(4, 60)[0], twice, PARAMS).lifecycle


def test_who_stands_far_from_every_cut_off_never_flips():
    customers, spells = make_company(4, 60)
    far = make_customers(("far", 400, 1e7, 0, 4000)).assign(count_interactions=4000)
    flips = estimate_flips(Measured(far, spells, customers, spells, fit_cutoffs(customers, spells, PARAMS)), PARAMS)
    assert flips.empty


def test_base_of_equal_customers_leaves_no_doubt():
    customers = make_customers(*[(f"c{number:02d}", 2, 50.0, 10, 400) for number in range(20)])
    _, spells = make_company(1, 2)
    held = dataclasses.replace(fit_cutoffs(customers, spells, PARAMS), tiers=None)
    assert estimate_flips(Measured(customers, spells, customers, spells.iloc[:0], held), PARAMS).empty


def test_probability_on_the_threshold_is_on_the_border():
    flips = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "scheme": "tier",
            "class": "vip",
            "other_class": "ordinary",
            "flip_probability": [0.1, 0.09],
        }
    )
    segments = pd.DataFrame({"customer_id": ["a", "b", "c"], "tier": ["vip", "vip", "potential"]})
    row = count_borderline(flips, segments, 0.1, ["tier"]).set_index("class").loc["vip"]
    assert (row["count_customers"], row["count_borderline"]) == (2, 1)
    assert row["expected_flips"] == pytest.approx(0.19)
    assert list(list_borderline(flips, 0.1)["customer_id"]) == ["a"]
