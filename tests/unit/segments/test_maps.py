from __future__ import annotations

import json
from itertools import product

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.contracts import ContractError
from analysis.params import load_params
from analysis.segments import Cutoffs, fit_cutoffs, maps, rfm
from analysis.segments.maps import Grid
from tiny_company import make_company, make_customers

FEW = {"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}}
PARAMS = load_params(FEW)
PUBLISHED = load_params(FEW | {"maps": {"eight_basis": "published"}})

# The published list, segment by segment; the eight in the order R, F, M with high as 2.
KLAVIYO = {
    "champions": "333 332 323",
    "loyal": "321 322 331 232 233",
    "recent": "312 313 311 222 223",
    "needs_attention": "213 221 123 132 133",
    "at_risk": "231 212 122 131 211",
    "inactive": "111 112 113 121",
}
EIGHT = {
    "important_value": "222",
    "important_keep": "122",
    "important_develop": "212",
    "important_win_back": "112",
    "ordinary_value": "221",
    "ordinary_keep": "121",
    "ordinary_develop": "211",
    "ordinary_win_back": "111",
}


def company(seed: int = 3, buyers: int = 60, prospects: int = 4) -> tuple[pd.DataFrame, Cutoffs]:
    customers, spells = make_company(seed, buyers, prospects)
    return customers, fit_cutoffs(customers, spells, PARAMS)


@pytest.mark.parametrize(("name", "published"), [("klaviyo", KLAVIYO), ("eight", EIGHT)])
def test_map_says_what_was_published(name, published):
    found = maps.load(name)
    written = {segment.name: {"".join(map(str, cell)) for cell in segment.cells} for segment in found.segments}
    assert written == {segment: set(cells.split()) for segment, cells in published.items()}


@pytest.mark.parametrize(("name", "count"), [("eleven", 125), ("klaviyo", 27), ("eight", 8)])
def test_every_cell_has_exactly_one_segment(name, count):
    found = maps.load(name)
    assert len(found.cells) == count
    assert all(len(found.claims(cell, side)) == 1 for cell, side in product(found.cells, ("recent", "earlier")))


def test_unknown_map_is_named():
    with pytest.raises(ContractError, match="no map twelve; known: eleven, klaviyo, eight"):
        maps.load("twelve")


def test_map_with_a_gap_is_refused(monkeypatch):
    from analysis.segments.maps import segment_map

    monkeypatch.setattr(segment_map.tomllib, "loads", lambda text: {"top": 2, "segment": [{"name": "half", "cells": ["222"]}]})
    with pytest.raises(ContractError, match=r"maps/eight.toml: cell 111: no segment"):
        segment_map.load.__wrapped__("eight")


def test_days_on_klaviyos_limits_belong_to_the_better_score():
    grid = Grid((180.0, 365.0), (1.0, 2.0), (10.0, 20.0), "spend_total", "thirds")
    days, orders, amounts = ([180.0, 181.0, 365.0, 366.0], [1.0, 2.0, 3.0, 1.0], [10.0, 10.01, 20.0, 20.01])
    recency, frequency, amount = grid.cut(*map(np.array, (days, orders, amounts)))
    assert list(recency) == [3, 2, 2, 1]
    assert list(frequency) == [1, 2, 3, 1]
    assert list(amount) == [1, 2, 2, 3]


def test_published_limits_of_the_eight_classes():
    customers = make_customers(
        ("a", 3, 601.0, 10, 50), ("b", 3, 601.0, 11, 50), ("c", 2, 402.0, 10, 50), ("d", 3, 600.0, 10, 50), ("e", 2, 400.0, 11, 50)
    )
    cutoffs = fit_cutoffs(customers, make_company(1, 2)[1], PUBLISHED)
    assert list(maps.assign("eight", customers, cutoffs, PUBLISHED)) == [
        "important_value",
        "important_keep",
        "important_develop",
        "ordinary_value",
        "ordinary_win_back",
    ]


def test_amount_of_the_eight_classes_is_that_of_an_average_order():
    customers = make_customers(("often", 10, 1000.0, 5, 400), ("once", 1, 300.0, 5, 5))
    cutoffs = fit_cutoffs(customers, make_company(1, 2)[1], PUBLISHED)
    assert list(maps.assign("eight", customers, cutoffs, PUBLISHED)) == ["ordinary_value", "important_develop"]


def test_map_of_eleven_is_the_rfm_segment():
    customers, cutoffs = company()
    expected = rfm.assign(customers, cutoffs.rfm, PARAMS.lifecycle.new_days)["rfm_segment"]
    assert list(maps.assign("eleven", customers, cutoffs, PARAMS)) == list(expected)


@pytest.mark.parametrize("name", maps.NAMES)
def test_too_few_buyers_are_not_forced_into_a_segment(name):
    customers, cutoffs = company(buyers=9, prospects=1)
    assert maps.assign(name, customers, cutoffs, PARAMS).value_counts().to_dict() == {"not_enough_data": 9, "prospect": 1}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 60), st.integers(1, 5), st.sampled_from(maps.NAMES), st.integers(0, 99))
def test_every_customer_has_one_label_and_order_of_rows_changes_nothing(seed, buyers, prospects, name, shuffle):
    customers, cutoffs = company(seed, buyers, prospects)
    found = maps.assign(name, customers, cutoffs, PARAMS)
    assert found.isin(maps.labels(name)).all()
    assert (found == "prospect").sum() == prospects
    mixed = customers.sample(frac=1, random_state=shuffle)
    pdt.assert_series_equal(maps.assign(name, mixed, cutoffs, PARAMS).sort_index(), found)


def test_cut_offs_survive_json_and_are_listed():
    _, cutoffs = company()
    assert Cutoffs.from_dict(json.loads(json.dumps(cutoffs.as_dict()))) == cutoffs
    rows = maps.list_cutoffs(cutoffs)
    assert rows.groupby("map").size().to_dict() == {"eleven": 15, "klaviyo": 9, "eight": 6}
    recent = rows[(rows["map"] == "klaviyo") & (rows["axis"] == "recency") & (rows["class"] == "3")].iloc[0]
    assert recent["high"] == 180
    assert pd.isna(recent["low"])
