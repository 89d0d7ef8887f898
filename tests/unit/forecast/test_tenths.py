import numpy as np
import pandas as pd
import pytest

from analysis.forecast.tenths import compare_tenths, split_tenths


def test_tenths_add_up_and_rise_with_the_prediction():
    predicted = pd.Series(np.arange(40.0), index=[f"c{i:02d}" for i in range(40)])
    actual = pd.Series({"c39": 100.0, "c00": 4.0})
    table = split_tenths(predicted, actual)
    assert table["count_customers"].tolist() == [4] * 10
    assert table["predicted_mean"].is_monotonic_increasing
    assert table["actual_sum"].sum() == 104.0
    assert table["actual_mean"].iloc[0] == pytest.approx(1.0)


def test_equal_predictions_stay_together():
    predicted = pd.Series([1.0] * 15 + [2.0] * 5, index=range(20))
    table = split_tenths(predicted, pd.Series(dtype=float))
    assert table["count_customers"].tolist() == [15, 5]
    assert table["tenth"].tolist() == [1, 2]


def test_what_cannot_be_negative_has_no_negative_limit():
    table = split_tenths(pd.Series([1.0] * 10), pd.Series([100.0]))
    (low, high, mean) = table[["actual_low", "actual_high", "actual_mean"]].iloc[0]
    assert (mean, low * high) == pytest.approx((10.0, 100.0))
    assert low == pytest.approx(10.0 * np.exp(-1.959964), abs=1e-4)
    nothing = split_tenths(pd.Series([1.0] * 10), pd.Series(dtype=float)).iloc[0]
    assert (nothing["actual_low"], nothing["actual_high"]) == (0.0, 0.0)


def test_who_bought_without_being_predicted_is_not_counted():
    table = split_tenths(pd.Series([1.0], index=["a"]), pd.Series([5.0, 9.0], index=["a", "new"]))
    assert table["actual_sum"].sum() == 5.0


def test_no_customers_no_rows():
    assert split_tenths(pd.Series(dtype=float), pd.Series(dtype=float)).empty


def test_a_replay_is_compared_customer_by_customer():
    replayed = pd.DataFrame({"expected_spend": [1.0, 5.0], "spend": [2.0, 4.0]}, index=["a", "b"])
    table = compare_tenths(replayed, "expected_spend", "spend")
    assert table[["predicted_sum", "actual_sum"]].to_numpy().tolist() == [[1.0, 2.0], [5.0, 4.0]]


def test_without_a_replay_there_is_nothing_to_compare():
    assert compare_tenths(None, "expected_spend", "spend") is None
