"""The summary's six indicators."""

import pytest

from analysis.metrics import Metric
from analysis.stages import build_metrics


@pytest.fixture(scope="module")
def metrics(month):
    return {metric.name: metric for metric in build_metrics(month)}


def test_the_summary_has_its_six_indicators_in_order(metrics):
    assert list(metrics) == ["revenue", "active_customers", "new_customers", "repurchase_rate", "lapse_rate", "customer_equity"]


def test_revenue_is_the_months_and_last_months(month, metrics):
    spells = month.read("spells")
    by_month = spells.groupby(spells["started_on"].dt.strftime("%Y-%m"))["amount"].sum()
    assert (metrics["revenue"].value, metrics["revenue"].previous) == (by_month["2020-03"], by_month["2020-02"])


def test_buyers_with_a_second_order_day_are_of_all_buyers(metrics):
    repurchase = metrics["repurchase_rate"]
    assert (repurchase.numerator, repurchase.denominator, repurchase.previous) == (4, 8, 3 / 6)


def test_the_lapse_rate_leads_from_last_months_active_customers_to_this_months(metrics):
    lapses, active, new = metrics["lapse_rate"], metrics["active_customers"], metrics["new_customers"]
    assert new.value == 2
    assert active.previous == lapses.denominator
    assert active.value == active.previous + new.value - lapses.numerator  # nobody came back in March


def test_equity_is_the_sum_of_values_and_last_months_is_its_own(month, metrics):
    equity = metrics["customer_equity"]
    assert equity.value == pytest.approx(month.read("value")["clv"].sum())
    assert equity.previous == pytest.approx(month.previous.read("value")["clv"].sum())
    assert equity.low < equity.value < equity.high


def test_in_the_first_month_there_is_no_equity_before(month):
    first = {metric.name: metric for metric in build_metrics(month.at(month.period.shift(-2)))}
    assert isinstance(first["customer_equity"], Metric)
    assert first["customer_equity"].previous is None
    assert (first["lapse_rate"].value, first["revenue"].previous) == (None, None)
