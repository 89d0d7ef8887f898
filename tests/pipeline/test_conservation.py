"""What goes in comes out or is on record: rows, money, customers."""

from __future__ import annotations

import csv
import importlib.util
import os
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from analysis.contracts import LEDGER, Missing
from analysis.history import order_days
from analysis.ledger import Ledger, quality
from analysis.ledger.build import build_ledger
from analysis.segments import summary
from analysis.value import sum_by_group
from handed_over import SEPTEMBER

LEDGER_TOML = """
title = "Generated"
currency = "EUR"
zone = "Europe/Berlin"
home_country = "Germany"
setting = "noncontractual"
founded = 2019-01-01
covered_until = 2020-06-30
[tables.order_lines]
file = "raw/order_lines.csv"
decimal = "."
formats = "iso"
[tables.customers]
file = "raw/customers.csv"
formats = "iso"
[tables.feedback]
file = "raw/feedback.csv"
formats = "iso"
"""
ODD = ["", " ", "?", "n/a", "NULL", "1.234,5", "4.0128e+10", "\u00a0", "1900-01-01", "2031-02-03", "32.13.2020", "café ☕", "=1+1", '"']
DAYS = ["2020-01-31", "2020-02-29 23:59:59", "2020-06-30 12:00", "2019-01-01", "2020-03-29 02:30:00"]
CELLS = {
    "customer_id": ["a", "b", "c", "007", "nobody"],
    "order_id": ["1", "2", "3", "TEST1"],
    "line_id": ["1", "2"],
    "ordered_at": DAYS,
    "product_id": ["p", "q"],
    "quantity": ["1", "2", "-1", "0", "1e3"],
    "unit_price": ["1.50", "0", "-2", "19.999"],
    "discount": ["0", "0.1", "1.5"],
    "name": ["Ann", "Test", "ann "],
    "phone": ["030 1234567", "+49301234567"],
    "updated_at": DAYS,
    "feedback_id": ["f1", "f2", "f3"],
    "received_at": DAYS,
    "kind": ["complaint", "Review", "gossip"],
    "resolved_at": DAYS,
}
TABLES = {
    "order_lines": ("customer_id", "order_id", "line_id", "ordered_at", "product_id", "quantity", "unit_price", "discount"),
    "customers": ("customer_id", "name", "phone", "updated_at"),
    "feedback": ("feedback_id", "customer_id", "received_at", "kind", "resolved_at"),
}


def raw_table(name: str):
    """Rows of a raw file, any cell of which may be odd."""
    cells = [st.sampled_from(CELLS[column]) | st.sampled_from(CELLS[column] + ODD) for column in TABLES[name]]
    return st.lists(st.tuples(*cells), min_size=1, max_size=40)


def write_raw(folder: Path, tables: dict[str, list[tuple[str, ...]]]) -> None:
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "ledger.toml").write_text(LEDGER_TOML, encoding="utf-8")
    for name, rows in tables.items():
        with (folder / "raw" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([TABLES[name], *rows])


def assert_rows_are_kept_or_rejected(ledger, read: dict[str, int]) -> None:
    rejects = pd.read_parquet(ledger.folder / "rejects.parquet")
    for name, count in read.items():
        kept = int(ledger.read(name).count().to_pyarrow().as_py())
        mine = rejects[rejects["table"] == name]
        assert not mine.duplicated(["file", "line"]).any()
        assert mine["line"].between(1, count).all()
        assert count == kept + len(mine), name
        facts = ledger.facts["tables"][name]
        assert (facts["rows_read"], facts["rows_kept"], facts["rows_rejected"]) == (count, kept, len(mine)), name


@settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(tables=st.fixed_dictionaries({name: raw_table(name) for name in TABLES}))
def test_rows_read_are_kept_or_rejected(tmp_path, tables):
    write_raw(tmp_path, tables)
    ledger = build_ledger(tmp_path)
    assert_rows_are_kept_or_rejected(ledger, {name: len(rows) for name, rows in tables.items()})
    assert_money_adds_up(ledger)


def test_rows_of_the_dirty_demo_are_kept_or_rejected(company):
    read = {}
    for name in LEDGER:
        with (company.folder / "raw" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            read[name] = sum(1 for _ in csv.reader(file)) - 1
    assert_rows_are_kept_or_rejected(Ledger(company.folder / "clean"), read)


def assert_money_adds_up(ledger) -> None:
    """Gross sales and cancellations are the net of all kept lines, and matched ones and sales of known customers the orders."""
    lines = ledger.read("order_lines").to_pandas()
    items = quality.reconcile(ledger, ledger.covered_until).money
    if isinstance(items, Missing):
        assert lines.empty
        assert ledger.read("orders").to_pandas().empty
        return
    money = items.set_index("item")["amount"]
    total = sum(lines["amount"], Decimal(0))
    parts = money[["gross_sales", "matched_cancellations", "unmatched_cancellations", "anonymous_cancellations"]]
    assert money["net"] == pytest.approx(parts.sum(), abs=1e-6)
    assert money["net"] == pytest.approx(float(total), abs=1e-6)
    is_order = lines["customer_id"].notna() & ((lines["line_kind"] == "sale") | lines["cancels_ordered_on"].notna())
    orders = ledger.read("orders").to_pandas()["amount"]
    assert sum(orders, Decimal(0)) == sum(lines["amount"][is_order], Decimal(0))


def test_money_of_the_dirty_demo_adds_up(company):
    assert_money_adds_up(Ledger(company.folder / "clean"))


def test_net_of_a_clean_demo_is_that_of_its_raw_lines(undoing, told):
    raw = undoing.tables["order_lines"]
    prices = [
        Decimal(q) * Decimal(p) * (1 - Decimal(d or 0)) for q, p, d in zip(raw["quantity"], raw["unit_price"], raw["discount"], strict=True)
    ]
    net = quality.reconcile(told[1].ledger, SEPTEMBER.as_of).money.set_index("item")["amount"]["net"]
    assert net == pytest.approx(float(sum(prices)), abs=1e-4 * len(raw))


@pytest.fixture(scope="module")
def september(told):
    return told[1].at(SEPTEMBER)


def days_of(month) -> pd.DataFrame:
    rows = order_days(month.ledger, month.as_of).to_pandas()
    rows["ordered_on"] = pd.to_datetime(rows["ordered_on"])
    return rows.sort_values(["customer_id", "ordered_on"], ignore_index=True)


def test_spend_of_customers_is_the_sum_of_order_days(september):
    customers, days = september.read("customers"), days_of(september)
    assert customers["spend_total"].sum() == pytest.approx(float(sum(days["amount"])), abs=1e-6)
    assert customers["count_order_days"].sum() == len(days) == len(september.read("spells"))


@pytest.mark.parametrize("column", ["rfm_segment", "tier", "lifecycle_stage"])
def test_every_customer_is_in_one_class(september, column):
    customers, segments = september.read("customers"), september.read("segments")
    counted = summary.by_segment(segments, customers, column)
    assert counted["count_customers"].sum() == len(customers) == segments["customer_id"].nunique()


@pytest.mark.parametrize("table", ["scores", "churn", "value"])
def test_every_buyer_is_scored_once(september, table):
    customers = september.read("customers")
    buyers = customers["customer_id"][customers["count_order_days"] > 0]
    assert sorted(september.read(table)["customer_id"]) == sorted(buyers)


@pytest.mark.parametrize("by", ["rfm_segment", "cohort", "first_channel"])
def test_value_of_groups_is_that_of_customers(september, by):
    value = september.read("value")
    groups = {
        "rfm_segment": lambda: september.groups(by),
        "cohort": lambda: september.cohorts,
        "first_channel": lambda: september.customer_groups(by),
    }
    summed = sum_by_group(value, groups[by]())
    for column in ("clv", "value_historic", "value_at_risk"):
        assert summed[column].sum() == pytest.approx(value[column].sum(), abs=0.01), column


@pytest.mark.skipif("SHARED" not in os.environ, reason="SHARED names no folder with evaluate.py")
def test_order_days_are_those_that_forecasts_are_graded_by(september):
    spec = importlib.util.spec_from_file_location("evaluate", Path(os.environ["SHARED"]) / "evaluate.py")
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    orders = evaluate.read_orders(september.folder / "clean" / "orders.parquet")
    graded = evaluate.customer_days(orders, pd.Timestamp(september.as_of)).sort_values(["customer_id", "ordered_on"], ignore_index=True)
    days = days_of(september)
    assert (days[["customer_id", "ordered_on"]] == graded[["customer_id", "ordered_on"]]).all().all()
    assert (days["amount"].astype(float) - graded["amount"]).abs().max() < 1e-6
