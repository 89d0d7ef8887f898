"""Spend that depends on history."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.candidates import Snapshot
from analysis.forecast.gamma_gamma import fit_spend
from analysis.forecast.spend_history import FEATURES, _describe, fit_spend_history
from analysis.history.past import EPOCH, Days, statistics

AS_OF = date(2020, 12, 31)
END = (AS_OF - EPOCH).days


def simulated(dependence, size=4000, seed=4, spread=0.3):
    """Order days of a year and of the quarter after; mean amounts go with the order rate to the power `dependence`."""
    generator = np.random.default_rng(seed)
    rate = generator.gamma(0.7, 1 / 40, size)
    mean = 50 * (rate * 40) ** dependence / generator.gamma(4.0, 1 / 4, size) ** spread
    customer, day, amount = [], [], []
    for who in range(size):
        at = generator.integers(END - 360, END - 30)
        while at < END + 90:
            customer.append(who), day.append(at), amount.append(mean[who] * generator.gamma(3.0, 1 / 3))
            at += 1 + int(generator.exponential(1 / rate[who]))
    table = Days(END + 90, np.array(customer), np.array(day), np.array(amount))
    known = table.day <= END
    return part(table, known), part(table, ~known)


def part(days, kept):
    return Days(END, days.customer[kept], days.day[kept], days.amount[kept])


def snapshot(days):
    ids = pd.Index([f"c{n:05d}" for n in range(int(days.customer.max()) + 1)])
    return Snapshot(AS_OF, statistics(days, ids), days=days.of_its_customers())


def bias(amounts, known, later):
    """Expected over actual money of the orders that came, less 1."""
    return amounts.to_numpy()[np.searchsorted(known.who, later.customer)].sum() / later.amount.sum() - 1


def rows(*orders):
    """Days from (customer, days before as_of, amount)."""
    return Days(END, *(np.array(column) for column in zip(*((who, END - ago, float(amount)) for who, ago, amount in orders), strict=True)))


def test_where_heavy_buyers_spend_more_gamma_gamma_is_biased_and_this_is_not():
    known, later = simulated(0.8)
    given = snapshot(known)
    plain = fit_spend(given.statistics["x"] + 1, given.statistics["mean"]).predict()
    ours = fit_spend_history(given).predict()
    assert abs(bias(plain, known, later)) > 0.06
    assert abs(bias(ours, known, later)) < 0.03


def test_where_amounts_depend_on_nothing_it_is_gamma_gamma():
    known, later = simulated(0.0)
    spend = fit_spend_history(snapshot(known))
    assert spend.ratio == pytest.approx(1.0, abs=0.12)
    assert abs(bias(spend.predict(), known, later)) < 0.03


def test_without_evidence_it_is_gamma_gamma_to_the_last_digit():
    spend = fit_spend_history(snapshot(simulated(0.8, 60)[0]))
    assert (spend.ratio == 1.0).all()
    pd.testing.assert_series_equal(spend.predict(), spend.base.predict(), check_exact=True)


def test_the_points_of_the_distribution_move_with_its_mean():
    spend = fit_spend_history(snapshot(simulated(0.8, 1500)[0]))
    p = spend.estimate.parameters[0]
    assert p * spend.scale / (spend.shape - 1) == pytest.approx(spend.predict().to_numpy(), rel=1e-9)


def test_a_lesson_holds_what_was_known_before_the_amounts_it_teaches():
    days = rows((0, 100, 10), (0, 90, 30), (0, 50, 50), (1, 70, 20))
    changed = rows((0, 100, 10), (0, 90, 30), (0, 50, 9999), (1, 70, 20))
    base = fit_spend(pd.Series([3.0, 1.0]), pd.Series([30.0, 20.0]))
    first, second = (_describe(base, part, END - 60, 30) for part in (days, changed))
    assert (list(first.amount), list(second.amount)) == ([50.0], [9999.0])
    assert (first.features == second.features).all()
    assert (first.base == second.base).all()


def test_a_window_begins_after_its_day_and_ends_inclusive():
    days = rows((0, 60, 10), (0, 59, 20), (0, 50, 40), (0, 49, 80), (1, 59, 5))
    found = _describe(fit_spend(pd.Series([4.0, 1.0]), pd.Series([37.5, 5.0])), days, END - 60, 10)
    assert (list(found.customer), list(found.count), list(found.amount)) == ([0], [2.0], [30.0])


def test_features_say_what_they_are_called():
    days = rows((0, 31, 10), (0, 24, 10), (0, 10, 5), (0, 3, 15), (1, 14, 6))
    found = _describe(fit_spend(pd.Series([4.0, 1.0]), pd.Series([10.0, 6.0])), days, END)
    orders, pace, trend = (found.features[:, FEATURES.index(name)] for name in ("log_orders", "log_pace", "log_trend"))
    assert list(orders) == [np.log(4), 0.0]
    assert pace == pytest.approx(np.log([4 / (31 / 7 + 4), 1 / (2 + 4)]), abs=1e-12)
    assert list(trend) == [0.0, 0.0]


def test_time_may_be_the_company_s_own():
    known, _ = simulated(0.8, 1500)
    given = snapshot(known)
    own = Days(END, given.days.customer, 0.5 * given.days.day, given.days.amount)
    stretched = Snapshot(AS_OF, given.statistics.assign(t_x=given.statistics["t_x"] / 2, T=given.statistics["T"] / 2), days=own)
    assert fit_spend_history(stretched).lessons.count > 300


def test_an_amount_beyond_all_others_cannot_make_more_than_the_limit_of_a_forecast():
    known, _ = simulated(0.4, 800)
    known.amount[known.day == known.day.max()] *= 1e5
    ratio = fit_spend_history(snapshot(known)).ratio
    assert ratio.max() <= 3.0 + 1e-9
    assert ratio.min() >= 1 / 3 - 1e-9


def test_parameters_can_be_held_for_other_orders():
    known, _ = simulated(0.8, 1500)
    spend = fit_spend_history(snapshot(known))
    pd.testing.assert_series_equal(spend.apply(snapshot(known)).predict(), spend.predict(), check_exact=True)
    earlier = snapshot(part(known, known.day <= END - 60))
    held = spend.apply(earlier)
    assert held.lessons is spend.lessons
    assert held.index.equals(earlier.statistics.index)


def test_the_currency_s_unit_changes_nothing_but_the_unit():
    known, _ = simulated(0.8, 1000)
    cents = Days(known.as_of, known.customer, known.day, known.amount * 100)
    assert fit_spend_history(snapshot(cents)).predict().to_numpy() == pytest.approx(
        fit_spend_history(snapshot(known)).predict().to_numpy() * 100, rel=1e-3
    )


def test_a_snapshot_without_order_days_is_refused():
    given = snapshot(simulated(0.0, 50)[0])
    with pytest.raises(ValueError, match="no order days"):
        fit_spend_history(Snapshot(AS_OF - timedelta(days=1), given.statistics))
