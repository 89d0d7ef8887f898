"""Order days are netted by what was known on a date."""

import importlib.util
import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.history import order_days, survivors
from analysis.history.orders import collect
from clean_ledger import order_lines, write_clean

CANCELLED = order_lines(("a", "2020-01-10", 30), ("a", "2020-02-05", -30, "2020-01-10"))


def days_of(ledger, as_of, **options):
    frame = collect(order_days(ledger, date.fromisoformat(as_of), **options).order_by(["customer_id", "ordered_on"]))
    return [(c, d.strftime("%Y-%m-%d"), a) for c, d, a in frame.itertuples(index=False)]


def merges(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "merged_into", "known_on"]).assign(rule="same_phone")


def test_an_order_stands_until_the_day_before_its_cancellation(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": CANCELLED})
    assert days_of(ledger, "2020-02-04") == [("a", "2020-01-10", 30.0)]


def test_a_cancellation_counts_on_its_own_day(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": CANCELLED})
    assert days_of(ledger, "2020-02-05") == []


def test_a_part_cancelled_lowers_the_day_of_the_order(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-01-10", 30), ("a", "2020-02-05", -10, "2020-01-10"))})
    assert days_of(ledger, "2020-12-31") == [("a", "2020-01-10", 20.0)]


def test_a_cancellation_without_its_order_changes_no_day(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-01-10", 30), ("a", "2020-02-05", -10))})
    assert days_of(ledger, "2020-12-31") == [("a", "2020-01-10", 30.0)]


def test_orders_of_one_day_are_one_order_day(tmp_path):
    lines = order_lines(("a", "2020-01-10", 30), ("a", "2020-01-10", 12)).assign(order_id=["1", "2"])
    ledger = write_clean(tmp_path, {"order_lines": lines})
    assert days_of(ledger, "2020-12-31") == [("a", "2020-01-10", 42.0)]


def test_sales_without_a_customer_are_no_order_days(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines((None, "2020-01-10", 30))})
    assert days_of(ledger, "2020-12-31") == []


def test_tenths_sum_to_nothing_left(tmp_path):
    lines = order_lines(("a", "2020-01-10", "0.10"), ("a", "2020-01-10", "0.20"), ("a", "2020-01-11", "-0.30", "2020-01-10"))
    ledger = write_clean(tmp_path, {"order_lines": lines})
    assert days_of(ledger, "2020-12-31") == []


@pytest.mark.parametrize(("keep_free", "expected"), [(False, []), (True, [("b", "2020-01-02", 0.0)])])
def test_a_free_day_is_kept_on_request_and_a_cancelled_one_never(tmp_path, keep_free, expected):
    lines = order_lines(("b", "2020-01-02", 0), ("c", "2020-01-03", 5), ("c", "2020-01-04", -5, "2020-01-03"))
    ledger = write_clean(tmp_path, {"order_lines": lines})
    assert days_of(ledger, "2020-12-31", keep_free=keep_free) == expected


def test_merges_are_applied_from_the_day_they_are_known_and_chains_are_followed(tmp_path):
    lines = order_lines(("a", "2020-01-01", 1), ("b", "2020-01-02", 1), ("c", "2020-01-03", 1))
    ledger = write_clean(tmp_path, {"order_lines": lines, "merges": merges(("a", "b", "2020-02-01"), ("b", "c", "2020-03-01"))})
    assert survivors(ledger, date(2020, 1, 31)) == {}
    assert survivors(ledger, date(2020, 2, 1)) == {"a": "b"}
    assert survivors(ledger, date(2020, 3, 1)) == {"a": "c", "b": "c"}
    assert {customer for customer, _, _ in days_of(ledger, "2020-03-01")} == {"c"}


def test_a_circle_of_merges_ends(tmp_path):
    ledger = write_clean(tmp_path, {"merges": merges(("a", "b", "2020-02-01"), ("b", "a", "2020-02-01"))})
    assert survivors(ledger, date(2020, 3, 1)) == {"b": "a"}


@pytest.mark.skipif(not os.environ.get("SHARED"), reason="SHARED names no folder with evaluate.py")
@pytest.mark.parametrize("as_of", ["2020-01-31", "2020-02-29", "2020-06-30"])
def test_order_days_are_those_of_the_outside_evaluator(tmp_path, as_of):
    lines = order_lines(
        ("a", "2020-01-10", "30.10"), ("a", "2020-02-05", "-30.10", "2020-01-10"), ("a", "2020-02-07", 8), ("b", "2020-01-31", 5),
        ("b", "2020-02-29", "-2.5", "2020-01-31"), ("b", "2020-04-01", -7), ("c", "2020-03-01", 0), ("d", "2020-05-05", 1),
        (None, "2020-01-01", 9),
    )  # fmt: skip
    ledger = write_clean(tmp_path, {"order_lines": lines})
    spec = importlib.util.spec_from_file_location("evaluate", Path(os.environ["SHARED"]) / "evaluate.py")
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    theirs = evaluate.customer_days(evaluate.read_orders(str(ledger.folder / "orders.parquet")), pd.Timestamp(as_of))
    assert days_of(ledger, as_of) == [(c, d.strftime("%Y-%m-%d"), round(a, 4)) for c, d, a in theirs.itertuples(index=False)]
