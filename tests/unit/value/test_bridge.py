"""The value bridge adds up to the cent, whatever happened, and names each cause once."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.forecast.candidates import Snapshot
from analysis.forecast.gamma_gamma import FittedSpend
from analysis.forecast.likelihood import Estimate
from analysis.forecast.own_rate import OWN_RATE
from analysis.forecast.scoring import Choice, Forecast
from analysis.history.past import EPOCH, make_past, statistics
from analysis.params import load_params
from analysis.value import Standing, build_bridge, pool_small, sum_exactly, tell_bridge
from analysis.value.bridge import AFTER, BEFORE, POOLED, STEPS, start_from, tell_steps
from analysis.value.clv import discount_revenue, look_ahead
from analysis.value.margin import Margin

PARAMS = load_params({"value": {"clv_months": 2}})
BEFORE_ON, AFTER_ON = date(2020, 3, 31), date(2020, 4, 30)
ESTIMATE = Estimate(("p", "q", "v"), np.array([2.0, 3.0, 30.0]), np.zeros((3, 3)), 0.0, 9)
SPEND = FittedSpend(ESTIMATE, np.empty(0), np.empty(0), 20.0, 0, pd.Index([]))
MARCH_END = (BEFORE_ON - EPOCH).days


def past_of(rows):
    """A past of (customer, ordered, known, amount); days count from the last day of March 2020."""
    who, ordered, known, amount = zip(*rows, strict=True)
    days = (np.array(part, dtype=np.int64) + MARCH_END for part in (ordered, known))
    return make_past(AFTER_ON, pa.chunked_array([pa.array(who)]), *days, np.array(amount, dtype=float))


def standing(past, as_of, share=1.0):
    """Own past rates and a held model of amounts: no fit, so that a world is as small as a test needs."""
    days = past.days(as_of)
    known = statistics(days, past.ids)
    forecast = fit_own(known, as_of)
    shares = pd.Series(float(share), index=known.index)
    return Standing(as_of, forecast, Margin(shares, shares, "costs", share, 0, 0))


def fit_own(known, as_of):
    choice = Choice(OWN_RATE, "few_customers", len(known), int((known["x"] > 0).sum()))
    return Forecast(choice, OWN_RATE.fit(Snapshot(as_of, known)), SPEND.apply(known["x"] + 1, known["mean"]), known.index)


def bridge_of(rows, lapsed=(), share_now=1.0, **more):
    past = past_of(rows)
    return build_bridge(standing(past, BEFORE_ON), standing(past, AFTER_ON, share_now), past, lapsed, PARAMS, **more)


def amounts(bridge):
    return bridge.set_index("step")["amount"]


def counts(bridge):
    return bridge.set_index("step")["count_customers"].astype(float)


OLD = [
    ("a", -60, -60, 20.0),
    ("a", -20, -20, 30.0),
    ("b", -50, -50, 10.0),
    ("b", -40, -40, 15.0),
    ("c", -90, -90, 5.0),
    ("c", -85, -85, 5.0),
]
NEWS = [("a", 5, 5, 25.0), ("c", 9, 9, 12.0), ("d", 3, 3, 40.0), ("b", -40, 8, -15.0)]


def test_the_steps_stand_in_their_fixed_order():
    assert bridge_of(OLD + NEWS)["step"].tolist() == [BEFORE, *STEPS, AFTER]


def test_ends_are_the_equities_of_the_two_months():
    bridge = bridge_of(OLD + NEWS, share_now=0.5)
    past = past_of(OLD + NEWS)
    for row, as_of, share in ((0, BEFORE_ON, 1.0), (-1, AFTER_ON, 0.5)):
        revenue = discount_revenue(look_ahead(standing(past, as_of).forecast, as_of, PARAMS))
        assert bridge["running_total"].iloc[row] == sum_exactly(np.round(revenue * share * 100) / 100)


@pytest.mark.parametrize(
    ("news", "lapsed", "step"),
    [
        (("d", 3, 3, 40.0), (), "new_customers"),
        (("a", 5, 5, 25.0), (), "bought_more"),
        (("a", 5, 5, 25.0), ("b",), "bought_more"),
        (("a", 5, 5, 25.0), ("a",), "came_back"),
        (("b", -40, 8, -15.0), (), "refunds"),
        (("b", -40, 8, -15.0), ("b",), "refunds"),
    ],
)
def test_one_event_moves_one_step(news, lapsed, step):
    found = counts(bridge_of([*OLD, news], lapsed))[["new_customers", "bought_more", "came_back", "refunds"]]
    assert found[found > 0].to_dict() == {step: 1.0}


def test_a_refund_takes_away_and_an_order_adds():
    found = amounts(bridge_of(OLD + NEWS, lapsed=("c",)))
    assert found["refunds"] < 0
    assert (found[["new_customers", "bought_more", "came_back"]] > 0).all()


def test_a_refund_of_a_new_customer_is_a_refund():
    found = counts(bridge_of([*OLD, ("d", 3, 3, 40.0), ("d", 3, 9, -40.0)]))
    assert found[["new_customers", "refunds"]].tolist() == [1, 1]


def test_what_became_known_on_the_last_day_of_last_month_is_no_news():
    found = counts(bridge_of([*OLD, ("b", 0, 0, 9.0)]))
    assert found[["new_customers", "bought_more", "came_back", "refunds"]].tolist() == [0, 0, 0, 0]


def test_without_an_issued_total_late_data_change_nothing():
    bridge = bridge_of(OLD + NEWS)
    assert amounts(bridge)["late_data"] == 0.0
    assert start_from(bridge, None) is bridge


def test_late_data_are_what_an_issued_total_did_not_know():
    replayed = bridge_of(OLD + NEWS)
    total = replayed["running_total"].iloc[0]
    bridge = start_from(replayed, total - 12.34)
    assert bridge["running_total"].iloc[0] == round(total - 12.34, 2)
    assert amounts(bridge)["late_data"] == 12.34
    assert counts(bridge)[[BEFORE, "late_data"]].isna().all()
    pd.testing.assert_series_equal(bridge["running_total"].iloc[1:], replayed["running_total"].iloc[1:])


@pytest.mark.parametrize(("issued", "key"), [(None, "replayed"), (5.0, "issued")])
def test_the_page_says_whether_the_first_total_was_issued(issued, key):
    model = standing(past_of(OLD), BEFORE_ON).forecast
    assert [remark.key for remark in tell_bridge(model, model, issued)] == [key, "models"]


def test_margins_alone_move_the_step_of_margins():
    found = amounts(bridge_of(OLD, share_now=0.5))
    assert found["margins"] < 0
    assert found[["new_customers", "bought_more", "came_back", "refunds", "merges"]].tolist() == [0.0] * 5


def test_a_merge_moves_the_step_of_merges():
    past = past_of(OLD)
    merged = past_of([("a" if who == "b" else who, *rest) for who, *rest in OLD])
    bridge = build_bridge(standing(past, BEFORE_ON), standing(merged, AFTER_ON), past, (), PARAMS, merged=merged)
    assert counts(bridge)["merges"] == 2
    assert counts(bridge)[AFTER] == 2


EVENTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(-120, 30), st.integers(0, 40), st.integers(-5000, 5000)), min_size=0, max_size=14
)


@settings(max_examples=20, deadline=None)
@given(EVENTS, st.sets(st.sampled_from("abcdef")), st.integers(0, 100), st.integers(1, 4), st.randoms(use_true_random=False))
def test_steps_add_up_to_the_cent_in_any_world_and_any_order_of_rows(events, lapsed, percent, min_cell, chance):
    rows = OLD + [(who, ordered, min(ordered + late, 30) if cents < 0 else ordered, cents / 100) for who, ordered, late, cents in events]
    bridge = bridge_of(rows, lapsed, percent / 100)
    for table in (bridge, pool_small(bridge, min_cell)):
        cents = (table[["amount", "running_total"]].fillna(0.0) * 100).round().astype("int64")
        assert cents["running_total"].iloc[0] + cents["amount"].sum() == cents["running_total"].iloc[-1]
        assert (cents["running_total"].diff().iloc[1:] == cents["amount"].iloc[1:]).all()
    chance.shuffle(rows)
    pd.testing.assert_frame_equal(bridge_of(rows, lapsed, percent / 100), bridge)


def steps_of(**moved):
    """A bridge of 20 customers worth 1.00 each, of whom a step moves as many as given by a cent."""
    worlds = [pd.Series(100, index=range(20))]
    for step in STEPS[1:]:
        worlds.append(worlds[-1].add(pd.Series(1, index=range(moved.get(step, 0))), fill_value=0).astype("int64"))
    return tell_steps(worlds)


def test_a_small_step_joins_the_next_smallest():
    pooled = pool_small(steps_of(time_passed=20, came_back=2, refunds=9, model=20), 5).set_index("step")
    assert pooled.loc[POOLED, ["amount", "count_customers"]].tolist() == [0.11, 11]
    assert {"came_back", "refunds"}.isdisjoint(pooled.index)
    assert pooled.loc["merges", "amount"] == 0.0


def test_small_steps_that_are_many_enough_together_take_no_other():
    pooled = pool_small(steps_of(came_back=2, refunds=3, model=20), 5)["step"].tolist()
    assert pooled.count(POOLED) == 1
    assert "model" in pooled


def test_steps_of_exactly_the_least_number_stand_alone():
    bridge = steps_of(time_passed=20, came_back=5)
    pd.testing.assert_frame_equal(pool_small(bridge, 5), bridge)


def test_no_bridge_stays_none():
    assert pool_small(None, 5) is None
