from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from analysis.contracts import ContractError
from analysis.segments import rfm
from analysis.segments.rfm import Edges
from tiny_company import make_customers

EDGES = Edges(days_since_last_order=(10, 20, 30, 40), count_order_days=(1, 1, 2, 4), spend_total=(10, 20, 30, 40))

# The definitions' own words, cell by cell: r -> segments of fm 1 to 5.
WORDS = {
    5: ("new", "potential_loyalist", "potential_loyalist", "champions", "champions"),
    4: ("promising", "potential_loyalist", "potential_loyalist", "champions", "champions"),
    3: ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
    1: ("lost", "hibernating", "hibernating", "cant_lose", "cant_lose"),
}


@pytest.mark.parametrize(("r", "fm"), list(product(range(1, 6), repeat=2)))
def test_map_says_what_the_definitions_say(r, fm):
    names = [rule.name for rule in rfm.load_map() if (r, fm) in rule.cells and "recent" in rule.first_order]
    assert names == [WORDS[r][fm - 1]]


def test_incomplete_map_is_refused(monkeypatch):
    monkeypatch.setattr(rfm.tomllib, "loads", lambda text: {"segment": [{"name": "half", "r": [1, 2, 3, 4], "fm": [1, 2, 3, 4, 5]}]})
    with pytest.raises(ContractError, match=r"r 5, fm 1, first order recent: no segment"):
        rfm.load_map.__wrapped__("eleven")


def test_value_on_an_edge_belongs_to_the_fifth_that_it_closes():
    scores = rfm.score(pd.Series([10.0, 10.01, 40.0, 40.01]), EDGES.spend_total)
    assert list(scores) == [1, 2, 4, 5]


def test_fewer_days_score_higher():
    assert list(rfm.score(pd.Series([0, 10, 11, 41]), EDGES.days_since_last_order, is_reversed=True)) == [5, 5, 4, 1]


def test_equal_values_get_equal_scores_and_may_leave_one_empty():
    assert list(rfm.score(pd.Series([1, 1, 2, 3, 5]), EDGES.count_order_days)) == [1, 1, 3, 4, 5]


def test_edges_are_values_that_occur_with_a_fifth_at_or_below():
    buyers = make_customers(*[(f"c{i}", i + 1, float(i + 1), i, 500) for i in range(10)])
    assert rfm.fit_edges(buyers).spend_total == (2, 4, 6, 8)


def test_mean_of_f_and_m_is_rounded_half_up():
    table = rfm.assign(make_customers(("a", 1, 15.0, 5, 5)), EDGES, new_days=90)
    assert (table["f_score"][0], table["m_score"][0], table["fm_score"][0]) == (1, 2, 2)


@pytest.mark.parametrize(("age", "segment"), [(89, "new"), (90, "returning")])
def test_recent_small_buyer_is_new_on_the_last_day_of_the_window_and_returning_after(age, segment):
    table = rfm.assign(make_customers(("a", 1, 5.0, 5, age)), EDGES, new_days=90)
    assert table["rfm_segment"][0] == segment


def test_prospect_has_no_scores():
    row = rfm.assign(make_customers(("a", 0, 0.0, 0, 0)), EDGES, new_days=90).iloc[0]
    assert row["rfm_segment"] == "prospect"
    assert row[["r_score", "f_score", "m_score", "fm_score", "rfm_cell"]].isna().all()


def test_buyers_without_cut_offs_abstain():
    table = rfm.assign(make_customers(("a", 1, 5.0, 5, 5), ("b", 0, 0.0, 0, 0)), None, new_days=90)
    assert list(table["rfm_segment"]) == ["not_enough_data", "prospect"]
