from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.segments.cluster_features import CLIP, FEATURES, describe_buyers, fit_scales, sample, scale
from tiny_company import make_customers, make_spells


def describe(*rows, spells=()):
    customers = make_customers(*rows)
    customers = customers.assign(
        days_first_to_last_order=customers["days_as_customer"] - customers["days_since_last_order"],
        spend_mean=customers["spend_total"] / customers["count_order_days"].where(customers["count_order_days"] > 0),
        count_products=2,
    )
    return describe_buyers(customers, make_spells(*spells))


def frame(**columns):
    return pd.DataFrame(columns, dtype=float)


def test_one_row_a_buyer_in_order_of_their_ids():
    features = describe(("b", 1, 9.0, 5, 5), ("p", 0, 0.0, 0, 0), ("a", 1, 9.0, 5, 5))
    assert list(features.index) == ["a", "b"]
    assert tuple(features.columns) == FEATURES


def test_one_order_day_has_no_gap_and_two_have_theirs():
    features = describe(("a", 1, 9.0, 5, 5), ("b", 3, 9.0, 10, 110))
    assert np.isnan(features.loc["a", "mean_gap_days"])
    assert features.loc["b", "mean_gap_days"] == 50.0


def test_two_completed_gaps_do_not_tell_how_regular_and_three_do():
    two = [("a", i, 10 * i, True) for i in (1, 2)]
    three = [("b", i, 10 * i, True) for i in (1, 2, 3)]
    features = describe(("a", 3, 9.0, 5, 90), ("b", 4, 9.0, 5, 90), spells=[*two, ("a", 3, 5, False), *three, ("b", 4, 99, False)])
    assert np.isnan(features.loc["a", "gap_variation"])
    assert features.loc["b", "gap_variation"] == pytest.approx(0.5)  # 10, 20, 30: deviation 10, mean 20; the open gap is not one


def test_the_first_year_counts_whole():
    features = describe(("a", 2, 9.0, 5, 30))
    assert features.loc["a", "count_order_days_per_year"] == 2.0


def test_a_feature_that_few_are_known_of_is_left_out_and_one_at_the_limit_is_not():
    features = frame(a=[1, 2, 3, 4, np.nan], b=[1, np.nan, np.nan, np.nan, np.nan], c=[1, 2, np.nan, np.nan, np.nan], d=[7] * 5)
    scales, unused = fit_scales(features, 0.4)
    assert [one.feature for one in scales] == ["a", "c"]
    assert unused == {"b": "unknown", "d": "alike"}


def test_scaled_values_have_mean_0_and_deviation_1_and_what_is_unknown_is_0():
    values = np.random.default_rng(1).lognormal(0, 0.5, 400)
    features = frame(a=np.append(values, np.nan))
    scaled = scale(features, fit_scales(features, 0.2)[0])[:, 0]
    assert scaled[-1] == 0
    assert scaled[:-1].mean() == pytest.approx(0, abs=1e-2)
    assert scaled[:-1].std() == pytest.approx(1, abs=2e-2)


def test_skew_is_taken_out():
    values = np.random.default_rng(1).lognormal(0, 1.2, 2000)
    scaled = scale(frame(a=values), fit_scales(frame(a=values), 0.2)[0])[:, 0]
    assert abs(pd.Series(scaled).skew()) < 0.4 < pd.Series(values).skew()


def test_the_power_is_scipys():
    from scipy.stats import yeojohnson_normmax

    values = np.random.default_rng(2).gamma(2.0, 1.0, 500)
    assert fit_scales(frame(a=values), 0.2)[0][0].power == pytest.approx(yeojohnson_normmax(values / values.mean()), abs=2e-3)


def test_nobody_is_further_away_than_the_clip():
    scales, _ = fit_scales(frame(a=range(50)), 0.2)
    assert scale(frame(a=[1e12]), scales)[0, 0] == CLIP


def test_a_sample_is_the_same_customers_whoever_else_is_there_to_lose():
    ids = pd.Index([f"c{i:03d}" for i in range(300)])
    chosen = set(ids[sample(ids, 100)])
    fewer = ids[:200]
    assert len(chosen) == 100
    assert chosen & set(fewer) <= set(fewer[sample(fewer, 100)])


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=30), st.floats(1e-3, 1e3))
def test_scaling_keeps_the_order_of_customers(values, unit):
    scales, _ = fit_scales(frame(a=values), 0.2)
    if scales:
        scaled = scale(frame(a=sorted(values)), scales)[:, 0]
        assert (np.diff(scaled) >= -1e-9).all()
