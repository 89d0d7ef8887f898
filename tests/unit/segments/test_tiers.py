from __future__ import annotations

import numpy as np
import pytest

from analysis.params import load_params
from analysis.segments import tiers
from tiny_company import make_company, make_customers

PARAMS = load_params({"rfm": {"min_buyers": 10}})


def ladder(count: int = 100):
    """Customers who differ in spend alone."""
    return make_customers(*[(f"c{i:03d}", 1, float(i + 1), 10, 10) for i in range(count)])


def test_shares_of_the_base_month_are_met():
    customers = ladder()
    table = tiers.assign(customers, tiers.fit_scale(customers, PARAMS))
    assert table["tier"].value_counts().to_dict() == {"ordinary": 60, "potential": 30, "vip": 10}


def test_vips_are_the_ones_who_spend_most():
    customers = ladder()
    table = tiers.assign(customers, tiers.fit_scale(customers, PARAMS))
    assert set(customers["customer_id"][table["tier"] == "vip"]) == {f"c{i:03d}" for i in range(90, 100)}


def test_weights_are_rescaled_over_the_parts_that_the_source_has():
    customers, _ = make_company(1, buyers=60)
    customers["count_interactions"] = 0
    scale = tiers.fit_scale(customers, PARAMS)
    assert {part.name: part.weight for part in scale.parts} == pytest.approx({"frequency": 0.3 / 0.7, "amount": 0.4 / 0.7})


@pytest.mark.parametrize(("answers", "is_used"), [(9, False), (10, True)])
def test_part_known_of_too_few_buyers_is_left_out(answers, is_used):
    customers, _ = make_company(1, buyers=60)
    customers.loc[: answers - 1, "satisfaction"] = np.linspace(0, 1, answers)
    assert ("satisfaction" in [part.name for part in tiers.fit_scale(customers, PARAMS).parts]) is is_used


def test_unanswered_survey_neither_helps_nor_hurts():
    customers, _ = make_company(1, buyers=60)
    customers["satisfaction"] = np.linspace(0, 1, 60)
    scale = tiers.fit_scale(customers, PARAMS)
    silent = customers.assign(satisfaction=np.nan)
    rest = sum(part.weight for part in scale.parts if part.name != "satisfaction")
    parts = tuple(tiers.Part(p.name, p.weight / rest, p.grid) for p in scale.parts if p.name != "satisfaction")
    assert tiers.score(silent, scale.parts).to_numpy() == pytest.approx(tiers.score(customers, parts).to_numpy(), abs=1e-9)


def test_orders_are_counted_per_year_once_the_first_year_is_over():
    young, old = make_customers(("a", 4, 8.0, 0, 100), ("b", 4, 8.0, 0, 731)).pipe(tiers.measure, "frequency")
    assert young == 4.0
    assert old == pytest.approx(2.0, abs=0.01)


def test_silence_lowers_the_score_by_held_cut_offs():
    base = ladder()
    scale = tiers.fit_scale(base, PARAMS)
    later = base.assign(days_as_customer=base["days_as_customer"] + 730)
    assert tiers.assign(base, scale)["tier"].iloc[-1] == "vip"
    assert tiers.assign(later, scale)["tier"].iloc[-1] == "ordinary"


def test_prospects_are_potential_and_have_no_score():
    customers = make_customers(("a", 0, 0.0, 0, 0))
    row = tiers.assign(customers, tiers.fit_scale(ladder(), PARAMS)).iloc[0]
    assert row["tier"] == "potential"
    assert np.isnan(row["tier_score"])


def test_buyers_who_do_not_differ_are_not_told_apart():
    customers = make_customers(*[(f"c{i}", 1, 5.0, 10, 10) for i in range(20)])
    assert tiers.fit_scale(customers, PARAMS) is None
    assert set(tiers.assign(customers, None)["tier"]) == {"not_enough_data"}


def test_a_weight_that_does_not_move_changes_no_tier():
    customers, _ = make_company(2, buyers=80)
    table = tiers.weigh_again(customers, tiers.fit_scale(customers, PARAMS), step=0.0)
    assert (table["count_changed"] == 0).all()


def test_moved_weight_reports_who_changes_of_how_many():
    customers, _ = make_company(2, buyers=80)
    table = tiers.weigh_again(customers, tiers.fit_scale(customers, PARAMS), step=0.1)
    assert len(table) == 2 * table["part"].nunique()
    assert (table["share_changed"] == table["count_changed"] / 80).all()
    assert table["count_changed"].sum() > 0
    assert (table["weight_moved"] - table["weight"]).abs().to_numpy() == pytest.approx(0.1)
