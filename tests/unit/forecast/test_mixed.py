"""MBG/CNBD-k with a k of one's own: what is its own beside what every model of orders must stand (`test_models`)."""

import numpy as np
import pandas as pd
import pytest

from analysis.forecast import mixed, regular
from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.mixed import NAMES, SHAPES, fit_statistics

TRUTH = (0.8, 4.0, 0.9, 6.0)


def simulated(size=2500, shapes=(1, 4), seed=9):
    """Half the customers of each shape; orders come as often whatever the shape."""
    generator = np.random.default_rng(seed)
    rows = []
    r, alpha, a, b = TRUTH
    for n, (rate, leave, end) in enumerate(
        zip(generator.gamma(r, 1 / alpha, size), generator.beta(a, b, size), generator.integers(26, 104, size), strict=True)
    ):
        k = shapes[n % len(shapes)]
        x, t_x, log_gaps = 0, 0.0, 0.0
        while generator.random() >= leave and t_x + (gap := generator.gamma(k, 1 / (k * rate))) <= end:
            x, t_x, log_gaps = x + 1, t_x + gap, log_gaps + np.log(gap)
        rows.append((x, t_x, float(end), log_gaps))
    return pd.DataFrame(rows, columns=["x", "t_x", "T", "log_gaps"], index=[f"c{n}" for n in range(size)])


def histories(*gaps, silent):
    """One customer per tuple of gaps, silent for `silent` weeks."""
    return pd.DataFrame({"x": [len(g) for g in gaps], "t_x": [sum(g) for g in gaps], "T": [sum(g) + silent for g in gaps],
                         "log_gaps": [np.log(g).sum() for g in gaps]}).astype(float)  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    return fit_statistics(simulated())


def test_the_gradient_is_the_slope_of_the_likelihood():
    loss = mixed._mixed_loss(*mixed._collapse(simulated(300)))
    point = np.log([0.7, 5.0, 0.6, 9.0, 0.5, 2.0, 0.1])
    for i, slope in enumerate(loss(point)[1]):
        move = np.eye(len(point))[i] * 1e-5
        assert slope == pytest.approx((loss(point + move)[0] - loss(point - move)[0]) / 2e-5, abs=1e-7)


def test_the_true_parameters_of_a_simulation_lie_within_their_intervals(fitted):
    table = fitted.estimate.table(z=2.6).set_index("parameter").head(4)
    truth = pd.Series(TRUTH, index=NAMES[:4])
    assert ((table["low"] <= truth) & (truth <= table["high"])).all()


def test_shares_are_found(fitted):
    shares = dict(zip(SHAPES, fitted.shares, strict=True))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares[1] == pytest.approx(0.5, abs=0.08)
    assert shares[4] == pytest.approx(0.5, abs=0.12)


def test_where_nobody_is_regular_it_is_mbg():
    given = simulated(1500, shapes=(1,))
    ours, known = fit_statistics(given).predict(90), MBG_NBD.fit(Snapshot(None, given)).predict(90)
    assert ours["expected_orders"].sum() == pytest.approx(known["expected_orders"].sum(), rel=0.02)
    assert (ours["p_order"] - known["p_order"]).abs().mean() < 0.01


def test_all_customers_of_one_shape_are_forecast_as_by_the_model_of_that_shape():
    given = simulated(300)
    only = fit_statistics(given).with_parameters(np.array([*TRUTH, 1e-100, 1e100, 1e-100]))
    r, alpha, a, b = TRUTH
    alike = regular.fit_statistics(given, regular.Regular(regularity=4)).with_parameters(np.array([r, alpha / 4, a, b]))
    assert only.predict(90).to_numpy() == pytest.approx(alike.predict(90).to_numpy(), abs=1e-6)
    assert only.p_active()["p_active"].to_numpy() == pytest.approx(alike.p_active()["p_active"].to_numpy(), abs=1e-6)


def test_the_same_silence_says_more_of_a_customer_whose_gaps_are_alike(fitted):
    given = histories((4.0,) * 12, (0.5, 11.0, 1.0, 6.5, 0.5, 4.5, 10.0, 0.5, 2.0, 8.0, 0.5, 3.0), silent=14.0)
    active = fitted.apply(Snapshot(None, given)).p_active()["p_active"]
    assert active.iloc[0] < active.iloc[1] / 2


def test_the_distribution_agrees_with_the_forecast(fitted):
    forecast = fitted.predict(90)
    counts, group = fitted.counts(90)
    assert counts.moment(1)[group] == pytest.approx(forecast["expected_orders"].to_numpy(), abs=1e-6)
    assert 1 - counts.none[group] == pytest.approx(forecast["p_order"].to_numpy(), abs=1e-6)
    assert counts.none + np.bincount(counts.group, counts.probability, minlength=len(counts.none)) == pytest.approx(1.0, abs=1e-9)


def test_a_part_of_many_histories_stands_for_all(monkeypatch):
    given = simulated(3000)
    whole = fit_statistics(given)
    monkeypatch.setattr(mixed, "MANY", 600)
    part = fit_statistics(given)
    assert part.estimate.log_likelihood == pytest.approx(whole.estimate.log_likelihood, abs=25)
    assert part.estimate.log_likelihood <= whole.estimate.log_likelihood + 1e-6
    assert (np.diag(part.estimate.covariance)[:4] > np.diag(whole.estimate.covariance)[:4]).all()
    assert part.predict(90)["expected_orders"].sum() == pytest.approx(whole.predict(90)["expected_orders"].sum(), rel=0.08)


def test_a_part_of_the_histories_counts_as_many_customers():
    s, said = mixed._collapse(simulated(500))
    some, _ = mixed._some(s, said, 4)
    assert some.weight.sum() == pytest.approx(s.weight.sum())
    assert len(some) < len(s)


def test_parameters_can_be_held_for_other_customers(fitted):
    given = simulated()
    pd.testing.assert_frame_equal(fitted.apply(Snapshot(None, given)).predict(90), fitted.predict(90), check_exact=True)
