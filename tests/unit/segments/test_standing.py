"""Buyers as arrays are classed as the tables of their month are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments import build_segments, fit_cutoffs, maps
from analysis.segments.standing import SCHEMES, Measured, Standing, labels_of
from tiny_company import TODAY, make_company

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}})


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 50))
def test_arrays_are_classed_as_the_table_is(seed, buyers):
    customers, spells = make_company(seed, buyers, 3)
    cutoffs = fit_cutoffs(customers, spells, PARAMS)
    measured = Measured(customers, spells, customers, spells, cutoffs)
    segments = build_segments(customers, spells, TODAY.date(), PARAMS, cutoffs).set_index("customer_id")
    for scheme in SCHEMES:
        found = labels_of(scheme)[measured.standing.find(scheme, cutoffs, PARAMS)]
        assert list(found) == list(segments.loc[measured.buyers["customer_id"], scheme])


@pytest.mark.parametrize("name", maps.NAMES)
def test_arrays_are_classed_as_each_map_is(name):
    customers, spells = make_company(3, 60)
    cutoffs = fit_cutoffs(customers, spells, PARAMS)
    places = Standing.of(customers, spells).find_segments(name, cutoffs, PARAMS)
    assert list(np.array(maps.labels(name))[places]) == list(maps.assign(name, customers, cutoffs, PARAMS))


def test_some_of_the_buyers_are_classed_as_all_of_them_are():
    customers, spells = make_company(3, 40)
    cutoffs = fit_cutoffs(customers, spells, PARAMS)
    everyone = Standing.of(customers, spells)
    few = np.arange(len(customers)) % 3 == 0
    for scheme in SCHEMES:
        assert list(everyone.take(few).find(scheme, cutoffs, PARAMS)) == list(everyone.find(scheme, cutoffs, PARAMS)[few])


def test_prospects_are_no_buyers_and_buyers_stand_by_id():
    customers, spells = make_company(5, 12, 4)
    mixed = customers.sample(frac=1, random_state=1)
    measured = Measured(mixed, spells, mixed, spells, fit_cutoffs(customers, spells, PARAMS))
    assert list(measured.buyers["customer_id"]) == [f"b{number:03d}" for number in range(12)]
    assert len(measured.standing) == len(measured.base) == 12
