"""What a year ago would have been expected, beside what came, by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis.forecast.chance import Calibration
from analysis.history.past import EPOCH, make_past
from analysis.params import load_params
from analysis.value.hindsight import Hindsight, bring, grade_issued, look_back, tell_hindsight, tell_risk
from analysis.value.margin import Margin

PARAMS = load_params({"value": {"clv_months": 2}})
THEN, NOW = date(2020, 1, 31), date(2020, 3, 31)
ROWS = [("a", 2019, 9, 1, 10.0), ("b", 2019, 12, 1, 10.0), ("a", 2020, 2, 29, 40.0), ("a", 2020, 3, 1, 60.0), ("c", 2020, 3, 2, 7.0)]


def past_of(rows=ROWS):
    who, *dates, amount = zip(*rows, strict=True)
    day = np.array([(date(*parts) - EPOCH).days for parts in zip(*dates, strict=True)])
    return make_past(NOW, pa.chunked_array([pa.array(who)]), day, day, np.array(amount))


def margin_of(share=0.5):
    shares = pd.Series(share, index=["a", "b", "c"])
    return Margin(shares, shares, "costs", share, 0, 0)


class Held:
    """A model that expects an order of 30 with a chance of a half from everybody, whatever they did."""

    def __init__(self, index=("a", "b")):
        self.index = pd.Index(index, name="customer_id")

    def apply(self, past, as_of):
        return Held(past.ids[past.days(as_of).who])

    def predict(self, days):
        return pd.DataFrame({"p_order": 0.5, "expected_spend": 30.0}, index=self.index)

    def totals(self, days, z):
        return pd.DataFrame({"total": ["spend"], "expected": [60.0], "low": [30.0], "high": [90.0]})


def test_what_came_is_margin_of_orders_after_the_day():
    assert bring(past_of(), THEN, NOW, margin_of()).to_dict() == {"a": 50.0, "c": 3.5}


def test_what_came_is_discounted_by_the_month_in_which_it_came():
    found = bring(past_of(), THEN, NOW, margin_of(1.0), discount_rate=0.1)
    assert found["a"] == pytest.approx(40 / 1.1 ** (1 / 12) + 60 / 1.1 ** (2 / 12))


def test_customers_of_then_stand_beside_what_they_brought_and_nobody_else_does():
    found = look_back(Held(), past_of(), NOW, margin_of(), PARAMS)
    assert (found.count_customers, found.expected, found.low, found.high, found.came) == (2, 30.0, 15.0, 45.0, 50.0)
    assert (found.silent_came, found.risk_came) == (0.5, 0.5)


def test_few_customers_calibrate_nothing():
    assert look_back(Held(), past_of(), NOW, margin_of(), PARAMS).calibration == Calibration()


@pytest.mark.parametrize(("month", "day", "is_found"), [(11, 2, True), (11, 3, False)])
def test_a_horizon_of_orders_must_lie_before_the_day(month, day, is_found):
    rows = [("a", 2019, month, day, 10.0), *ROWS[2:]]
    assert (look_back(Held(), past_of(rows), NOW, margin_of(), PARAMS) is not None) == is_found


HINDSIGHT = Hindsight("2020-01-31", 20, 30.0, 15.0, 45.0, 45.0, 0.5, 0.5, 0.4, 0.3, 0.1, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "key"), [(15.0, 45.0, "inside"), (15.0, 44.9, "above"), (45.0, 60.0, "inside"), (45.1, 60.0, "below")]
)
def test_the_limits_belong_to_the_interval(low, high, key):
    made = Hindsight(**(vars(HINDSIGHT) | {"low": low, "high": high}))
    assert [remark.key for remark in tell_hindsight(made, 2)] == [key]


def test_without_a_closed_year_the_page_says_so():
    assert [remark.key for remark in tell_hindsight(None, 2)] == ["young"]


def test_an_issued_total_is_graded_by_customers_of_its_day():
    said = {"equity": 60.0, "equity_limits": [40.0, 49.0], "clv_months": 2}
    found = grade_issued(said, past_of(), NOW, margin_of(), PARAMS)[0]
    rate = 1 + PARAMS.value.discount_rate
    assert found.fields["came"] == pytest.approx((40 / rate ** (1 / 12) + 60 / rate ** (2 / 12)) / 2)
    assert found.key == "issued_above"


@pytest.mark.parametrize("said", [None, {"equity": 1.0}, {"equity": 1.0, "equity_limits": [0.0, 2.0], "clv_months": 12}])
def test_totals_without_an_interval_or_of_other_months_are_not_graded(said):
    assert grade_issued(said, past_of(), NOW, margin_of(), PARAMS) == []


def risk(found):
    value = pd.DataFrame({"customer_id": ["a", "b"], "clv": [90.0, 10.0], "value_at_risk": [9.0, 5.0], "p_silent": [0.1, 0.5]})
    return tell_risk(value, pd.DataFrame({"customer_id": ["a", "b"], "p_active": [1.0, 0.6]}), found, PARAMS)[0]


def test_value_at_risk_is_told_beside_that_of_the_models_belief():
    fields = risk(None).fields
    assert (fields["share"], fields["by_model"]) == (pytest.approx(0.14), pytest.approx(0.04))
    assert fields["low"] < fields["share"] < fields["high"]


def test_few_silent_customers_are_not_told_of():
    few = Hindsight(**(vars(HINDSIGHT) | {"silent_came": 4 / 20}))
    assert [risk(found).key for found in (HINDSIGHT, few)] == ["calibrated", "unchecked"]
