from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.history.rates import add_rate, wilson


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(numerator, denominator, low, high):
    found = wilson([numerator], [denominator])
    assert (found[0][0], found[1][0]) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_share_and_stays_within_0_and_1(counts):
    numerator, denominator = counts
    low, high = wilson([numerator], [denominator])
    assert 0 <= low[0] <= numerator / denominator <= high[0] <= 1


def test_share_of_nobody_is_missing_not_zero():
    table = add_rate(pd.DataFrame({"k": [0], "n": [0]}), "k", "n")
    assert np.isnan(table[["share", "share_low", "share_high"]].to_numpy()).all()
