"""Curves of tenure: late entries, hazards by band, tests of groups."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.churn.contract_curves import BANDS, compare_curves, draw_curves, fit_curve, group_contracts, rate_hazard, summarise_contracts
from analysis.history.contracts import build_contracts
from analysis.params import load_params
from clean_ledger import write_clean
from contract_frames import draw_company, make_contracts

PARAMS = load_params().contracts
FEW = PARAMS.model_copy(update={"min_group": 1, "min_at_risk": 1})


def test_who_enters_late_is_not_at_risk_before():
    curve = fit_curve(make_contracts((2, True), (5, True, 3), (6, False, 4)))
    assert curve.at_risk.tolist() == [1, 2]
    assert curve.survival.tolist() == [0, 0]


def test_who_enters_on_the_day_of_an_end_is_not_at_risk_then():
    assert fit_curve(make_contracts((3, True), (5, False, 3))).at_risk.tolist() == [1]


def test_a_curve_begins_where_enough_are_watched():
    early = [(1, True), *[(12, True, 6)] * 3]
    assert fit_curve(make_contracts(*early), min_at_risk=2).days.tolist() == [12]


def test_lengths_are_right_although_the_log_began_late(tmp_path):
    ledger = write_clean(tmp_path, {"contracts": draw_company(3, 3000)}, setting="contractual", covered_until="2020-12-31")
    contracts = build_contracts(ledger, date(2020, 12, 31))
    basic = contracts[contracts["plan"] == "basic"]
    truth = np.exp(-12 / 20)
    known = fit_curve(basic, PARAMS.min_at_risk).at([12])[0]
    naive = fit_curve(basic.assign(entry_months=0.0)).at([12])[0]
    assert known == pytest.approx(truth, abs=0.05)
    assert naive > truth + 0.05  # as if those who left before the log had never been


def test_hazard_counts_ends_and_months_within_a_band():
    table = rate_hazard(make_contracts((0.5, True), (2, False), (5, True, 4)), PARAMS).set_index("band")
    assert table.loc["1", ["numerator", "denominator"]].tolist() == [1, 1.5]
    assert table.loc["2\u20133", ["numerator", "denominator"]].tolist() == [0, 1]
    assert table.loc["4\u20136", ["numerator", "denominator"]].tolist() == [1, 1]
    assert table.loc["2\u20133", "rate_month_low"] == 0


def test_a_band_without_ends_has_the_rule_of_three():
    table = rate_hazard(make_contracts(*[(3, False)] * 100, (0.5, True)), PARAMS).set_index("band")
    assert table.loc["2\u20133", "rate_month_high"] == pytest.approx(3.689 / 200, abs=1e-4)


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=40))
def test_bands_share_out_all_ends_and_months(rows):
    contracts = make_contracts(*rows, (60, True))
    table = rate_hazard(contracts, PARAMS)
    assert table["numerator"].sum() == contracts["is_ended"].sum()
    assert table["denominator"].sum() == pytest.approx(contracts["tenure_months"].sum())
    assert len(table) <= len(BANDS) - 1


@given(st.lists(st.tuples(st.integers(1, 24), st.booleans()), min_size=2, max_size=40))
def test_curves_fall_within_their_limits(rows):
    table = draw_curves(make_contracts(*rows, (24, True)), None, FEW)
    assert table["survival"].is_monotonic_decreasing
    assert (table["low"] <= table["survival"] + 1e-12).all()
    assert (table["survival"] <= table["high"] + 1e-12).all()


def test_without_an_end_there_is_no_curve():
    contracts = make_contracts((3, False), (4, False))
    assert draw_curves(contracts, None, FEW) is None
    assert rate_hazard(contracts, FEW) is None
    assert compare_curves(contracts, FEW) is None


def test_a_median_that_is_not_reached_is_missing():
    row = summarise_contracts(make_contracts((3, True), (40, False), (40, False)), None, FEW).iloc[0]
    assert np.isnan(row["median_months"])
    assert row["lasting_12"] == pytest.approx(2 / 3)


def test_equal_groups_do_not_differ_and_unlike_ones_do():
    rows = [(month, True) for month in range(1, 31)]
    same = make_contracts(*rows, *rows, plan=["a"] * 30 + ["b"] * 30)
    assert compare_curves(same, FEW)["p_value"].iloc[0] == pytest.approx(1)
    unlike = make_contracts(*rows, *[(60, False)] * 30, plan=["a"] * 30 + ["b"] * 30)
    assert compare_curves(unlike, FEW)["p_adjusted"].iloc[0] < 1e-6


def test_small_groups_have_no_curve_of_their_own():
    contracts = make_contracts(*[(5, True)] * 25, (6, True), plan=["a"] * 25 + ["b"])
    assert summarise_contracts(contracts, contracts["plan"], PARAMS)["group"].tolist() == ["a"]


def test_order_of_rows_changes_nothing():
    contracts = make_contracts(*[(m, m % 3 > 0) for m in range(1, 61)], plan=["a", "b"] * 30)
    mixed = contracts.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(compare_curves(contracts, FEW), compare_curves(mixed, FEW))
    assert set(group_contracts(contracts, FEW)) == {"plan"}
