"""What every model of orders must stand."""

import numpy as np
import pandas as pd
import pytest

from analysis.forecast import bg_nbd, pareto_nbd
from analysis.forecast.bg_nbd import BG_NBD, MBG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import collapse
from analysis.forecast.mixed import MIXED
from analysis.forecast.own_rate import OWN_RATE
from analysis.forecast.pareto_nbd import PARETO_NBD
from analysis.forecast.regular import REGULAR

MODELS = [OWN_RATE, BG_NBD, MBG_NBD, PARETO_NBD, REGULAR, MIXED]
FITTED_MODELS = MODELS[1:]


def statistics(*rows):
    return pd.DataFrame(rows, columns=["x", "t_x", "T"], index=[f"c{n}" for n in range(len(rows))]).astype(float).assign(m=0.0, mean=1.0)


def simulated(size=400, seed=7):
    """Customers of the BG/NBD model itself, with r = .8, alpha = 6, a = .9, b = 3."""
    generator = np.random.default_rng(seed)
    rows = []
    for rate, leave, end in zip(
        generator.gamma(0.8, 1 / 6, size), generator.beta(0.9, 3, size), generator.integers(10, 60, size), strict=True
    ):
        x, t_x, at = 0, 0.0, generator.exponential(1 / rate)
        while at < end:
            x, t_x = x + 1, at
            if generator.random() < leave:
                break
            at += generator.exponential(1 / rate)
        rows.append((x, t_x, float(end)))
    return statistics(*rows)


EXTREME = {
    "one customer": statistics((0, 0, 10)),
    "nobody came back": statistics((0, 0, 10), (0, 0, 20), (0, 0, 30)),
    "all of today": statistics((0, 0, 0), (0, 0, 0)),
    "last order on as_of": statistics((3, 20, 20), (1, 9, 9), (0, 0, 12)),
    "heavy buyer": statistics((400, 103, 104), (0, 0, 50), (2, 10, 80), (1, 1, 60)),
    "everyone gone": statistics(*[(5, 5, 300)] * 30, *[(0, 0, 300)] * 30),
}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
@pytest.mark.parametrize("case", EXTREME)
def test_extreme_histories_give_finite_forecasts(model, case):
    fitted = model.fit(Snapshot(None, EXTREME[case]))
    forecast, active = fitted.predict(90), fitted.p_active()
    assert np.isfinite(forecast.to_numpy()).all()
    assert (forecast["expected_orders"] >= 0).all()
    assert forecast["p_order"].between(0, 1).all()
    assert ((active >= 0) & (active <= 1)).all(axis=None)
    assert (active["p_active_low"] <= active["p_active"]).all()
    assert (active["p_active"] <= active["p_active_high"]).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_the_distribution_agrees_with_the_forecast(model):
    fitted = model.fit(Snapshot(None, simulated()))
    counts, group = fitted.counts(90)
    forecast = fitted.predict(90)
    assert counts.moment(1)[group] == pytest.approx(forecast["expected_orders"].to_numpy(), abs=1e-6)
    assert 1 - counts.none[group] == pytest.approx(forecast["p_order"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_a_longer_horizon_holds_no_fewer_orders(model):
    fitted = model.fit(Snapshot(None, simulated()))
    near, far = fitted.predict(30), fitted.predict(90)
    assert (near <= far + 1e-12).all(axis=None)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_the_order_of_customers_changes_nothing(model):
    given = simulated()
    shuffled = given.sample(frac=1, random_state=3)
    first = model.fit(Snapshot(None, given)).predict(90)
    second = model.fit(Snapshot(None, shuffled)).predict(90)
    pd.testing.assert_frame_equal(first, second.loc[first.index], check_exact=True)


@pytest.mark.parametrize("model", FITTED_MODELS, ids=lambda m: m.name)
def test_results_keep_the_index_of_the_customers(model):
    given = simulated(50)
    fitted = model.fit(Snapshot(None, given))
    assert fitted.predict(90).index.equals(given.index)
    assert fitted.p_active().index.equals(given.index)


@pytest.mark.parametrize(
    "make",
    [lambda s: bg_nbd._loss(s, BG_NBD), lambda s: bg_nbd._loss(s, MBG_NBD), pareto_nbd._loss],
    ids=["BG/NBD", "MBG/NBD", "Pareto/NBD"],
)
def test_the_gradient_is_the_slope_of_the_likelihood(make):
    loss = make(collapse(simulated()))
    point = np.log([0.7, 5.0, 0.6, 9.0])
    for i, slope in enumerate(loss(point)[1]):
        move = np.eye(4)[i] * 1e-5
        assert slope == pytest.approx((loss(point + move)[0] - loss(point - move)[0]) / 2e-5, abs=1e-8)


def test_the_true_parameters_of_a_simulation_lie_within_their_intervals():
    table = bg_nbd.fit_statistics(simulated(4000)).estimate.table(z=2.6).set_index("parameter")
    truth = pd.Series({"r": 0.8, "alpha": 6.0, "a": 0.9, "b": 3.0})
    assert ((table["low"] <= truth) & (truth <= table["high"])).all()


def test_a_start_on_part_of_the_data_ends_at_the_same_optimum(monkeypatch):
    given = simulated(1500)
    whole = bg_nbd.fit_statistics(given).estimate.log_likelihood
    monkeypatch.setattr(bg_nbd, "MANY", 100)
    assert bg_nbd.fit_statistics(given).estimate.log_likelihood == pytest.approx(whole, abs=1e-4)


def test_bg_says_that_one_time_buyers_are_active_and_mbg_does_not():
    given = simulated(200)
    once = given["x"] == 0
    assert (BG_NBD.fit(Snapshot(None, given)).p_active().loc[once, "p_active"] == 1).all()
    assert (MBG_NBD.fit(Snapshot(None, given)).p_active().loc[once, "p_active"] < 1).all()


def test_silence_makes_activity_less_likely():
    fitted = bg_nbd.fit_statistics(simulated())
    given = statistics((5, 10, 11), (5, 10, 20), (5, 10, 50))
    later = bg_nbd.FittedBgNbd(fitted.model, fitted.estimate, collapse(given), given.index).p_active()["p_active"]
    assert later.is_monotonic_decreasing


def test_own_rate_is_orders_a_week():
    forecast = OWN_RATE.fit(Snapshot(None, statistics((3, 5, 9), (0, 0, 0)))).predict(7)
    assert list(forecast["expected_orders"]) == [0.4, 1.0]
