"""How a month's tables are joined."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis import stages
from analysis.contracts import DERIVED, ContractError
from analysis.metrics import Metric
from analysis.month import open_month
from tiny_source import write_source


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_source(folder)
    return open_month("shop", "2020-03", folder)


@pytest.fixture(scope="module")
def metrics(month):
    return {metric.name: metric for metric in stages.build_metrics(month)}


def fake(**tables):
    return SimpleNamespace(read=lambda name: pd.DataFrame(tables[name]))


def test_a_table_that_does_not_exist_is_named_beside_the_known(month):
    with pytest.raises(KeyError, match="custmers is no derived table; known: customers, spells"):
        stages.build("custmers", month)


def test_every_table_of_a_period_has_a_maker():
    of_cleaning = {"rejects", "repairs", "flags", "merges", "orders"}
    assert set(DERIVED) - of_cleaning == set(stages.TABLES)


@pytest.mark.parametrize(("name", "maker"), [("segments", "segments"), ("value", "value")])
def test_a_maker_that_loses_a_customer_is_stopped(month, monkeypatch, name, maker):
    whole = stages.TABLES[maker]
    monkeypatch.setitem(stages.TABLES, name, lambda month: whole(month).iloc[1:])
    with pytest.raises(ContractError, match=f"{name}.customer_id: 1 customers are lost and 0 are new"):
        stages.build(name, month)


def test_a_maker_that_loses_an_amount_is_stopped(month, monkeypatch):
    whole = stages.TABLES["customers"]
    monkeypatch.setitem(stages.TABLES, "customers", lambda month: whole(month).assign(spend_total=lambda t: t["spend_total"] * 0.99))
    with pytest.raises(ContractError, match="spend_total sums to"):
        stages.build("customers", month)


def test_every_buyer_is_in_every_table_of_buyers(month):
    buyers = set(month.read("spells")["customer_id"])
    assert buyers == set("abcdefgh")
    assert all(set(month.read(name)["customer_id"]) == buyers for name in ("scores", "churn", "value"))


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
    first = {metric.name: metric for metric in stages.build_metrics(month.at(month.period.shift(-2)))}
    assert isinstance(first["customer_equity"], Metric)
    assert first["customer_equity"].previous is None
    assert (first["lapse_rate"].value, first["revenue"].previous) == (None, None)


def test_classes_are_compared_with_those_of_the_month_before(month):
    table = stages.compare_segments(month, "lifecycle_stage").set_index("class")
    assert table["count_before"].sum() == table["count_customers"].sum() == 10
    assert table.loc["prospect", ["count_before", "count_customers"]].tolist() == [4, 2]


def test_the_watch_list_is_counted_with_the_spend_at_risk():
    churn = {"warning": ["urgent", "watch", None], "spend_at_risk": [5.0, 2.0, 9.0]}
    assert stages.count_watch(fake(churn=churn)) == {"count": 2, "urgent": 1, "spend": 7.0}


def test_an_empty_watch_list_has_nothing_at_risk():
    assert stages.count_watch(fake(churn={"warning": [None], "spend_at_risk": [9.0]})) == {"count": 0, "urgent": 0, "spend": 0.0}
