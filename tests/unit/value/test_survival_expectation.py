from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.value.survival_expectation import Hazard, Hazards, expect_orders, fit_hazards, month_days
from spell_frames import make_spells, simulate


def constant(rate, length=4000):
    return Hazard(np.full(length, rate), rate, float(length))


def test_months_have_their_own_days_and_february_its_leap_day():
    assert month_days(date(2012, 1, 31), 3).tolist() == [29, 60, 90]
    assert month_days(date(2011, 1, 31), 2).tolist() == [28, 59]


def test_twelve_months_from_the_end_of_february_of_a_leap_year():
    assert month_days(date(2012, 2, 29), 12)[-1] == 364 + 1


def test_a_constant_chance_a_step_gives_rate_times_time():
    # usual gap 10 days = 20 steps, chance .01 a step: memoryless, so .02 orders a day whatever the silence
    hazards = Hazards(constant(0.01), tuple(constant(0.01) for _ in range(3)), 10.0)
    spells = make_spells({"a": [0, 10, 20, 30, 40], "b": [0, 10, 20, 30, 40]}, 40)
    spells.loc[spells["customer_id"].eq("b") & ~spells["is_closed"], "duration_days"] = 25
    table = expect_orders(spells, hazards, [30, 60])
    assert table["orders_30"].tolist() == pytest.approx([0.6, 0.6], abs=1e-9)
    assert table["orders_60"].tolist() == pytest.approx([1.2, 1.2], abs=1e-9)


def test_the_chance_of_an_order_after_a_first_one_is_conditional_on_silence():
    first = Hazard(np.array([0.5, 0.25, 0.0, 0.0]), 0.0, 1.0)
    hazards = Hazards(first, tuple(constant(0.0) for _ in range(3)), 10.0)
    fresh = expect_orders(make_spells({"a": [0]}, 0), hazards, [2])
    silent = expect_orders(make_spells({"a": [0]}, 1), hazards, [1])
    assert fresh.loc[0, "survival_p_order"] == pytest.approx(0.5 + 0.5 * 0.25)
    assert silent.loc[0, "survival_p_order"] == pytest.approx(0.25)


def test_silence_conditions_on_who_was_also_silent():
    spells = make_spells({f"q{i}": [0, 5] for i in range(200)} | {f"s{i}": [0] for i in range(100)}, 300)
    table = expect_orders(spells, fit_hazards(spells, 10), [90]).set_index("customer_id")
    assert table.loc["s0", "orders_90"] < 0.01


def test_the_tail_falls_as_one_over_time():
    tail = Hazard(np.empty(0), 0.1, 10.0)
    assert tail.chances(99, 1)[0] == pytest.approx(0.01)


def test_few_gaps_pool_all_later_spells():
    spells = simulate(30, seed=30)
    hazards = fit_hazards(spells, 10**6)
    assert hazards.later[0] is hazards.later[1] is hazards.later[2]


SPELLS = simulate(120, seed=31)
HAZARDS = fit_hazards(SPELLS, 20)


@given(st.lists(st.integers(1, 400), min_size=2, max_size=4, unique=True))
def test_expected_orders_never_fall_with_the_horizon(days):
    table = expect_orders(SPELLS, HAZARDS, sorted(days))
    values = table[[f"orders_{day}" for day in sorted(days)]].to_numpy()
    assert (np.diff(values, axis=1) >= -1e-12).all()
    assert (values >= 0).all()


def test_the_chance_of_an_order_never_exceeds_the_expected_number():
    table = expect_orders(SPELLS, HAZARDS, [365])
    assert (table["survival_p_order"] <= table["orders_365"] + 1e-9).all()
    assert table["survival_p_order"].between(0, 1).all()


def test_row_order_changes_nothing():
    shuffled = SPELLS.sample(frac=1, random_state=4)
    a = expect_orders(SPELLS, HAZARDS, [365]).set_index("customer_id")["orders_365"]
    b = expect_orders(shuffled, fit_hazards(shuffled, 20), [365]).set_index("customer_id")["orders_365"]
    assert b.loc[a.index].to_numpy() == pytest.approx(a.to_numpy(), rel=1e-9)
