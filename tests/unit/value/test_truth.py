"""Expected against true value, by hand."""

import pandas as pd
import pytest

from analysis.value.truth import compare_truth


def frames(clv=(100.0, 10.0), true=("110.0", "0.0"), low=(50.0, 0.0), high=(120.0, 20.0), left=(None, "2020-01-01")):
    names = ["a", "b"]
    value = pd.DataFrame({"customer_id": names, "clv": clv, "clv_low": low, "clv_high": high, "value_at_risk": [5.0, 4.0]})
    # half a year's discount taken off again: expected is a tenth more than lifetime value
    value = value.assign(expected_orders=[11.0 * v / 100 for v in clv], expected_amount=20.0, margin_share=0.5)
    scores = pd.DataFrame({"customer_id": names, "p_active": [0.95, 0.6]})
    return value, scores, pd.DataFrame({"customer_id": names, "true_clv_12m": true, "left_on": left})


def test_expected_value_is_compared_without_its_discount():
    totals = compare_truth(*frames()).totals
    assert totals["expected"] == pytest.approx(121.0)
    assert totals["bias"] == pytest.approx(0.1)


@pytest.mark.parametrize(("true", "inside"), [("132.0", True), ("132.1", False), ("55.1", True), ("54.9", False)])
def test_limits_belong_to_the_interval_and_are_not_discounted_either(true, inside):
    assert compare_truth(*frames(true=(true, "0.0"))).totals["share_inside"] == (1.0 if inside else 0.5)


def test_each_tail_is_counted_where_it_is_not_degenerate():
    totals = compare_truth(*frames(true=("1.0", "0.0"))).totals
    assert totals["share_below"] == 1.0
    assert totals["share_above"] == 0.0


def test_value_at_risk_stands_beside_the_value_of_those_who_brought_nothing():
    totals = compare_truth(*frames(left=(None, None))).totals
    assert totals[["at_risk", "silent", "left"]].tolist() == [9.0, 10.0, 0.0]


def test_who_has_left_is_counted():
    totals = compare_truth(*frames()).totals
    assert totals["left"] == 10.0
    assert totals["active_true"] == 0.5


def test_tenths_hold_every_customer_once():
    assert compare_truth(*frames()).tenths["count_customers"].sum() == 2
