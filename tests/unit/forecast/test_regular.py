"""MBG/CNBD-k: what is its own beside what every model of orders must stand (`test_models`)."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.forecast import regular
from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import collapse
from analysis.forecast.regular import REGULAR, Regular, fit_statistics, log_likelihood, sum_log_gaps
from analysis.forecast.renewal import Renewal, count_renewals, expect_renewals
from analysis.history.past import Days

TRUTH = {"r": 0.8, "alpha": 2.0, "a": 0.9, "b": 6.0}


def simulated(size=400, k=3, seed=7):
    """Customers of the model itself, with TRUTH, in weeks."""
    generator = np.random.default_rng(seed)
    rows = []
    for rate, leave, end in zip(
        generator.gamma(0.8, 1 / 2, size), generator.beta(0.9, 6, size), generator.integers(26, 104, size), strict=True
    ):
        x, t_x, log_gaps = 0, 0.0, 0.0
        while generator.random() >= leave and t_x + (gap := generator.gamma(k, 1 / rate)) <= end:
            x, t_x, log_gaps = x + 1, t_x + gap, log_gaps + np.log(gap)
        rows.append((x, t_x, float(end), log_gaps))
    return pd.DataFrame(rows, columns=["x", "t_x", "T", "log_gaps"], index=[f"c{n}" for n in range(size)]).assign(m=0.0, mean=1.0)


def with_parameters(rows, k, values=None):
    given = pd.DataFrame(rows, columns=["x", "t_x", "T"]).astype(float)
    return fit_statistics(given, Regular(regularity=k)).with_parameters(np.array(list(values or TRUTH.values())))


def test_one_tick_an_order_is_mbg_to_the_last_digit():
    given = simulated(300, k=1)
    ours, known = fit_statistics(given, Regular(regularity=1)), MBG_NBD.fit(Snapshot(None, given))
    assert ours.estimate.log_likelihood == pytest.approx(known.estimate.log_likelihood, abs=1e-6)
    held = ours.with_parameters(known.estimate.parameters)
    for horizon in (1, 90, 1000):
        assert held.predict(horizon).to_numpy() == pytest.approx(known.predict(horizon).to_numpy(), abs=1e-9)
    assert held.p_active().to_numpy() == pytest.approx(known.p_active().to_numpy(), abs=1e-6)


@pytest.mark.parametrize("k", [1, 2, 3, 8])
def test_the_gradient_is_the_slope_of_the_likelihood(k):
    loss = regular._loss(collapse(simulated()), k)
    point = np.log([0.7, 5.0, 0.6, 9.0])
    for i, slope in enumerate(loss(point)[1]):
        move = np.eye(4)[i] * 1e-5
        assert slope == pytest.approx((loss(point + move)[0] - loss(point - move)[0]) / 2e-5, abs=1e-7)


def test_the_fit_maximises_the_likelihood_that_is_stated():
    given = simulated()
    fitted = fit_statistics(given)
    x, t_x, end, log_gaps = (given[name].to_numpy() for name in ("x", "t_x", "T", "log_gaps"))
    stated = log_likelihood(fitted.estimate.parameters, fitted.regularity, x, t_x, end, log_gaps).sum()
    assert fitted.estimate.log_likelihood == pytest.approx(stated, abs=1e-6)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_likelihood_finds_how_regular_customers_are(k):
    assert fit_statistics(simulated(600, k)).regularity == k


def test_without_single_gaps_their_sum_is_witness_enough_where_customers_are_many():
    assert fit_statistics(simulated(4000).drop(columns="log_gaps")).regularity == 3


def test_the_true_parameters_of_a_simulation_lie_within_their_intervals():
    table = fit_statistics(simulated(4000)).estimate.table(z=2.6).set_index("parameter")
    truth = pd.Series(TRUTH)
    assert ((table["low"] <= truth) & (truth <= table["high"])).all()


def test_a_choice_on_part_of_the_data_ends_at_the_same_optimum(monkeypatch):
    given = simulated(1500)
    whole = fit_statistics(given)
    monkeypatch.setattr(regular, "MANY", 100)
    part = fit_statistics(given)
    assert part.regularity == whole.regularity
    assert part.estimate.log_likelihood == pytest.approx(whole.estimate.log_likelihood, abs=1e-4)


def test_a_regular_customer_s_next_order_comes_nearer_with_silence_until_it_is_overdue():
    # every fourth week so far; silent for 0, 2, 4, 12, 40 weeks
    silences = (0, 2, 4, 12, 40)
    chance = with_parameters([(20, 80, 80 + silent) for silent in silences], 4).predict(7)["p_order"].to_numpy()
    assert chance[0] < chance[1] < chance[2]
    assert chance[2] > chance[3] > chance[4]


def test_silence_makes_activity_less_likely_and_of_the_regular_most():
    rows = [(5, 10, 11), (5, 10, 20), (5, 10, 50)]
    irregular, regular_ones = (with_parameters(rows, k).p_active()["p_active"] for k in (1, 4))
    assert regular_ones.is_monotonic_decreasing
    assert regular_ones.iloc[-1] < irregular.iloc[-1]


@pytest.mark.parametrize("k", [1, 2, 4, 8])
@pytest.mark.parametrize("row", [(400, 103, 104), (400, 104, 104), (400, 52, 104), (0, 0, 0), (0, 0, 500), (1, 0.14, 0.14)], ids=str)
def test_extreme_customers_have_finite_forecasts_that_agree_with_their_distribution(k, row):
    for values in (TRUTH.values(), (0.05, 0.1, 0.1, 0.2), (8.0, 300.0, 4.0, 0.01)):  # a + b < 1 in the middle
        fitted = with_parameters([row], k, tuple(values))
        forecast = fitted.predict(90)
        assert np.isfinite(forecast.to_numpy()).all()
        assert 0 <= forecast["p_order"].iloc[0] <= min(1.0, forecast["expected_orders"].iloc[0] + 1e-12)
        counts, group = fitted.counts(90)
        assert counts.moment(1)[group] == pytest.approx(forecast["expected_orders"].to_numpy(), abs=1e-6)
        assert 1 - counts.none[group] == pytest.approx(forecast["p_order"].to_numpy(), abs=1e-9)
        assert np.isfinite(fitted.p_active().to_numpy()).all()


def test_no_time_is_no_orders():
    renewal = Renewal(3, np.array([2.0]), np.array([9.0]), np.array([1.0]), 0.0, 0.9, np.array([3.0]))
    assert list(count_renewals(renewal).none) == [1.0]
    assert [part[0] for part in expect_renewals(renewal)] == [0.0, 0.0]


def test_chunks_change_no_expectation(monkeypatch):
    fitted = fit_statistics(simulated(200))
    whole = fitted.predict(90)
    monkeypatch.setattr("analysis.forecast.renewal.CHUNK", 7)
    pd.testing.assert_frame_equal(fitted.predict(90), whole, check_exact=True)


DAYS = Days(100, np.array([0, 0, 0, 1, 2, 2]), np.array([10, 17, 31, 50, 60, 67]), np.ones(6))
KNOWN = pd.DataFrame({"x": [2.0, 0.0, 1.0], "t_x": [3.0, 0.0, 1.0], "T": [90 / 7, 50 / 7, 40 / 7]}, index=list("abc"))


def test_gaps_are_logged_in_weeks():
    assert sum_log_gaps(DAYS) == pytest.approx([np.log(1) + np.log(2), 0.0, 0.0], abs=1e-12)


def test_gaps_of_a_snapshot_are_those_of_its_days():
    fitted = REGULAR.fit(Snapshot(date(1970, 4, 11), KNOWN, days=DAYS))
    given = fit_statistics(KNOWN.assign(log_gaps=[np.log(2), 0.0, 0.0]))
    assert fitted.by_regularity == given.by_regularity


def test_days_and_statistics_in_different_time_are_refused():
    with pytest.raises(ValueError, match="same time"):
        REGULAR.fit(Snapshot(date(1970, 4, 11), KNOWN.assign(t_x=KNOWN["t_x"] * 1.1), days=DAYS))


def test_parameters_can_be_held_for_other_customers():
    given = simulated(100)
    fitted = fit_statistics(given)
    later = given.assign(T=given["T"] + 4)
    applied = fitted.apply(Snapshot(None, later))
    assert applied.regularity == fitted.regularity
    assert (applied.estimate.parameters == fitted.estimate.parameters).all()
    pd.testing.assert_frame_equal(fitted.apply(Snapshot(None, given)).predict(90), fitted.predict(90), check_exact=True)
