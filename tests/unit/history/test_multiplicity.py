import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from analysis.history.multiplicity import adjust_holm


def test_holm_by_hand():
    assert adjust_holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


def test_holm_never_exceeds_one_and_leaves_unknown_out():
    adjusted = adjust_holm(np.array([0.9, np.nan, 0.8]))
    assert adjusted[[0, 2]] == pytest.approx([1.0, 1.0])
    assert np.isnan(adjusted[1])


def test_holm_agrees_with_statsmodels():
    p_values = np.array([0.01, 0.04, np.nan, 0.03, 0.005])
    expected = multipletests(p_values[~np.isnan(p_values)], method="holm")[1]
    assert adjust_holm(p_values)[~np.isnan(p_values)] == pytest.approx(expected)


def test_no_test_needs_no_adjustment():
    assert len(adjust_holm(np.array([]))) == 0
