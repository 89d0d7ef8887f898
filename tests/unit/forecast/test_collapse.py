"""Customers with the same history are counted once."""

import numpy as np
import pandas as pd

from analysis.forecast.collapse import collapse, distinct


def test_equal_histories_are_one_with_their_number():
    s = collapse(pd.DataFrame({"x": [1.0, 0.0, 1.0], "t_x": [2.0, 0.0, 2.0], "T": [5.0, 5.0, 5.0]}))
    assert list(s.x) == [0.0, 1.0]
    assert list(s.weight) == [1.0, 2.0]
    assert list(s.group) == [1, 0, 1]


def test_histories_that_differ_in_one_number_stay_apart():
    s = collapse(pd.DataFrame({"x": [1.0, 1.0, 1.0], "t_x": [2.0, 3.0, 2.0], "T": [5.0, 5.0, 6.0]}))
    assert len(s) == 3


def test_every_row_finds_its_own_values_again():
    columns = [np.array([3.0, 1.0, 2.0, 1.0]), np.array([0.5, 0.5, 0.25, 0.5])]
    values, code, count = distinct(*columns)
    assert all((found[code] == given).all() for found, given in zip(values, columns, strict=True))
    assert count.sum() == 4


def test_no_customers_are_no_histories():
    assert len(collapse(pd.DataFrame({"x": [], "t_x": [], "T": []}, dtype=float))) == 0
