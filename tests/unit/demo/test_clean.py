"""What data without dirt promise: nothing in them looks like a fault."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.contracts import LEDGER
from analysis.contracts.ledger import SCALES
from analysis.demo.company import FORMULA, SCRIPT

FOUNDED, COVERED_UNTIL = "2023-11-01", "2026-10-31"
AHEAD = {("invoices", "due_on"), ("needs", "due_on"), ("actions", "due_on")}
"""Dates that may lie beyond the last day: nothing has happened on them yet."""


@pytest.mark.parametrize("name", LEDGER)
def test_columns_are_canonical_and_rows_exist(clean, name):
    assert set(clean[name]) <= set(LEDGER[name].names)
    assert set(LEDGER[name].required) <= set(clean[name])
    assert len(clean[name])


@pytest.mark.parametrize("name", LEDGER)
def test_no_row_and_no_key_repeats(clean, name):
    frame = clean[name]
    assert not frame.duplicated().any()
    if key := [column for column in LEDGER[name].key if column in frame]:
        assert not frame.duplicated([key[-1] if name == "order_lines" else key[0]]).any()


@pytest.mark.parametrize("name", LEDGER)
def test_required_cells_are_filled(clean, name):
    for column in LEDGER[name].required:
        assert clean[name][column].ne("").all(), column
    for group in LEDGER[name].either[:1]:
        assert clean[name][list(group)].ne("").all(axis=None)


@pytest.mark.parametrize("name", LEDGER)
def test_cells_are_written_in_one_way(clean, name):
    shapes = {
        "date": r"\d{4}-\d\d-\d\d",
        "time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
        "money": r"(0|[1-9]\d*)(\.\d\d)?",
        "number": r"-?(0|[1-9]\d*)(\.\d+)?",
        "level": r"[a-z]+(_[a-z]+)*",
        "bool": "true|false",
        "id": "[A-Z]+[0-9]+",
        "phone": r"1[3-9]\d{9}|\+\d{9,15}",
        "email": r"[a-z.]+\d+@[a-z]+\.[a-z]+",
    }
    for column in LEDGER[name].columns:
        if column.name in clean[name] and column.kind in shapes:
            cells = clean[name][column.name]
            assert cells[cells.ne("")].str.fullmatch(shapes[column.kind]).all(), column.name


@pytest.mark.parametrize("name", LEDGER)
def test_levels_keep_to_closed_lists_and_are_few(clean, name):
    for column in LEDGER[name].columns:
        if column.name in clean[name] and column.kind == "level":
            levels = set(clean[name][column.name]) - {""}
            assert 0 < len(levels) <= 15
            assert not column.closed or levels <= set(column.closed)


@pytest.mark.parametrize("name", [name for name in LEDGER if name != "products"])
def test_events_lie_within_the_data(clean, name):
    for column in LEDGER[name].columns:
        if (
            column.name in clean[name]
            and column.kind in ("date", "time")
            and column.name != "birth_date"
            and (name, column.name) not in AHEAD
        ):
            days = clean[name][column.name].str[:10]
            assert days[days.ne("")].between(FOUNDED, COVERED_UNTIL).all(), column.name


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("order_lines", "ordered_at", "delivered_at"),
        ("customers", "joined_on", "updated_at"),
        ("contracts", "started_on", "ended_on"),
        ("invoices", "invoiced_on", "due_on"),
        ("feedback", "received_at", "first_reply_at"),
        ("feedback", "first_reply_at", "resolved_at"),
        ("feedback", "resolved_at", "told_back_at"),
        ("surveys", "invited_at", "answered_at"),
        ("needs", "raised_at", "met_at"),
        ("needs", "raised_at", "due_on"),
        ("referrals", "invited_at", "joined_on"),
        ("referrals", "joined_on", "reward_paid_on"),
        ("actions", "planned_on", "done_on"),
    ],
)
def test_ends_follow_starts(clean, name, start, end):
    both = clean[name][clean[name][start].ne("") & clean[name][end].ne("")]
    length = both[[start, end]].apply(lambda cells: cells.str.len()).min(axis=1).min()
    assert len(both)
    assert (both[start].str[:length] <= both[end].str[:length]).all()


@pytest.mark.parametrize("name", [name for name in LEDGER if name not in ("customers", "products")])
def test_everybody_is_in_the_customer_table_and_was_there(clean, name):
    joined = clean["customers"].set_index("customer_id")["joined_on"]
    time = LEDGER[name].known
    for column in ("customer_id", "referrer_id", "referred_id"):
        if column in clean[name]:
            rows = clean[name][clean[name][column].ne("")]
            assert rows[column].isin(joined.index).all()
            if column != "referred_id":
                days = rows[time].str[:10]
                assert (joined[rows[column]].to_numpy() <= days)[days.ne("")].all()


def test_payments_belong_to_invoices_and_do_not_exceed_them(clean):
    paid = clean["payments"].merge(clean["invoices"], on="invoice_id", suffixes=("", "_due"), validate="many_to_one")
    assert len(paid) == len(clean["payments"])
    assert (paid["customer_id"] == paid["customer_id_due"]).all()
    assert (paid["paid_on"] > paid["invoiced_on"]).all()
    assert (
        paid.groupby("invoice_id")["amount"].apply(lambda part: part.astype(float).sum())
        <= paid.groupby("invoice_id")["amount_due"].first().astype(float) + 0.001
    ).all()


def test_invoices_bill_their_orders(clean):
    lines = clean["order_lines"].astype({"quantity": float, "unit_price": float, "discount": float})
    billed = (lines["quantity"] * lines["unit_price"] * (1 - lines["discount"])).groupby(lines["order_id"]).sum()
    invoices = clean["invoices"]
    assert (invoices["amount"].astype(float) - billed[invoices["order_id"]].to_numpy()).abs().max() < 0.06


def test_points_are_never_spent_before_they_are_earned(clean):
    balance = clean["points"].assign(points=clean["points"]["points"].astype(int)).groupby("customer_id")["points"].cumsum()
    assert balance.min() >= 0
    assert clean["points"]["points"].ne("0").all()


def test_a_return_repeats_product_and_price_of_an_earlier_sale(clean):
    lines = clean["order_lines"].astype({"quantity": int})
    undone, sales = lines[lines["quantity"] < 0], lines[lines["quantity"] > 0]
    assert undone["order_id"].str.startswith("R").all()
    assert set(undone["status"]) == {"cancelled", "returned"}
    pairs = undone.merge(sales, on=["customer_id", "product_id", "unit_price", "discount"], suffixes=("", "_sold"))
    fits = pairs[(pairs["ordered_at_sold"] < pairs["ordered_at"]) & (pairs["quantity_sold"] >= -pairs["quantity"])]
    assert set(fits["line_id"]) == set(undone["line_id"])


def test_quantities_prices_and_discounts_are_possible(clean):
    lines = clean["order_lines"].astype({"quantity": int, "unit_price": float, "discount": float, "unit_cost": float})
    assert lines["quantity"].ne(0).all()
    assert lines["quantity"].max() <= 50 * lines["quantity"].quantile(0.99)
    assert lines[["unit_price", "unit_cost"]].gt(0).all(axis=None)
    assert lines["discount"].between(0, 0.5).all()
    assert lines["country"].ne("").all()


def test_a_small_share_of_lines_is_anonymous(clean):
    lines = clean["order_lines"]
    assert 0.025 < lines["customer_id"].eq("").mean() < 0.055
    assert lines[lines["customer_id"].eq("")]["channel"].eq("store").all()


def test_contacts_are_nobody_elses(clean):
    for column in ("phone", "email"):
        given = clean["customers"][column]
        assert given[given.ne("")].is_unique


def test_scores_ages_and_self_referrals(clean):
    for question, (low, high) in SCALES.items():
        scores = clean["surveys"].loc[clean["surveys"]["question"] == question, "score"].astype(int)
        assert scores.between(low, high).all()
        assert scores.max() == high
        assert scores.nunique() >= min(4, high - low)
    born = pd.to_datetime(clean["customers"]["birth_date"].replace("", None).dropna())
    joined = pd.to_datetime(clean["customers"]["joined_on"])[born.index]
    assert ((joined - born).dt.days / 365.25).between(18, 90).all()
    assert ((pd.Timestamp(COVERED_UNTIL) - born).dt.days / 365.25).max() <= 90
    assert clean["referrals"]["referrer_id"].ne(clean["referrals"]["referred_id"]).all()


@pytest.mark.parametrize("name", LEDGER)
def test_texts_are_one_line_and_in_the_right_encoding(clean, name):
    text = (clean.folder / f"{name}.csv").read_bytes().decode("utf-8")
    assert len(text.splitlines()) == len(clean[name]) + 1 == len(list(csv.reader(io.StringIO(text))))
    for column in ("name", "city", "text"):
        for value in set(clean[name].get(column, ())):
            with pytest.raises(UnicodeError):
                (value + "中").encode("latin-1").decode("utf-8")
            if not value.isascii() and value.encode("latin-1", "ignore").decode("latin-1") == value:
                with pytest.raises(UnicodeError):
                    value.encode("latin-1").decode("utf-8")


def test_names_that_a_page_must_escape_are_bought_and_lived_in(clean):
    names = clean["products"].set_index("name")["product_id"]
    for name in (SCRIPT, FORMULA):
        assert clean["order_lines"]["product_id"].eq(names[name]).sum() > 10
    assert 1 <= clean["customers"]["city"].eq(SCRIPT).sum() <= 20


def test_some_customers_only_look_and_some_are_in_no_other_table(clean):
    ids = clean["customers"]["customer_id"]
    assert 0.05 < (~ids.isin(clean["order_lines"]["customer_id"])).mean() < 0.2
    named = {
        value
        for name in LEDGER
        if name != "customers"
        for c in ("customer_id", "referrer_id", "referred_id")
        if c in clean[name]
        for value in clean[name][c]
    }
    assert 10 < (~ids.isin(named)).sum() < 200


def test_there_are_no_faults_to_list(clean):
    assert clean.faults.empty


@pytest.mark.skipif("SHARED" not in os.environ, reason="SHARED names no folder with the fault injector")
def test_the_independent_injector_accepts_the_files(small, tmp_path):
    command = [sys.executable, str(Path(os.environ["SHARED"]) / "inject.py"), "--clean", str(small.folder), "--dirty", str(tmp_path)]
    done = subprocess.run([*command, "--founded", FOUNDED, "--covered-until", COVERED_UNTIL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    kinds = set(pd.read_csv(tmp_path / "truth.csv")["kind"])
    # all of its kinds but the one of ids that are whole numbers
    assert len(kinds) == 24
