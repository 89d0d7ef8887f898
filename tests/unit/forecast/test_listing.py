"""The model and its back-test as tables that are shown."""

from types import SimpleNamespace

import numpy as np

from analysis.forecast import listing
from analysis.forecast.likelihood import Estimate


def estimate(names, values, count):
    return Estimate(names, np.array(values), np.diag([0.01] * len(names)), -12.5, count)


def test_parameters_of_both_models_are_listed_with_their_interval():
    estimates = {"orders": estimate(("r", "alpha"), [0.5, 4.0], 20), "spend": estimate(("p",), [2.0], 12)}
    table = listing.list_parameters(SimpleNamespace(estimates=estimates))
    assert table[["part", "parameter", "value", "count_customers"]].to_numpy().tolist() == [
        ["orders", "r", 0.5, 20],
        ["orders", "alpha", 4.0, 20],
        ["spend", "p", 2.0, 12],
    ]
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()


def test_an_own_past_rate_has_no_parameters():
    table = listing.list_parameters(SimpleNamespace(estimates={"orders": None, "spend": estimate(("p",), [2.0], 12)}))
    assert table["part"].tolist() == ["spend"]
