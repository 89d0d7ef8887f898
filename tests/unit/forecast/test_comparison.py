"""Back-tested models side by side: means, paired differences, who is best, and the company's totals."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.backtest import Backtest
from analysis.forecast.listing import (
    GRADES,
    calibrate,
    compare_dates,
    compare_models,
    count_behind,
    count_inside,
    find_closed,
    follow_totals,
    list_grades,
)

DATES = [date(2020, month, day) for month, day in ((1, 31), (2, 29), (3, 31), (4, 30))]
PARAMS = SimpleNamespace(horizon_days=60, bootstrap=200, seed=1, interval=0.8)
MEASURES = [name for names in GRADES.values() for name in names]


def make_backtest(values, noise=0.01, worse=0.0):
    """A back-test in which every measure of a model is the value given, by date; noise is shared by the models."""
    rows, samples = [], {}
    shared = np.random.default_rng(3).normal(0, noise, (len(DATES), PARAMS.bootstrap, len(MEASURES)))
    for place, day in enumerate(DATES):
        for model, value in values.items():
            if value[place] is None:
                continue
            totals = {
                f"{part}_{name}": x
                for part in ("orders", "spend")
                for name, x in zip(("expected", "low", "high"), (10, 8, 12), strict=True)
            }
            actual = {"orders_actual": 9.0 + place, "spend_actual": 13.0}
            rows.append({"as_of": pd.Timestamp(day), "model": model} | dict.fromkeys(MEASURES, value[place]) | totals | actual)
            samples[day, model] = pd.DataFrame(shared[place], columns=MEASURES)
    return Backtest(pd.DataFrame(rows), samples, PARAMS)


BACKTEST = make_backtest({"champion": [1.0, 1.1, 0.9, 1.0], "BG/NBD": [1.2, 1.3, 1.1, 1.2], "slow": [None, None, 0.8, 0.9]})


def test_means_are_over_dates_and_differences_over_the_same_dates():
    table = compare_models(BACKTEST, "orders").set_index("model")
    assert table["orders_deviance"].tolist() == pytest.approx([1.0, 1.2, 0.85])
    assert table["difference"].tolist()[1:] == pytest.approx([0.2, -0.1])
    assert table["count_dates"].tolist() == [4, 4, 2]


def test_a_difference_is_paired_what_both_share_is_not_in_it():
    table = compare_models(BACKTEST, "orders").set_index("model")
    assert table.loc["BG/NBD", ["difference_low", "difference_high"]].tolist() == pytest.approx([0.2, 0.2], abs=1e-9)


def test_intervals_of_means_hold_dates_as_well_as_customers():
    still = list_grades(make_backtest({"champion": [1.0] * 4})).set_index("measure").loc["orders_deviance"]
    moving = list_grades(make_backtest({"champion": [0.5, 0.5, 1.5, 1.5]})).set_index("measure").loc["orders_deviance"]
    assert still["high"] - still["low"] < 0.05
    assert moving["high"] - moving["low"] > 0.5


def test_the_best_is_among_those_graded_on_all_dates_and_knows_which_way_is_better():
    best = list_grades(BACKTEST).query("is_best").set_index("measure")["model"]
    assert best["orders_deviance"] == "champion"
    assert best["p_auc"] == "BG/NBD"
    assert "orders_bias" not in best


def test_models_count_as_behind_or_ahead_where_the_interval_of_the_difference_leaves_out_zero():
    found = count_behind(BACKTEST)
    assert (found["models"], found["orders_behind"], found["orders_ahead"]) == (2, 1, 1)
    same = count_behind(make_backtest({"champion": [1.0] * 4, "BG/NBD": [1.0] * 4}))
    assert (same["chance_behind"], same["chance_ahead"]) == (0, 0)


def test_of_tails_the_nearest_to_a_tenth_is_best():
    backtest = make_backtest({"champion": [0.02] * 4, "BG/NBD": [0.12] * 4})
    best = list_grades(backtest).query("is_best").set_index("measure")["model"]
    assert best["spend_above_high"] == "BG/NBD"


def test_where_all_have_the_same_dates_their_count_is_not_repeated():
    assert "count_dates" not in compare_models(make_backtest({"champion": [1.0] * 4}), "spend")


def test_by_date_a_model_is_measured_against_the_champion():
    table = compare_dates(BACKTEST, "chance")
    first = table[(table["model"] == "BG/NBD") & (table["month"] == "2020-01")].iloc[0]
    assert first["behind"] == pytest.approx(0.2)
    assert table.loc[table["model"] == "slow", "behind"].isna().sum() == 2


def test_totals_count_as_inside_with_their_ends():
    table = follow_totals(BACKTEST, "orders")
    assert table["is_inside"].tolist() == [True, True, True, True]  # 9, 10, 11 and 12 of 8 to 12
    assert count_inside(BACKTEST) == {"dates": 4, "orders": 4, "spend": 0}


def test_before_a_horizon_has_closed_there_is_nothing_to_compare():
    nothing = Backtest(pd.DataFrame(), {}, PARAMS)
    assert compare_models(nothing, "orders") is None
    assert list_grades(nothing) is None
    assert compare_dates(nothing, "orders") is None
    assert follow_totals(nothing, "spend") is None
    assert count_inside(nothing) == {"dates": 0, "orders": 0, "spend": 0}
    assert find_closed([], "month") is None
    assert calibrate(None) is None


def test_a_closed_forecast_is_calibrated_by_what_happened():
    table = pd.DataFrame({"p_order": [0.25] * 4, "count_order_days": [1.0, 0.0, 0.0, 0.0]})
    row = calibrate(table).iloc[0]
    assert (row["count_customers"], row["p_mean"], row["share_bought"]) == (4, 0.25, 0.25)
