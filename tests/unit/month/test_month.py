"""What a notebook holds: one month of one source."""

from datetime import date

import pandas.testing as pdt
import pytest

from analysis.ledger.store import LedgerError
from analysis.month import Month, open_month
from tiny_source import write_source


def test_a_month_ends_with_its_last_day_in_the_sources_own_folder(month, root):
    assert (month.source, month.as_of, month.derived) == ("shop", date(2020, 3, 31), root / "data" / "shop" / "derived" / "2020-03")


def test_the_sources_own_parameters_stand_on_top(month):
    assert (month.params.rfm.min_buyers, month.params.churn.min_completed_gaps) == (3, 3)


def test_customers_are_those_known_by_the_last_day_inclusive(month):
    orders = month.read("customers").set_index("customer_id")["count_order_days"]
    assert orders["h"] == 1  # on the last day
    assert orders["i"] == 0  # on the first of April
    assert orders["p"] == 0


def test_last_month_is_the_same_source_a_month_earlier(month):
    assert month.previous.as_of == date(2020, 2, 29)
    assert month.previous.ledger is month.ledger
    assert month.previous.read("customers").set_index("customer_id")["count_order_days"]["h"] == 0


def test_a_table_is_read_as_it_was_made_before(month, root, monkeypatch):
    first = month.read("spells")
    monkeypatch.setattr(Month, "build", lambda month, name: pytest.fail("made a second time"))
    pdt.assert_frame_equal(open_month("shop", "2020-03", root).read("spells"), first)


def test_who_changes_a_table_that_was_read_changes_a_copy(month):
    month.read("customers")["count_order_days"] = 99
    assert month.read("customers")["count_order_days"].max() < 99


def test_a_table_made_from_newer_files_is_not_kept(tmp_path):
    write_source(tmp_path, key="old")
    month = open_month("shop", "2020-03", tmp_path)
    assert month.ledger.facts["key"] == "old"
    write_source(tmp_path, key="new")
    with pytest.raises(LedgerError, match="cleaned anew meanwhile"):
        month.read("customers")
    assert not list((tmp_path / "data" / "shop" / "derived").rglob("*.parquet"))


def test_what_a_month_holds_is_worked_out_once(month):
    assert month.needs is None
    assert month.facts is month.facts
    assert month.at(month.period).facts is not month.facts


def test_what_a_month_holds_says_what_it_is():
    assert Month.facts.__doc__.startswith("The facts that all classes are made from")
