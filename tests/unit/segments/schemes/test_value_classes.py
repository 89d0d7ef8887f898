"""Value, importance, frequency and joiners at their limits."""

import numpy as np
import pandas as pd
import pytest

from analysis.segments.schemes import behaviour, value
from analysis.segments.schemes.cutoffs import Band, ClassCutoffs, cut_concentration
from scheme_facts import DAY, PARAMS, prepare


@pytest.mark.parametrize(
    ("values", "high", "medium"), [([50, 30, 10, 10], 50, 30), ([10] * 10, 10, 10), ([60, 20, 20], 60, 20), ([1, 0, -5], 1, 1)]
)
def test_concentration_is_cut_where_the_fewest_hold_enough(values, high, medium):
    assert cut_concentration(pd.Series(values, dtype=float), (0.5, 0.8)) == (high, medium)


def test_a_value_on_a_limit_belongs_to_the_higher_class():
    found = value.cut(pd.Series([9.99, 10, 19.99, 20, np.nan]), Band("x", 20.0, 10.0, "quantiles"))
    assert list(found) == ["low", "medium", "medium", "high", "not_enough_data"]


@pytest.mark.parametrize(("told", "label"), [
    (("high", "high", "low"), "important"), (("high", "low", "not_enough_data"), "ordinary"),
    (("high", "not_enough_data", "margin_missing"), "important"),
    (("not_enough_data",) * 3, "not_enough_data"), (("medium",) * 3, "ordinary"),
])  # fmt: skip
def test_importance_needs_more_than_half_of_those_that_can_tell(told, label):
    labels = {name: np.array([word], dtype=object) for name, word in zip(value.DEFINITIONS, told, strict=True)}
    assert value.weigh(labels, np.array([True]))[0] == label
    assert value.weigh(labels, np.array([False]))[0] == "potential"


def test_the_young_are_told_only_what_they_can_not_lose():
    facts, _, cutoffs = prepare(2, 50, 0)
    facts["is_young"] = True
    found = value.classify(facts, cutoffs)
    assert set(found["value_amount"]) == {"high", "not_enough_data"}


def test_customers_without_known_costs_are_counted_apart():
    facts, _, cutoffs = prepare(2, 50, 2)
    found = value.classify(facts, cutoffs)["value_profit"]
    buyers = facts["count_order_days"] > 0
    assert ((found == "margin_missing") == (buyers & ~facts["is_cost_known"])).all()
    assert (found == "margin_missing").any()


def joined(*days):
    cutoffs = ClassCutoffs("2020-12", {}, (), "2020-01-31", "2020-06-30")
    return list(behaviour._join(pd.Series(pd.to_datetime(days)), cutoffs))


def test_early_middle_and_late_joiners_meet_at_inclusive_days():
    assert joined("2020-01-31", "2020-02-01", "2020-06-30", "2020-07-01", None) == ["early", "middle", "middle", "late", "unknown"]


@pytest.mark.parametrize(("days", "label"), [(89, "potential_returning"), (90, "silent")])
def test_a_silent_customer_who_got_in_touch_lately_may_return(days, label):
    facts = pd.DataFrame({"lifecycle_stage": ["lost"], "last_own_contact_on": [pd.Timestamp(DAY) - pd.Timedelta(days=days)]})
    assert behaviour._return(facts, DAY, PARAMS)[0] == label
