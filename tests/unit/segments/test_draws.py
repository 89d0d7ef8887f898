"""Quantiles of customers drawn again and again are those of their values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.segments.draws import Draws, Values
from analysis.segments.rfm import FIFTHS, lower_quantiles


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(0, 99))
def test_quantiles_of_a_draw_are_those_of_its_values(values, seed):
    known = Values.of(np.array(values, dtype=float))
    for draw in Draws(seed, 3, len(values)):
        counts = known.count(np.bincount(draw, minlength=len(values)))
        assert known.quantiles(counts, FIFTHS) == lower_quantiles(pd.Series(values).take(draw), FIFTHS)


def test_who_has_no_value_counts_for_none():
    known = Values.of(np.array([np.nan, 2.0, 1.0, 2.0]))
    assert list(known.count(np.array([5, 1, 1, 1]))) == [1, 2]


def test_draws_are_the_same_each_time_they_are_gone_through():
    draws = Draws(7, 3, 20)
    first, again = ([list(draw) for draw in draws] for _ in range(2))
    assert first == again
    assert first[0] != first[1]
