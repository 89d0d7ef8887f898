"""The summary's indicators, and what moved revenue."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import metrics
from analysis.metrics import Metric, bridge_revenue, decompose_revenue, from_months, from_rates, from_total, repurchase_rates
from analysis.period import Period
from analysis.report.words import has_words
from spell_frames import make_spells

MARCH = Period.parse("2020-03")
MONTHS = pd.DataFrame({"month": ["2020-01", "2020-02", "2020-03"], "revenue": [10.0, 0.0, 30.0]})


def test_an_indicator_of_months_holds_the_month_and_the_one_before():
    metric = from_months(MONTHS, "revenue", MARCH, "money", "revenue")
    assert (metric.value, metric.previous, metric.change) == (30.0, 0.0, 30.0)


def test_history_is_twelve_months_with_gaps_before_the_first():
    history = from_months(MONTHS, "revenue", MARCH, "money", "revenue").history
    assert len(history) == 12
    assert history[0] == ("2019-04", None)
    assert history[-3:] == (("2020-01", 10.0), ("2020-02", 0.0), ("2020-03", 30.0))


def test_without_a_month_before_there_is_no_change():
    metric = from_months(MONTHS, "revenue", Period.parse("2020-01"), "money", "revenue")
    assert (metric.value, metric.previous, metric.change) == (10.0, None, None)


def test_a_month_that_the_table_lacks_has_no_value():
    assert from_months(MONTHS, "revenue", Period.parse("2020-05"), "money", "revenue").value is None


RATES = pd.DataFrame({"month": ["2020-01", "2020-02", "2020-03"], "numerator": [1, 0, 0], "denominator": [4, 0, 10]})


def test_a_rate_travels_with_its_numerator_and_denominator():
    metric = from_rates(RATES, Period.parse("2020-01"), "lapse_rate")
    assert (metric.value, metric.numerator, metric.denominator, metric.unit) == (0.25, 1, 4, "share")


def test_none_of_ten_has_the_wilson_interval_from_zero():
    metric = from_rates(RATES, MARCH, "lapse_rate")
    assert (metric.value, metric.low) == (0.0, 0.0)
    assert metric.high == pytest.approx(0.2775328, abs=1e-6)  # z^2 / (n + z^2)


@pytest.mark.parametrize("month", ["2020-02", "2021-01"], ids=["denominator of zero", "month that is not there"])
def test_of_nobody_there_is_no_rate_and_no_interval(month):
    metric = from_rates(RATES, Period.parse(month), "lapse_rate")
    assert (metric.value, metric.low, metric.high) == (None, None, None)


def test_a_month_without_a_rate_is_a_gap_in_the_history_and_no_change():
    metric = from_rates(RATES, MARCH, "lapse_rate")
    assert metric.history[-2:] == (("2020-02", None), ("2020-03", 0.0))
    assert metric.change is None


def test_the_change_of_a_rate_is_in_points():
    rates = RATES.assign(denominator=[4, 10, 10], numerator=[1, 2, 3])
    assert from_rates(rates, MARCH, "lapse_rate").change == pytest.approx(0.1)


def test_a_total_has_its_interval():
    metric = from_total((100.0, 80.0, 130.0), None, "customer_equity")
    assert (metric.value, metric.low, metric.high, metric.change) == (100.0, 80.0, 130.0, None)


def test_as_written_a_metric_holds_its_change_and_the_key_of_its_definition():
    written = json.loads(json.dumps(Metric("revenue", 3.0, 2.0, "money", history=(("2020-03", 3.0),)).as_dict()))
    assert (written["change"], written["history"]) == (1.0, [["2020-03", 3.0]])
    assert has_words(written["definition"])


def rates_of(orders, *months):
    return (
        repurchase_rates(make_spells(orders, 90), [Period.parse(month) for month in months])[["numerator", "denominator"]]
        .to_numpy()
        .tolist()
    )


def test_a_second_order_counts_from_its_own_day():
    orders = {"a": [0, 30], "b": [0, 31]}  # 2020-01-31 and 2020-02-01
    assert rates_of(orders, "2020-01", "2020-02") == [[1, 2], [2, 2]]


def test_a_buyer_counts_from_the_first_order_on_and_a_third_order_changes_nothing():
    orders = {"a": [0, 10, 20], "b": [31]}
    assert rates_of(orders, "2019-12", "2020-01", "2020-02") == [[0, 0], [1, 1], [1, 2]]


def two_months(before, after):
    rows = [("2020-02", *before), ("2020-03", *after)]
    return pd.DataFrame(rows, columns=["month", "revenue", "count_orders", "count_buyers"])


def parts_of(before, after):
    return decompose_revenue(two_months(before, after), MARCH).set_index("factor")["contribution"]


MONTH = st.tuples(st.integers(1, 10**9), st.integers(1, 10**5), st.integers(1, 10**5)).map(lambda m: (m[0] / 100, m[1], m[2]))


@settings(max_examples=40)
@given(MONTH, MONTH)
def test_contributions_add_up_to_the_change(before, after):
    scale = max(before[0], after[0])
    assert parts_of(before, after).sum() == pytest.approx(after[0] - before[0], abs=1e-9 * scale)


def test_contributions_of_an_unchanged_revenue_cancel_each_other():
    parts = parts_of((100.0, 10, 5), (100.0, 10, 10))
    assert parts.sum() == pytest.approx(0.0, abs=1e-12)
    assert parts["buyers"] == pytest.approx(100 * math.log(2))
    assert parts["orders_per_buyer"] == pytest.approx(-100 * math.log(2))


def test_the_factor_that_moved_alone_is_the_whole_change():
    parts = parts_of((100.0, 10, 10), (150.0, 15, 15))
    assert parts.to_dict() == pytest.approx({"buyers": 50.0, "orders_per_buyer": 0.0, "amount_per_order": 0.0})


def test_parts_by_hand():
    # L(120, 100) = 20 / ln 1.2; buyers rise by a half, orders a buyer fall by a third, amounts rise by a fifth
    parts, mean = parts_of((100.0, 10, 10), (120.0, 10, 15)), 20 / math.log(1.2)
    assert parts.to_dict() == pytest.approx(
        {"buyers": mean * math.log(1.5), "orders_per_buyer": mean * math.log(1 / 1.5), "amount_per_order": 20.0}
    )


def test_a_change_at_the_edge_of_what_a_float_holds_is_no_division_by_zero():
    before = 1.9999999
    after = float(np.nextafter(before, 2))
    assert parts_of((before, 1, 1), (after, 1, 1)).sum() == pytest.approx(after - before)


@pytest.mark.parametrize(("before", "after"), [((0.0, 0, 0), (5.0, 1, 1)), ((5.0, 1, 1), (0.0, 0, 0))])
def test_a_month_without_revenue_has_no_factors(before, after):
    table = decompose_revenue(two_months(before, after), MARCH)
    assert table.empty
    assert list(table.columns) == ["factor", "before", "after", "contribution"]


def test_without_a_month_before_there_are_no_factors():
    assert decompose_revenue(two_months((5.0, 1, 1), (6.0, 1, 1)).iloc[1:], MARCH).empty


FEBRUARY_1, FEBRUARY_29, MARCH_1, MARCH_31 = 31, 59, 60, 90


def bridge(orders):
    spells = make_spells({who: list(days) for who, days in orders.items()}, MARCH_31)
    amounts = [amount for days in orders.values() for amount in days.values()]
    return bridge_revenue(spells.assign(amount=amounts), MARCH)


@pytest.mark.parametrize(
    ("days", "origin", "change"),
    [
        ({MARCH_1: 5.0}, "new_customer", 5.0),
        ({0: 9.0, MARCH_31: 5.0}, "came_back", 5.0),
        ({FEBRUARY_1: 2.0, MARCH_1: 5.0}, "bought_more", 3.0),
        ({FEBRUARY_1: 5.0, MARCH_1: 5.0}, "bought_more", 0.0),
        ({FEBRUARY_1: 5.0, MARCH_1: 2.0}, "bought_less", -3.0),
        ({FEBRUARY_29: 5.0}, "paused", -5.0),
        ({0: 1.0, FEBRUARY_29: 5.0}, "paused", -5.0),
    ],
)
def test_where_a_change_comes_from(days, origin, change):
    found = bridge({"a": days}).set_index("origin")
    assert found.loc[origin, ["count_customers", "change"]].tolist() == [1, change]
    assert found["count_customers"].sum() == 1


def test_origins_stand_in_their_own_order_though_nobody_moved():
    table = bridge({"a": {0: 1.0}})
    assert tuple(table["origin"]) == metrics.ORIGINS
    assert table[["count_customers", "before", "after", "change"]].to_numpy().sum() == 0


DAYS = st.dictionaries(st.integers(0, MARCH_31), st.integers(1, 9999).map(float), min_size=1, max_size=5)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from("abcdef"), DAYS, min_size=1))
def test_changes_add_up_to_the_change_of_revenue(orders):
    def revenue(first, last):
        return sum(amount for days in orders.values() for number, amount in days.items() if first <= number <= last)

    table = bridge({who: dict(sorted(days.items())) for who, days in orders.items()})
    assert table["before"].sum() == revenue(FEBRUARY_1, FEBRUARY_29)
    assert table["after"].sum() == revenue(MARCH_1, MARCH_31)
