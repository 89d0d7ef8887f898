"""Earlier dates: what was expected on them with what was known then, and what came."""

from datetime import date, timedelta

import numpy as np
import pytest

from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.clock import FLAT, Clock
from analysis.forecast.correction import NEUTRAL
from analysis.forecast.gamma_gamma import fit_spend
from analysis.forecast.origins import Clocked, clocked, correct, make_origins, origin_dates, taught_days, what_came
from analysis.history.past import EPOCH, Days, read_past, statistics
from analysis.params import load_params
from clean_ledger import write_clean
from simulated_shop import shop

PARAMS = load_params().forecast
AS_OF = date(2020, 3, 31)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    ledger = write_clean(tmp_path_factory.mktemp("shop"), {"order_lines": shop(size=300)}, covered_until="2020-06-30")
    return read_past(ledger, AS_OF)


@pytest.fixture(scope="module")
def origin(past):
    days = past.days(AS_OF)
    known = statistics(days, past.ids)
    models = Clocked.fit(MBG_NBD, past.ids, days, FLAT), MBG_NBD, fit_spend(known["x"] + 1, known["mean"])
    (found,) = make_origins(past, [date(2019, 12, 31)], days, *models, 90)
    return found


def row(*on):
    """One customer who ordered on these day numbers."""
    return Days(max(on), np.zeros(len(on), dtype=np.int64), np.array(on), np.ones(len(on)))


def test_what_came_is_within_the_horizon_its_end_inclusive():
    orders, spend = what_came(row(10, 20, 30, 31), row(10, 20), 1, 10)
    assert (orders.tolist(), spend.tolist()) == ([1.0], [1.0])


def test_the_last_origin_is_the_last_month_end_whose_horizon_is_over(past):
    dates = origin_dates(past.days(AS_OF), AS_OF, 91, 8)
    assert dates[-1] == date(2019, 12, 31)
    assert len(dates) == 8
    assert origin_dates(past.days(AS_OF), AS_OF, 92, 8)[-1] == date(2019, 11, 30)


def test_an_origin_has_as_much_history_as_horizon(past):
    days = past.days(AS_OF)
    begin = EPOCH + timedelta(days=int(days.day.min()))
    assert all(one - timedelta(days=300) >= begin for one in origin_dates(days, AS_OF, 300, 40))


def test_too_long_a_horizon_is_halved_until_it_was_over(past):
    days = past.days(AS_OF)
    assert taught_days(days, AS_OF, PARAMS) == 90
    assert taught_days(days, AS_OF, PARAMS.model_copy(update={"horizon_days": 2000})) < 500


def test_a_fit_that_starts_near_ends_where_another_does(past, origin):
    then = past.days(date(2019, 12, 31))
    alone = Clocked.fit(MBG_NBD, past.ids, then, FLAT).predict(90)["expected_orders"].to_numpy()
    assert origin.expected == pytest.approx(alone, rel=1e-3)


def test_the_level_is_what_came_over_what_was_expected(origin):
    assert origin.level * origin.expected.sum() == pytest.approx(origin.orders.sum(), abs=1e-9)
    assert correct([origin], NEUTRAL)[0].corrected_orders.sum() == pytest.approx(origin.orders.sum(), abs=1e-9)


def test_a_part_keeps_its_customers_in_step(origin):
    half = origin.part(slice(0, None, 2))
    assert (half.expected == origin.expected[::2]).all()
    assert (half.orders == origin.orders[::2]).all()
    assert len(half.features) == len(half.customer) == len(half.amount)


def test_in_the_companys_own_time_gaps_still_add_up(past):
    busy = Clock(0, np.zeros(0), np.log(np.linspace(0.5, 1.5, 12)))
    snapshot = clocked(past.days(AS_OF), past.ids, busy)
    start = snapshot.days.start
    spans = snapshot.days.day[start[1:] - 1] - snapshot.days.day[start[:-1]]
    assert spans / 7 == pytest.approx(snapshot.statistics["t_x"].to_numpy(), abs=1e-9)
