import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.churn.lapse import hold_limits, know_by, label_lapsed, rate_false_lapses, set_limits
from analysis.params import ParamsError, load_params
from analysis.segments.lifecycle import Limit, fit_limits
from spell_frames import day, make_spells, simulate

CHURN = {"min_completed_gaps": 2, "lapse_quantile": 0.9}
PARAMS = load_params({"churn": CHURN}).churn


def limits_of(days):
    """Limits of exactly `days` for every group."""
    return set_limits(make_spells({"a": [0]}, 1), load_params({"churn": {"fallback_lapse_days": days}}).churn)


def test_silent_for_exactly_the_limit_is_not_lapsed():
    label = label_lapsed(make_spells({"a": [0]}, 30), limits_of(30), day(30)).iloc[0]
    assert not label["is_lapsed"]
    assert label["silence_days"] == 30


def test_silent_for_a_day_more_is_lapsed_on_that_day():
    label = label_lapsed(make_spells({"a": [0]}, 31), limits_of(30), day(31)).iloc[0]
    assert label["is_lapsed"]
    assert label["lapsed_on"].date() == day(31)


def test_the_day_of_a_lapse_does_not_move_as_silence_goes_on():
    label = label_lapsed(make_spells({"a": [0]}, 200), limits_of(30), day(200)).iloc[0]
    assert label["lapsed_on"].date() == day(31)


def test_an_order_ends_the_lapse():
    label = label_lapsed(make_spells({"a": [0, 100]}, 101), limits_of(30), day(101)).iloc[0]
    assert not label["is_lapsed"]


def test_an_order_after_the_day_is_not_seen():
    label = label_lapsed(make_spells({"a": [0, 100]}, 101), limits_of(30), day(99)).iloc[0]
    assert label["is_lapsed"]
    assert label["order_number"] == 1


def test_an_order_on_the_day_is_seen():
    label = label_lapsed(make_spells({"a": [0, 100]}, 101), limits_of(30), day(100)).iloc[0]
    assert label["silence_days"] == 0


def test_the_limit_is_a_gap_that_the_quantile_does_not_exceed():
    spells = make_spells({f"c{i}": [0, i] for i in range(1, 11)}, 20)
    first = set_limits(spells, PARAMS).set_index("order_group").loc["first"]
    assert first["limit_days"] == 9
    assert (first["count_gaps"], first["basis"]) == (10, "own")


def test_groups_with_few_gaps_take_the_pooled_limit():
    spells = make_spells({f"c{i}": [0, i] for i in range(1, 11)} | {"z": [0, 5, 19]}, 20)
    assert set_limits(spells, PARAMS).set_index("order_group").loc["second", "basis"] == "pooled"


def test_the_group_with_just_enough_gaps_has_its_own_limit():
    spells = make_spells({"y": [0, 5, 9], "z": [0, 5, 19]}, 20)
    assert set_limits(spells, PARAMS).set_index("order_group").loc["second", "basis"] == "own"


def test_without_gaps_the_fallback_stands():
    limits = set_limits(make_spells({"a": [0]}, 5), PARAMS)
    assert set(limits["basis"]) == {"fallback"}
    assert set(limits["limit_days"]) == {PARAMS.fallback_lapse_days}


def test_later_orders_change_no_earlier_label():
    spells = simulate(60, seed=4)
    earlier = know_by(spells, day(300))
    limits = set_limits(earlier, PARAMS)
    a = label_lapsed(spells, limits, day(300))
    b = label_lapsed(earlier, limits, day(300))
    assert a.equals(b)


def test_a_false_lapse_is_a_return_within_the_horizon():
    # lapsed on day 31, judged on day 40, watched for 90 days: a returns on the last of them, b a day late
    spells = make_spells({"a": [0, 130], "b": [0, 131], "c": [0]}, 130 + 1)
    params = load_params({"churn": {"fallback_lapse_days": 30}}).churn
    row = rate_false_lapses(know_by(spells, day(130)), day(130), params, (90,)).iloc[0]
    assert (row["numerator"], row["denominator"]) == (1, 3)


@pytest.mark.parametrize(("last_day", "counted"), [(130, 1), (131, 0)])
def test_only_a_lapse_of_the_last_days_counts(last_day, counted):
    # lapsed on day 31; judged 90 days before the end, with a look back of 10 days: days 31 to 40, then 32 to 41
    params = load_params({"churn": {"fallback_lapse_days": 30, "just_lapsed_days": 10}}).churn
    row = rate_false_lapses(make_spells({"a": [0]}, last_day), day(last_day), params, (90,)).iloc[0]
    assert row["denominator"] == counted


SIMULATED = simulate(30, seed=5)


@given(st.integers(0, 400))
def test_every_customer_with_an_order_has_exactly_one_label(number):
    spells = SIMULATED
    labels = label_lapsed(spells, set_limits(spells, PARAMS), day(number))
    assert labels["customer_id"].tolist() == sorted(spells.loc[spells["started_on"].dt.date <= day(number), "customer_id"].unique())
    assert (labels["lapsed_on"].notna() == labels["is_lapsed"]).all()
    assert (labels["is_lapsed"] == (labels["silence_days"] > labels["limit_days"])).all()


def test_held_limits_are_the_lost_ones_by_order_group():
    limits = (Limit(1, 30, 90, 500, "own"), Limit(2, 20, 60, 40, "pooled"), Limit(3, 10, 50, 0, "fallback"))
    assert hold_limits(limits).to_numpy().tolist() == [
        ["first", 90, 500, "own"],
        ["second", 60, 40, "pooled"],
        ["third+", 50, 0, "fallback"],
    ]


def test_other_stages_than_those_of_the_chapter_are_refused():
    with pytest.raises(ParamsError, match=r"lifecycle\.gap_stages must be \[1, 2, 3\]"):
        hold_limits((Limit(1, 30, 90, 500, "own"), Limit(4, 20, 60, 40, "own")))


@pytest.mark.parametrize("least", [2, 40, 10**6], ids=["own", "some pooled", "fallback"])
def test_limits_of_an_earlier_day_are_made_as_the_held_ones_are(least):
    spells = simulate(60, seed=5)
    params = load_params({"churn": {"min_completed_gaps": least}})
    held = hold_limits(fit_limits(spells, params))
    same = ["order_group", "limit_days", "basis"]
    assert set_limits(spells, params.churn)[same].equals(held[same])
