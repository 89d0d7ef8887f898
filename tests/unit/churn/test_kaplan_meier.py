import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.churn.kaplan_meier import clustered_variance, estimate, estimate_curves, log_log_interval, summarise_returns
from spell_frames import make_spells, simulate

spell_lists = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=40)


def frame(durations, closed, customers=None):
    customers = [f"c{i}" for i in range(len(durations))] if customers is None else customers
    return pd.DataFrame({"customer_id": customers, "duration_days": durations, "is_closed": closed})


def test_survival_by_hand():
    curve = estimate(np.array([1, 2, 2, 3, 4]), np.array([True, True, False, True, False]))
    assert curve.days.tolist() == [1, 2, 3]
    assert curve.survival == pytest.approx([4 / 5, 4 / 5 * 3 / 4, 4 / 5 * 3 / 4 * 1 / 2])


def test_a_spell_censored_on_the_day_of_an_order_was_still_at_risk_that_day():
    curve = estimate(np.array([5, 5]), np.array([True, False]))
    assert curve.at_risk.tolist() == [2.0]


def test_survival_before_the_first_order_is_one():
    assert estimate(np.array([4.0]), np.array([True])).at([3, 4]).tolist() == [1.0, 0.0]


@given(spell_lists)
def test_survival_never_rises_and_stays_between_0_and_1(spells):
    durations, closed = map(np.array, zip(*spells, strict=True))
    values = np.concatenate(([1.0], estimate(durations, closed).survival))
    assert (np.diff(values) <= 0).all()
    assert values[-1] >= 0


@given(spell_lists)
def test_the_interval_holds_the_estimate(spells):
    durations, closed = map(np.array, zip(*spells, strict=True))
    curve = estimate(durations, closed)
    survival = curve.at(range(60))
    low, high = log_log_interval(survival, curve.greenwood(range(60)), 0.95)
    assert ((low <= survival + 1e-12) & (survival <= high + 1e-12)).all()


def test_one_spell_a_customer_makes_the_clustered_variance_greenwoods():
    spells = simulate(60, seed=1).assign(customer_id=lambda t: [str(i) for i in range(len(t))])
    # one customer has a second spell that began on the last day: it weighs nothing, but the short cut is not taken
    idle = spells.iloc[[0]].assign(duration_days=0, is_closed=False)
    both = pd.concat([spells, idle], ignore_index=True)
    curve = estimate(both["duration_days"].to_numpy(), both["is_closed"].to_numpy())
    days = [1, 10, 40, 90, 200]
    assert clustered_variance(curve, both)(days) == pytest.approx(curve.greenwood(days), rel=1e-9)
    assert clustered_variance(curve, spells)(days) == pytest.approx(curve.greenwood(days), rel=1e-12)


def test_every_spell_counted_twice_doubles_the_naive_precision_but_not_the_clustered_one():
    spells = simulate(40, seed=2).assign(customer_id=lambda t: [str(i) for i in range(len(t))])
    twice = pd.concat([spells, spells], ignore_index=True)
    once_curve = estimate(spells["duration_days"].to_numpy(), spells["is_closed"].to_numpy())
    twice_curve = estimate(twice["duration_days"].to_numpy(), twice["is_closed"].to_numpy())
    assert clustered_variance(twice_curve, twice)([50]) == pytest.approx(clustered_variance(once_curve, spells)([50]))
    assert twice_curve.greenwood([50]) == pytest.approx(once_curve.greenwood([50]) / 2)


def test_the_median_is_not_reached_while_more_than_half_are_silent():
    row = summarise_returns(frame([3, 9, 9], [True, False, False]), None, 0.95).iloc[0]
    assert np.isnan(row["median_days"])


def test_the_median_is_the_day_on_which_exactly_half_have_returned():
    row = summarise_returns(frame([3, 9], [True, False]), None, 0.95).iloc[0]
    assert row["median_days"] == 3


def test_a_share_past_the_longest_spell_is_unknown():
    row = summarise_returns(frame([89, 50], [False, True]), None, 0.95).iloc[0]
    assert np.isnan(row["returned_90"])


def test_a_share_on_the_day_of_the_longest_spell_is_known():
    row = summarise_returns(frame([90, 45], [False, True]), None, 0.95).iloc[0]
    assert row["returned_90"] == pytest.approx(0.5)
    assert row["at_risk_90"] == 1


def test_row_order_changes_nothing():
    spells = simulate(50, seed=3).assign(group=lambda t: np.where(t["order_number"] > 1, "later", "first"))
    shuffled = spells.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(estimate_curves(spells, "group", 0.95), estimate_curves(shuffled, "group", 0.95))
    pd.testing.assert_frame_equal(summarise_returns(spells, "group", 0.95), summarise_returns(shuffled, "group", 0.95))


def test_a_curve_ends_with_its_own_groups_longest_spell():
    spells = make_spells({"a": [0, 5], "b": [90]}, 100).assign(group=["x", "x", "y"])
    assert estimate_curves(spells, "group", 0.95).groupby("group")["day"].max()["y"] <= 10
