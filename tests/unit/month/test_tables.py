"""The derived tables of a month lose nobody and nothing."""

import pytest

from analysis.contracts import DERIVED, ContractError
from analysis.month import tables


def test_a_table_that_does_not_exist_is_named_beside_the_known(month):
    with pytest.raises(KeyError, match="custmers is no derived table; known: customers, spells"):
        tables.build(month, "custmers")


def test_every_table_of_a_period_has_a_maker():
    of_cleaning = {"rejects", "repairs", "flags", "merges", "orders"}
    assert set(DERIVED) - of_cleaning == set(tables.TABLES)


@pytest.mark.parametrize("name", ["segments", "value"])
def test_a_maker_that_loses_a_customer_is_stopped(month, monkeypatch, name):
    whole = tables.TABLES[name]
    monkeypatch.setitem(tables.TABLES, name, lambda month: whole(month).iloc[1:])
    with pytest.raises(ContractError, match=f"{name}.customer_id: 1 customers are lost and 0 are new"):
        tables.build(month, name)


def test_a_maker_that_loses_an_amount_is_stopped(month, monkeypatch):
    whole = tables.TABLES["customers"]
    monkeypatch.setitem(tables.TABLES, "customers", lambda month: whole(month).assign(spend_total=lambda t: t["spend_total"] * 0.99))
    with pytest.raises(ContractError, match="spend_total sums to"):
        tables.build(month, "customers")


def test_every_buyer_is_in_every_table_of_buyers(month):
    buyers = set(month.read("spells")["customer_id"])
    assert buyers == set("abcdefgh")
    assert all(set(month.read(name)["customer_id"]) == buyers for name in ("scores", "churn", "value"))
