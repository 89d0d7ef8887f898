import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.value.concentration import draw_concentration, measure_gini, share_top

amounts = st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(lambda values: sum(values) > 0)


def test_equal_customers_have_a_gini_of_zero():
    assert measure_gini(np.full(10, 5.0), 0.95, seed=1)["gini"] == pytest.approx(0.0)


def test_one_customer_who_holds_all():
    assert measure_gini(np.array([0.0, 0.0, 0.0, 8.0]), 0.95, seed=1)["gini"] == pytest.approx(0.75)


def test_gini_by_hand():
    # mean absolute difference of 1, 2, 3 is 8/9; divided by twice the mean
    assert measure_gini(np.array([3.0, 1.0, 2.0]), 0.95, seed=1)["gini"] == pytest.approx(8 / 9 / 4)


def test_top_shares_round_the_count_up():
    table = share_top(np.arange(1.0, 12.0), (0.1,))
    assert table.loc[0, "count_customers"] == 2
    assert table.loc[0, "share_value"] == pytest.approx(21 / 66)


def test_a_tenth_of_ten_is_one():
    assert share_top(np.arange(10.0), (0.1,)).loc[0, "count_customers"] == 1


def test_what_a_few_hold_is_left_empty():
    table = share_top(np.arange(1.0, 81.0), (0.05, 0.0625, 0.1, 0.2), min_cell=5)
    assert table["count_customers"].tolist() == [4, 5, 8, 16]
    assert table["value"].isna().tolist() == [True, False, True, False]
    assert table["share_value"].isna().tolist() == [True, False, True, False]


def test_a_step_of_the_curve_holds_more_than_a_few():
    assert len(draw_concentration(np.arange(1.0, 25.0), min_cell=5)) == 4 + 1
    assert draw_concentration(np.arange(1.0, 5.0), min_cell=5).empty


def test_nothing_is_held_by_nobody():
    assert draw_concentration(np.zeros(3)).empty
    assert np.isnan(measure_gini(np.zeros(3), 0.95, seed=1)["gini"])


@given(amounts)
def test_the_curve_rises_from_0_to_1_above_the_diagonal(values):
    curve = draw_concentration(np.array(values, dtype=float))
    assert curve["share_value"].iloc[0] == 0
    assert curve["share_value"].iloc[-1] == pytest.approx(1.0)
    assert (np.diff(curve["share_value"]) >= -1e-12).all()
    assert (curve["share_value"] >= curve["share_customers"] - 1e-9).all()


@given(amounts, st.randoms())
def test_row_order_and_ties_change_nothing(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    a, b = np.array(values, dtype=float), np.array(shuffled, dtype=float)
    assert measure_gini(a, 0.9, seed=2, draws=5) == measure_gini(b, 0.9, seed=2, draws=5)
    assert share_top(a).equals(share_top(b))
