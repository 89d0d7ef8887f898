from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments import tiers
from analysis.segments.standing import Standing
from analysis.segments.tier_draws import find_near, resample_scales
from tiny_company import make_company, make_customers, make_spells

PARAMS = load_params({"rfm": {"min_buyers": 10}})


def stand(customers: pd.DataFrame) -> Standing:
    return Standing.of(customers, make_spells())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(12, 50))
def test_a_draw_gives_the_scale_of_the_customers_drawn(seed, buyers):
    base, _ = make_company(seed, buyers)
    rng = np.random.default_rng(seed)
    base = base.assign(satisfaction=np.where(rng.random(len(base)) < 0.4, np.nan, rng.integers(1, 6, len(base)) / 5))
    draws = rng.integers(0, len(base), size=(5, len(base)))
    assert list(resample_scales(base, draws, PARAMS)) == [tiers.fit_scale(base.take(draw), PARAMS) for draw in draws]


def test_no_scale_where_nothing_tells_the_drawn_apart():
    base = make_customers(*[(f"c{number:02d}", 2, 50.0, 10, 400) for number in range(20)])
    assert list(resample_scales(base, np.arange(20)[None, :], PARAMS)) == [None]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.integers(12, 50))
def test_who_is_not_near_has_one_tier_by_all_scales(seed, buyers):
    base, _ = make_company(seed, buyers)
    draws = np.random.default_rng(seed).integers(0, len(base), size=(5, len(base)))
    scales = [scale for scale in resample_scales(base, draws, PARAMS) if scale is not None]
    far = base[~find_near(stand(base), scales)]
    first = list(tiers.assign(far, scales[0])["tier"])
    assert all(list(tiers.assign(far, scale)["tier"]) == first for scale in scales)


@pytest.mark.parametrize(("vip_from", "is_near"), [(0.5, True), (0.4, True), (0.50001, False)])
def test_a_score_on_the_lower_cut_is_near(vip_from, is_near):
    part = tiers.Part("amount", 1.0, (10.0, 30.0))
    scales = [tiers.Scale((part,), vip_from, 0.1), tiers.Scale((part,), 0.6, 0.1)]
    customers = make_customers(("a", 1, 20.0, 10, 100))
    assert list(find_near(stand(customers), scales)) == [is_near]


def test_scales_of_other_parts_leave_everyone_near():
    scales = [tiers.Scale((tiers.Part(name, 1.0, (0.0, 1.0)),), 0.9, 0.5) for name in ("amount", "frequency")]
    assert find_near(stand(make_customers(("far", 400, 1e7, 0, 4000))), scales).all()
    weighed = dataclasses.replace(scales[0], parts=(tiers.Part("amount", 0.5, (0.0, 1.0)),))
    assert find_near(stand(make_customers(("far", 400, 1e7, 0, 4000))), [scales[0], weighed]).all()
