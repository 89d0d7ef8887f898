"""One row per customer, as known on a date."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.history import build_customers, order_days
from analysis.history.orders import collect
from clean_ledger import order_lines, write_clean

END = date(2020, 3, 31)


def customers_of(folder, as_of=END, **tables):
    return build_customers(write_clean(folder, tables, covered_until="2020-12-31"), as_of).set_index("customer_id")


def test_numbers_of_a_customer(tmp_path):
    lines = order_lines(("a", "2020-01-01", 10), ("a", "2020-02-01", 20), ("a", "2020-03-01", 60))
    row = customers_of(tmp_path, order_lines=lines).loc["a"]
    assert row["first_order_on"] == pd.Timestamp("2020-01-01")
    assert row["last_order_on"] == pd.Timestamp("2020-03-01")
    assert (row["count_orders"], row["count_order_days"]) == (3, 3)
    assert (row["spend_total"], row["spend_mean"], row["mean_repeat_spend"]) == (90.0, 30.0, 40.0)
    assert (row["days_since_last_order"], row["days_first_to_last_order"], row["days_as_customer"]) == (30, 60, 90)
    assert row["cohort"] == "2020-01"


def test_two_orders_of_a_day_are_two_orders_and_one_day(tmp_path):
    lines = order_lines(("a", "2020-01-01", 10), ("a", "2020-01-01", 20)).assign(order_id=["1", "2"])
    row = customers_of(tmp_path, order_lines=lines).loc["a"]
    assert (row["count_orders"], row["count_order_days"]) == (2, 1)


def test_who_cancelled_everything_is_a_customer_without_orders(tmp_path):
    lines = order_lines(("a", "2020-01-01", 10), ("a", "2020-01-05", -10, "2020-01-01"))
    row = customers_of(tmp_path, order_lines=lines).loc["a"]
    assert (row["count_order_days"], row["spend_total"]) == (0, 0.0)
    assert pd.isna(row["first_order_on"])
    assert row["cohort"] is None


@pytest.mark.parametrize(("joined", "is_seen"), [("2020-03-31", True), ("2020-04-01", False), (None, False)])
def test_master_data_alone_need_a_date_of_joining(tmp_path, joined, is_seen):
    master = pd.DataFrame({"customer_id": ["p"], "joined_on": [joined]})
    assert ("p" in customers_of(tmp_path, customers=master).index) is is_seen


def test_a_contact_makes_a_prospect(tmp_path):
    contacts = pd.DataFrame({"customer_id": ["p"], "occurred_at": ["2020-03-31 10:00"], "channel": ["web"]})
    row = customers_of(tmp_path, interactions=contacts).loc["p"]
    assert (row["count_order_days"], row["count_interactions"]) == (0, 1)


def test_a_date_of_joining_after_as_of_is_not_told(tmp_path):
    tables = {
        "order_lines": order_lines(("a", "2020-01-01", 10)),
        "customers": pd.DataFrame({"customer_id": ["a"], "joined_on": ["2020-04-01"]}),
    }
    assert pd.isna(customers_of(tmp_path, **tables).loc["a", "joined_on"])


def test_contacts_are_cut_by_the_local_day(tmp_path):
    contacts = pd.DataFrame({"customer_id": ["a", "a"], "occurred_at": ["2020-03-31 15:59", "2020-03-31 16:00"], "channel": ["web", "web"]})
    ledger = write_clean(tmp_path, {"interactions": contacts}, zone="Asia/Shanghai", covered_until="2020-12-31")
    row = build_customers(ledger, END).set_index("customer_id").loc["a"]
    assert (row["count_interactions"], row["last_interaction_on"]) == (1, pd.Timestamp("2020-03-31"))
    later = build_customers(ledger, date(2020, 4, 1)).set_index("customer_id").loc["a"]
    assert (later["count_interactions"], later["last_interaction_on"]) == (2, pd.Timestamp("2020-04-01"))


def test_satisfaction_is_csat_from_0_to_1(tmp_path):
    answers = pd.DataFrame(
        {"customer_id": ["a", "a", "a"], "answered_at": ["2020-01-01"] * 3, "question": ["csat", "csat", "nps"], "score": [5, 2, 0]}
    )
    assert customers_of(tmp_path, surveys=answers).loc["a", "satisfaction"] == 0.625


def test_products_count_once_and_not_when_cancelled(tmp_path):
    lines = order_lines(("a", "2020-01-01", 10), ("a", "2020-01-01", 5), ("a", "2020-02-01", 4), ("a", "2020-02-02", -5, "2020-01-01"))
    lines = lines.assign(product_id=["x", "y", "x", "y"])
    assert customers_of(tmp_path, order_lines=lines).loc["a", "count_products"] == 1


def test_the_first_channel_is_the_earliest_order_s(tmp_path):
    lines = order_lines(("a", "2020-02-01", 10), ("a", "2020-01-01", 5)).assign(channel=["web", "shop"])
    assert customers_of(tmp_path, order_lines=lines).loc["a", "first_channel"] == "shop"


def test_the_country_of_master_data_goes_before_that_of_orders(tmp_path):
    lines = order_lines(("a", "2020-02-01", 10), ("b", "2020-01-01", 5)).assign(country=["France", "Spain"])
    rows = customers_of(tmp_path, order_lines=lines, customers=pd.DataFrame({"customer_id": ["a"], "country": ["Italy"]}))
    assert list(rows["country"]) == ["Italy", "Spain"]


def test_doubles_are_one_row_and_fill_each_other(tmp_path):
    tables = {
        "order_lines": order_lines(("a", "2020-01-01", 10), ("b", "2020-02-01", 5)),
        "customers": pd.DataFrame({"customer_id": ["a", "b"], "city": ["Hull", None], "region": ["North", "South"]}),
        "merges": pd.DataFrame({"customer_id": ["a"], "merged_into": ["b"], "rule": ["same_phone"], "known_on": ["2020-03-01"]}),
    }
    rows = customers_of(tmp_path, **tables)
    assert list(rows.index) == ["b"]
    assert (rows.loc["b", "count_order_days"], rows.loc["b", "city"], rows.loc["b", "region"]) == (2, "Hull", "South")


LINES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.integers(0, 5000), st.one_of(st.none(), st.integers(0, 90))),
    min_size=1,
    max_size=12,
)


def ledger_of(folder, drawn):
    rows = []
    for number, (customer, day, cents, cancelled_after) in enumerate(drawn):
        on = date(2020, 1, 1) + timedelta(days=day)
        rows.append((customer, on, cents / 100, None, "sale", f"{number}", None))
        if cancelled_after is not None and cents:
            rows.append((customer, on + timedelta(days=cancelled_after), -cents / 100, on, "cancellation", f"C{number}", f"{number}"))
    names = ["customer_id", "ordered_on", "amount", "cancels_ordered_on", "line_kind", "order_id", "cancels_order_id"]
    return write_clean(folder, {"order_lines": pd.DataFrame(rows, columns=names)}, covered_until="2020-12-31")


@settings(max_examples=8, deadline=None)
@given(LINES)
def test_money_and_order_days_are_conserved(drawn):
    with tempfile.TemporaryDirectory() as folder:
        ledger = ledger_of(Path(folder), drawn)
        customers, days = build_customers(ledger, END), collect(order_days(ledger, END))
    assert customers["spend_total"].sum() == pytest.approx(days["amount"].sum(), abs=1e-6)
    assert customers["count_order_days"].sum() == len(days)
    assert (customers["count_orders"] >= customers["count_order_days"]).all()
    assert ((customers["count_order_days"] == 0) == customers["first_order_on"].isna()).all()


@settings(max_examples=6, deadline=None)
@given(LINES, st.randoms())
def test_later_rows_and_the_order_of_rows_change_nothing_earlier(drawn, random):
    as_of = date(2020, 2, 5)
    with tempfile.TemporaryDirectory() as folder:
        then = [(c, day, cents, after) for c, day, cents, after in drawn if day <= 35]
        before = build_customers(ledger_of(Path(folder) / "before", then), as_of)
        shuffled = list(drawn)
        random.shuffle(shuffled)
        later = build_customers(ledger_of(Path(folder) / "later", shuffled), as_of)
    pd.testing.assert_frame_equal(before, later)
