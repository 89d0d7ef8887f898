"""Spells from one order to the next."""

from datetime import date

import pandas as pd
import pytest

from analysis.history import build_spells
from clean_ledger import order_lines, write_clean


@pytest.fixture
def ledger(tmp_path):
    lines = order_lines(
        ("a", "2020-01-01", 1), ("a", "2020-01-01", 1), ("a", "2020-01-31", 1), ("b", "2020-02-29", 1), ("b", "2020-03-01", 1)
    )
    return write_clean(tmp_path, {"order_lines": lines})


def test_same_day_orders_are_one_start(ledger):
    spells = build_spells(ledger, date(2020, 2, 29))
    assert list(spells["customer_id"]) == ["a", "a", "b"]
    assert list(spells["order_number"]) == [1, 2, 1]


def test_a_closed_spell_lasts_to_the_next_order(ledger):
    first = build_spells(ledger, date(2020, 2, 29)).iloc[0]
    assert (first["duration_days"], first["is_closed"], first["ended_on"]) == (30, True, pd.Timestamp("2020-01-31"))


def test_an_open_spell_lasts_to_as_of(ledger):
    last = build_spells(ledger, date(2020, 2, 29)).iloc[1]
    assert (last["duration_days"], last["is_closed"]) == (29, False)
    assert pd.isna(last["ended_on"])


def test_an_order_on_as_of_opens_a_spell_of_no_days(ledger):
    spell = build_spells(ledger, date(2020, 2, 29)).iloc[2]
    assert (spell["duration_days"], spell["is_closed"]) == (0, False)


def test_every_buyer_has_exactly_one_open_spell(ledger):
    spells = build_spells(ledger, date(2020, 3, 31))
    assert (spells.groupby("customer_id")["is_closed"].apply(lambda closed: (~closed).sum()) == 1).all()
