"""The mechanisms of the simulation, one by one, on literal customers."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from analysis.demo import cells
from analysis.demo.behaviour import Complaints, active_share, draw_lives, draw_orders, satisfaction
from analysis.demo.calendar import NEVER, make_calendar
from analysis.demo.company import CAUSES
from analysis.demo.people import draw_people
from analysis.demo.truth import numbers
from analysis.demo.writing import encode

CALENDAR = make_calendar(36)
NOBODY = np.zeros(0)
NO_COMPLAINTS = Complaints(NOBODY.astype(int), NOBODY, NOBODY.astype(bool), NOBODY)


def rng(seed=0):
    return np.random.default_rng(seed)


def people(count=400):
    return draw_people(rng(), 1, count, CALENDAR)


def test_the_calendar_ends_with_a_month_and_goes_on_for_a_year():
    assert CALENDAR.start == date(2023, 11, 1)
    assert CALENDAR.days == (date(2026, 11, 1) - date(2023, 11, 1)).days
    assert CALENDAR.horizon == (date(2027, 11, 1) - date(2023, 11, 1)).days
    assert CALENDAR.month_of(np.array([0, 29, 30])).tolist() == [0, 0, 1]


def test_prices_have_risen_once_on_the_first_january():
    days = [CALENDAR.day_of(date(2023, 12, 31)), CALENDAR.day_of(date(2024, 1, 1)), CALENDAR.day_of(date(2026, 1, 1))]
    assert CALENDAR.years(np.array(days)).tolist() == [0, 1, 3]


def test_a_year_of_demand_is_twelve_average_months():
    for exponent, is_business in ((0.4, True), (1.0, False), (2.2, False)):
        demand = CALENDAR.demand(exponent, is_business)
        assert demand[365] == pytest.approx(12, rel=0.02)


def test_activity_is_cut_at_both_ends():
    share = active_share(np.array([5.0, 40.0]), np.array([15.0, np.inf]), np.array([0, 10, 30, 50]))
    assert share.tolist() == [[0.5, 0.25, 0.0], [0.0, 0.0, 0.5]]


def test_orders_begin_with_the_first_and_keep_the_rate():
    who = people(2000)
    orders = draw_orders(rng(1), who, CALENDAR)
    assert set(orders.who) == set(np.flatnonzero(np.isfinite(who.first)))
    assert (orders.day >= who.first[orders.who]).all()
    buyers = np.isfinite(who.first)
    months = (CALENDAR.horizon - who.first[buyers]) / 30.4375
    expected = (who.rate[buyers] * months).sum()
    # the first order does not count, and an Erlang process gains a little at its start
    assert len(orders.who) - buyers.sum() == pytest.approx(expected, rel=0.05)


def test_a_complaint_shortens_life_and_a_slow_answer_more():
    who = people(3000)
    buyers = np.flatnonzero(who.first < 400)
    gone = []
    for resolution in (None, 1.0, 20.0):
        count = len(buyers)
        given = (
            Complaints(buyers, np.full(count, 500.0), np.ones(count, dtype=bool), np.full(count, resolution))
            if resolution
            else NO_COMPLAINTS
        )
        lives = draw_lives(rng(2), who, given, CALENDAR)
        here = lives.left[buyers] > 500
        gone.append((lives.left[buyers][here] < 590).mean())
    assert gone[0] + 0.03 < gone[1] < gone[2] - 0.15


def test_who_leaves_has_a_cause_and_had_a_first_order():
    who = people(3000)
    lives = draw_lives(rng(3), who, NO_COMPLAINTS, CALENDAR)
    left = np.isfinite(lives.left)
    assert (left == (lives.cause >= 0)).all()
    assert (lives.left[left] > who.first[left]).all()
    assert not (left & who.is_prospect).any()


def test_satisfaction_sinks_towards_the_end_but_little_when_the_need_is_gone():
    who = people(50)
    lives = draw_lives(rng(4), who, NO_COMPLAINTS, CALENDAR)
    lives.left[:2], lives.cause[:2] = 700.0, (CAUSES.index("price"), CAUSES.index("need_gone"))
    mood = satisfaction(who, NO_COMPLAINTS, lives, CALENDAR)
    early, late = CALENDAR.month_of(np.array([300, 690]))
    assert mood[0, early] == who.content[0]
    assert who.content[0] - mood[0, late] > 2 * (who.content[1] - mood[1, late]) > 0


def test_cells_show_what_is_missing_as_nothing():
    assert cells.dates(np.array([0, NEVER])).to_pylist() == ["1970-01-01", None]
    assert cells.times(np.array([86_399, NEVER])).to_pylist() == ["1970-01-01 23:59:59", None]
    assert cells.money(np.array([5, 123456])).to_pylist() == ["0.05", "1234.56"]
    assert cells.ids("C", np.array([7, -1]), 3).to_pylist() == ["C007", None]
    assert cells.yes_no(np.array([True, False]), np.array([False, True])).to_pylist() == ["true", None]
    assert numbers(np.array([-0.05, 12.0]), 2).to_pylist() == ["-0.05", "12.00"]


def test_fields_with_commas_and_quotes_are_quoted():
    table = {"a": pa.array(['x,"y"', "plain", None]), "b": pa.array(["1", None, ""])}
    assert encode(table).decode() == '"x,""y""",1\nplain,\n,\n'
