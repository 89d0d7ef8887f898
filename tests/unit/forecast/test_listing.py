"""The model and its back-test as tables that are shown."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

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


def graded():
    measures = [*listing.GRADES["orders"], *listing.GRADES["spend"]]
    totals = [f"{part}_{name}" for part in ("orders", "spend") for name in ("expected", "low", "high", "actual")]
    columns = ["as_of", "model", *measures, *totals]
    return pd.DataFrame([range(len(columns))], columns=columns)


@pytest.mark.parametrize("part", ["orders", "spend"])
def test_grades_of_a_part_stand_beside_its_own_total(part):
    backtest = graded()
    table = listing.grades(backtest, part)
    assert list(table.columns) == ["as_of", "model", *listing.GRADES[part], "total_expected", "total_low", "total_high", "total_actual"]
    assert table.loc[0, "total_actual"] == backtest.loc[0, f"{part}_actual"]


def test_before_a_horizon_has_closed_there_are_no_grades_and_no_replay():
    assert listing.grades(pd.DataFrame(), "orders") is None
    assert listing.replay_last(None, [], 90, None) is None
    assert listing.calibrate(None) is None


def test_the_last_date_is_replayed(monkeypatch):
    monkeypatch.setattr(listing, "replay", lambda ledger, day, horizon_days, params: (day, horizon_days))
    assert listing.replay_last(None, [date(2020, 1, 31), date(2020, 2, 29)], 90, None) == (date(2020, 2, 29), 90)


def test_a_replay_is_calibrated_by_what_happened():
    replayed = pd.DataFrame({"p_order": [0.25] * 4, "has_ordered": [True, False, False, False]})
    row = listing.calibrate(replayed).iloc[0]
    assert (row["count_customers"], row["p_mean"], row["share_bought"]) == (4, 0.25, 0.25)
