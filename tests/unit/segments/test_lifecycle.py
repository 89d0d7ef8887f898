from __future__ import annotations

import pytest

from analysis.params import ParamsError, load_params
from analysis.segments import lifecycle
from analysis.segments.lifecycle import Limit
from tiny_company import make_customers, make_spells

PARAMS = load_params({"churn": {"min_completed_gaps": 10}})
LIMITS = (Limit(1, 100, 150, 10, "own"), Limit(2, 60, 120, 10, "own"), Limit(3, 40, 95, 10, "own"))


def stage(customer: tuple[str, int, float, int, int], *spells: tuple[str, int, int, bool]) -> str:
    return lifecycle.assign(make_customers(customer), make_spells(*spells), LIMITS, PARAMS)["lifecycle_stage"][0]


@pytest.mark.parametrize(
    ("orders", "silent", "age", "expected"),
    [
        (0, 0, 0, "prospect"),
        (1, 89, 89, "new"),
        (1, 90, 90, "active"),
        (1, 100, 100, "active"),
        (1, 101, 101, "dormant"),
        (1, 150, 150, "dormant"),
        (1, 151, 151, "lost"),
        (2, 61, 300, "dormant"),
        (2, 60, 300, "active"),
        (4, 40, 300, "active"),
        (5, 40, 300, "loyal"),
        (5, 41, 300, "dormant"),
        (5, 96, 300, "lost"),
    ],
)
def test_stage_at_its_boundaries(orders, silent, age, expected):
    assert stage(("a", orders, 9.0, silent, age)) == expected


def test_lost_customer_who_ordered_again_is_back():
    assert stage(("a", 2, 9.0, 10, 200), ("a", 1, 151, True), ("a", 2, 10, False)) == "back"


def test_gap_of_exactly_the_limit_is_no_return():
    assert stage(("a", 2, 9.0, 10, 200), ("a", 1, 150, True), ("a", 2, 10, False)) == "active"


def test_only_the_last_gap_makes_a_return():
    spells = (("a", 1, 300, True), ("a", 2, 5, True), ("a", 3, 10, False))
    assert stage(("a", 3, 9.0, 10, 400), *spells) == "active"


def test_rule_that_fired_is_named():
    table = lifecycle.assign(make_customers(("a", 5, 9.0, 1, 300)), make_spells(), LIMITS, PARAMS)
    assert table["lifecycle_rule"][0] == "many_order_days"


def test_limits_are_quantiles_of_completed_gaps():
    spells = make_spells(*[(f"c{i}", 1, i + 1, True) for i in range(10)], ("x", 1, 999, False))
    (limit, *_) = lifecycle.fit_limits(spells, PARAMS)
    assert (limit.dormant_days, limit.lost_days, limit.count_gaps, limit.basis) == (8, 9, 10, "own")


def test_a_frequent_buyer_weighs_no_more_than_another():
    frequent = [("heavy", number, 1, True) for number in range(3, 93)]
    others = [(f"c{i}", 3, 10 * (i + 1), True) for i in range(9)]
    limit = lifecycle.fit_limits(make_spells(*frequent, *others), PARAMS)[2]
    assert (limit.dormant_days, limit.lost_days) == (70, 80)


def test_stage_with_too_few_gaps_takes_those_of_all():
    spells = make_spells(*[(f"c{i}", 1, i + 1, True) for i in range(10)])
    assert [limit.basis for limit in lifecycle.fit_limits(spells, PARAMS)] == ["own", "pooled", "pooled"]


def test_too_few_gaps_of_all_fall_back_to_parameters():
    limits = lifecycle.fit_limits(make_spells(("a", 1, 5, True)), PARAMS)
    assert {(limit.dormant_days, limit.lost_days, limit.basis) for limit in limits} == {(90, 180, "fallback")}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"lifecycle": {"gap_stages": [2, 3]}}, "rising order numbers that begin with 1"),
        ({"lifecycle": {"gap_stages": [1, 1]}}, "rising order numbers that begin with 1"),
        ({"lifecycle": {"dormant_quantile": 0.95}}, "lost before they are dormant"),
    ],
)
def test_impossible_parameters_stop_the_run(overrides, message):
    with pytest.raises(ParamsError, match=message):
        lifecycle.fit_limits(make_spells(), load_params(overrides))


def test_every_vocabulary_names_every_stage():
    assert all(set(labels) == set(lifecycle.STAGES) for labels in lifecycle.CROSSWALK.values())
    assert set(lifecycle.RULES.values()) == set(lifecycle.STAGES)
