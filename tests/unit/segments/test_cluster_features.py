from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.segments.cluster_features import CLIP, FEATURES, Behaviour, describe_buyers, fit_scales, sample, scale
from company_of_kinds import make_kinds
from tiny_company import make_customers, make_spells

BASKETS = pd.DataFrame(
    columns=["customer_id", "count_sales", "count_discounted", "units_count", "units_mean", "units_squares", "lines_mean", "lines_squares"]
)


def describe(*rows, spells=(), amounts=10.0, baskets=BASKETS):
    customers = make_customers(*rows)
    customers["days_first_to_last_order"] = customers["days_as_customer"] - customers["days_since_last_order"]
    return describe_buyers(customers, make_spells(*spells).assign(amount=amounts), baskets)


def give(values, evidence=10.0, noise=0.01, feature="order_days_per_year"):
    """Behaviour of which one feature is known."""
    ids = pd.Index([f"c{i:03d}" for i in range(len(values))], name="customer_id")
    table = pd.DataFrame(np.nan, index=ids, columns=list(FEATURES))
    table[feature] = np.asarray(values, dtype=float)
    return Behaviour(table, table.notna() * evidence, pd.Series(noise, index=list(FEATURES)))


def test_one_row_a_buyer_in_order_of_their_ids():
    found = describe(("b", 1, 9.0, 5, 5), ("p", 0, 0.0, 0, 0), ("a", 1, 9.0, 5, 5))
    assert list(found.index) == ["a", "b"]
    assert tuple(found.shown.columns) == tuple(found.evidence.columns) == FEATURES


def test_silence_counts_towards_the_pace_up_to_the_mean_gap():
    found = describe(("a", 3, 9.0, 500, 600), ("b", 3, 9.0, 20, 120))  # both bought for 100 days, every 50
    assert found.evidence["order_days_per_year"].tolist() == pytest.approx([150 / 365.25, 120 / 365.25])
    assert found.shown.loc["a", "order_days_per_year"] == pytest.approx(2 / (150 / 365.25))


def test_who_ordered_once_has_been_slow_for_as_long_as_a_gap_takes():
    found = describe(("a", 1, 9.0, 500, 500), ("b", 3, 9.0, 20, 120))
    assert found.shown.loc["a", "order_days_per_year"] == 0
    assert found.evidence.loc["a", "order_days_per_year"] == pytest.approx(50 / 365.25)


def test_two_completed_gaps_do_not_tell_how_regular_and_three_do():
    two = [("a", i, 10 * i, True) for i in (1, 2)]
    three = [("b", i, 10 * i, True) for i in (1, 2, 3)]
    found = describe(("a", 3, 9.0, 5, 90), ("b", 4, 9.0, 5, 90), spells=[*two, ("a", 3, 5, False), *three, ("b", 4, 99, False)])
    assert np.isnan(found.shown.loc["a", "gap_variation"])
    assert found.shown.loc["b", "gap_variation"] == pytest.approx(0.5)  # 10, 20, 30: deviation 10, mean 20; the open gap is not one
    assert found.evidence["gap_variation"].tolist() == [0, 3]


def test_typical_spend_is_the_geometric_mean_and_its_noise_that_within_customers():
    spells = [("a", 1, 10, True), ("a", 2, 10, False), ("b", 1, 10, False)]
    found = describe(("a", 2, 9.0, 5, 15), ("b", 1, 9.0, 5, 5), spells=spells, amounts=[10.0, 1000.0, 7.0])
    assert found.shown["spend_typical"].tolist() == pytest.approx([100.0, 7.0], rel=1e-4)
    assert found.noise["spend_typical"] == pytest.approx(math.log(100) ** 2 / 2, rel=1e-4)


def test_a_customer_without_baskets_has_no_evidence_of_them():
    row = pd.DataFrame([("a", 4, 1, 4, math.log(3), 0.5, 0.0, 0.0)], columns=BASKETS.columns)
    found = describe(("a", 4, 9.0, 5, 90), ("b", 4, 9.0, 5, 90), baskets=row)
    assert found.shown.loc["a", ["units_per_order", "lines_per_order", "discounted_share"]].tolist() == pytest.approx([3.0, 1.0, 0.25])
    assert found.shown.loc["b", ["units_per_order", "lines_per_order", "discounted_share"]].isna().all()
    assert found.evidence["discounted_share"].tolist() == [4, 0]


def test_a_feature_that_few_are_known_of_is_left_out_and_one_at_the_limit_is_not():
    assert fit_scales(give([1, 9, np.nan, np.nan, np.nan]), 0.4)[1].get("order_days_per_year") is None
    assert fit_scales(give([1, np.nan, np.nan, np.nan, np.nan]), 0.4)[1]["order_days_per_year"] == "unknown"


def test_a_feature_that_is_the_same_for_all_is_left_out():
    assert fit_scales(give([7.0] * 5), 0.2)[1]["order_days_per_year"] == "alike"


def test_a_feature_that_differs_no_more_than_chance_is_left_out():
    values = np.random.default_rng(1).normal(5.0, 1.0, 400)
    assert fit_scales(give(values, evidence=1.0, noise=1.0), 0.2)[1]["order_days_per_year"] == "chance"


def test_scaled_values_stand_around_0_and_vary_as_far_as_they_are_no_chance():
    values = np.append(np.random.default_rng(1).normal(50.0, 1.0, 4000), np.nan)
    behaviour = give(values, evidence=1.0, noise=0.5)
    scales, _ = fit_scales(behaviour, 0.2)
    scaled = scale(behaviour, scales)[:, 0]
    assert scales[0].reliability == pytest.approx(0.5, abs=0.05)
    assert scaled[-1] == pytest.approx(0, abs=0.05)
    assert scaled.mean() == pytest.approx(0, abs=1e-6)
    assert scaled.var() == pytest.approx(scales[0].reliability, abs=0.01)


def test_little_evidence_brings_a_customer_nearer_to_the_mean():
    values = np.random.default_rng(1).normal(50.0, 1.0, 400)
    behaviour = give(values, evidence=5.0, noise=0.5)
    scales, _ = fit_scales(behaviour, 0.2)
    doubted = Behaviour(behaviour.shown, behaviour.evidence / 100, behaviour.noise)
    assert (np.abs(scale(doubted, scales)) <= np.abs(scale(behaviour, scales)) + 0.05).all()


def test_nobody_is_further_away_than_the_clip():
    scales, _ = fit_scales(give(range(50)), 0.2)
    assert scale(give([1e12]), scales)[0, 0] == CLIP


def test_a_customer_is_measured_alone_as_among_all():
    behaviour = describe_buyers(*make_kinds())
    scales, _ = fit_scales(behaviour, 0.2)
    assert scale(behaviour.take(np.array([7])), scales)[0] == pytest.approx(scale(behaviour, scales)[7], abs=0)


def test_a_sample_is_the_same_customers_whoever_else_is_there_to_lose():
    ids = pd.Index([f"c{i:03d}" for i in range(300)])
    chosen = set(ids[sample(ids, 100)])
    fewer = ids[:200]
    assert len(chosen) == 100
    assert chosen & set(fewer) <= set(fewer[sample(fewer, 100)])
