"""The model and its back-test as tables that are shown."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

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


def test_other_horizons_are_means_over_dates_and_counts_of_totals_inside():
    base = {"orders_bias": 0.0, "p_brier": 0.1, "p_calibration": 0.0, "spend_bias": 0.0, "model": "champion"}
    totals = {f"{part}_{name}": value for part in ("orders", "spend") for name, value in (("low", 8.0), ("high", 12.0))}
    rows = [
        {"horizon_days": days, "as_of": day, "orders_deviance": deviance, "orders_actual": came, "spend_actual": 13.0} | base | totals
        for days, day, deviance, came in ((30, 1, 1.0, 8.0), (30, 2, 3.0, 7.9), (180, 1, 5.0, 12.0))
    ]
    table = listing.compare_horizons(pd.DataFrame(rows))
    assert table[["horizon_days", "count_dates", "orders_deviance", "orders_inside", "spend_inside"]].to_numpy().tolist() == [
        [30, 2, 2.0, 1, 0],
        [180, 1, 5.0, 1, 0],
    ]


def test_no_horizon_that_was_over_is_no_table():
    assert listing.compare_horizons(pd.DataFrame()) is None


def test_horizons_shorter_than_value_counts_are_said_to_be_ungraded():
    tested = SimpleNamespace(table=pd.DataFrame({"horizon_days": [90]}))
    (told,) = listing.tell_horizons(tested, pd.DataFrame({"horizon_days": [30, 180]}), 12)
    assert (told.key, told.fields) == ("ungraded", {"days": 180, "months": 12})
    assert listing.tell_horizons(tested, pd.DataFrame({"horizon_days": [365]}), 12) == []
    assert listing.tell_horizons(SimpleNamespace(table=pd.DataFrame()), pd.DataFrame(), 12)[0].key == "none"


def test_the_best_survival_model_is_told_beside_the_champion(monkeypatch):
    tested = SimpleNamespace(params=SimpleNamespace(origins=8, backtest_dates=4, slow_dates=1), dates=[1, 2])
    rows = {"model": ["champion", "cured fraction", "BG/NBD"], "p_log": [0.39, 0.41, 0.5], "difference": [np.nan, 0.02, 0.1]}
    limits = {"difference_low": [np.nan, 0.01, 0.05], "difference_high": [np.nan, 0.03, 0.2]}
    monkeypatch.setattr(listing, "compare_models", lambda *_: pd.DataFrame(rows | limits))
    why, best = listing.tell_survival(tested)
    assert (why.key, best.key) == ("left_out", "behind")
    assert [best.fields[name] for name in ("model", "value", "champion", "count")] == ["cured fraction", "0.4100", "0.3900", 1]
    monkeypatch.setattr(listing, "compare_models", lambda *_: None)
    assert [one.key for one in listing.tell_survival(tested)] == ["left_out"]
