import pandas as pd
import pytest

from analysis.params import load_params
from analysis.value.margin import find_margin

PARAMS = load_params().value


@pytest.fixture
def customers():
    return pd.DataFrame({"customer_id": ["a", "b", "c", "d"], "count_order_days": [5, 5, 1, 0], "spend_total": [100.0, 100.0, 50.0, 0.0]})


def test_without_costs_and_with_a_share_of_one_value_is_revenue(customers):
    margin = find_margin(customers, PARAMS)
    assert margin.basis == "revenue"
    assert margin.historic.to_dict() == {"a": 100.0, "b": 100.0, "c": 50.0}


def test_without_costs_a_stated_share_is_margin(customers):
    margin = find_margin(customers, load_params({"value": {"margin_share": 0.3}}).value)
    assert margin.basis == "share"
    assert margin.historic["a"] == pytest.approx(30.0)


def test_own_costs_and_everybodys_weigh_by_orders(customers):
    margins = pd.DataFrame({"customer_id": ["a", "b"], "revenue": [100.0, 100.0], "cost": [40.0, 80.0]})
    margin = find_margin(customers, PARAMS, margins)
    assert margin.overall == pytest.approx(0.4)
    assert margin.share["a"] == pytest.approx((5 * 0.6 + 5 * 0.4) / 10)
    assert margin.share["c"] == pytest.approx(0.4)
    assert (margin.basis, margin.count_unknown) == ("costs", 1)


def test_a_loss_stays_in_history_and_is_no_negative_expectation(customers):
    margins = pd.DataFrame({"customer_id": ["a", "b"], "revenue": [100.0, 100.0], "cost": [300.0, 10.0]})
    margin = find_margin(customers, PARAMS, margins)
    assert margin.historic["a"] == pytest.approx(-200.0)
    assert margin.share["a"] == 0.0
    # b's own .9 and the overall -.55 make .175; c has no costs on record and gets the overall share
    assert margin.count_negative == 2
