"""The demo company knows what is true; no analysis reads it, but here the two are compared."""

import numpy as np
import pandas as pd
import pytest

from analysis.value.truth import compare_truth


@pytest.fixture(scope="module")
def verdict(company):
    derived = company.folder / "derived" / company.period
    value, scores = (pd.read_parquet(derived / f"{name}.parquet") for name in ("value", "scores"))
    return compare_truth(value, scores, pd.read_csv(company.folder / "truth" / "customers.csv"))


def test_the_sum_of_lifetime_value_is_near_the_true_one(verdict):
    # 500 customers: the true sum itself varies by a fifth from one seed to another
    assert abs(np.log1p(verdict.totals["bias"])) < 0.5


def test_lifetime_value_tells_customers_apart(verdict):
    assert verdict.totals["rank_correlation"] > 0.5


def test_intervals_hold_the_true_value(verdict):
    assert 0.75 < verdict.totals["share_inside"] < 0.97
    assert verdict.totals["share_above"] < 0.2


def test_the_chance_of_having_left_is_calibrated(verdict):
    assert abs(verdict.totals["active_expected"] - verdict.totals["active_true"]) < 0.12


def test_more_is_true_where_more_is_expected(verdict):
    tenths = verdict.tenths
    assert tenths["true_mean"].iloc[-1] > 3 * tenths["true_mean"].iloc[:5].mean()


def test_the_command_prints_what_was_compared(company, capsys):
    from analysis.__main__ import main

    assert main(["truth", "--period", company.period], root=company.root) == 0
    printed = capsys.readouterr().out
    assert "rank_correlation" in printed
    assert "share_inside" in printed
