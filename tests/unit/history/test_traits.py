"""What customers are and say beyond their orders' totals, by what was known on a day."""

from datetime import date

import pandas as pd
import pytest

from analysis.history.traits import NamePatterns, build_traits, count_channels, read_voices
from clean_ledger import order_lines, write_clean

DAY = date(2020, 3, 31)
PATTERNS = NamePatterns("ltd$", "^[a-z]+ [a-z]+$")


def lines(*rows):
    """Order lines from (customer, day, order, channel, discount, quantity)."""
    table = order_lines(*[(customer, day, 10) for customer, day, *_ in rows])
    return table.assign(
        order_id=[row[2] for row in rows],
        channel=[row[3] for row in rows],
        discount=[row[4] for row in rows],
        quantity=[float(row[5]) for row in rows],
    )


def traits(tmp_path, **tables):
    return build_traits(write_clean(tmp_path, tables), DAY, PATTERNS).set_index("customer_id")


def test_orders_are_counted_by_order_not_by_line(tmp_path):
    found = traits(
        tmp_path,
        order_lines=lines(
            ("a", "2020-03-01", "1", "store", 0.0, 2), ("a", "2020-03-01", "1", "store", 0.1, 4), ("a", "2020-03-02", "2", "web", 0.0, 2)
        ),
    ).loc["a"]
    assert (found["count_sales"], found["count_discounted"], found["units_per_order"]) == (2, 1, 4.0)


def test_the_main_channel_is_that_of_most_orders_then_the_first_by_name(tmp_path):
    found = traits(
        tmp_path,
        order_lines=lines(
            *[("a", f"2020-03-0{n}", f"a{n}", channel, 0.0, 1) for n, channel in enumerate(["web", "web", "app"], 1)],
            *[("b", f"2020-03-0{n}", f"b{n}", channel, 0.0, 1) for n, channel in enumerate(["web", "app", None], 1)],
        ),
    )
    assert found["main_channel"].to_dict() == {"a": "web", "b": "app"}


def test_nothing_that_was_not_known_yet_is_read(tmp_path):
    tables = {
        "order_lines": lines(("a", "2020-03-31", "1", "web", 0.0, 1), ("a", "2020-04-01", "2", "app", 0.5, 50)),
        "interactions": pd.DataFrame(
            {"customer_id": ["a", "a"], "occurred_at": ["2020-03-30 12:00", "2020-04-01 00:00"], "channel": "email"}
        ),
    }
    found = traits(tmp_path, **tables).loc["a"]
    assert (found["count_sales"], found["count_discounted"]) == (1, 0)
    assert found["last_own_contact_on"] == pd.Timestamp("2020-03-30")


def test_what_the_company_sends_counts_only_when_answered(tmp_path):
    rows = [("a", "2020-03-01", "outbound", False), ("b", "2020-03-02", "outbound", True), ("c", "2020-03-03", "inbound", None)]
    contacts = pd.DataFrame(rows, columns=["customer_id", "occurred_at", "direction", "replied"]).assign(channel="email")
    found = traits(tmp_path, order_lines=lines(("a", "2020-03-01", "1", None, 0.0, 1)), interactions=contacts)
    assert found["last_own_contact_on"].notna().to_dict() == {"a": False, "b": True, "c": True}


def test_a_source_without_discounts_does_not_say_that_there_were_none(tmp_path):
    table = order_lines(("a", "2020-03-01", 10))
    assert pd.isna(traits(tmp_path, order_lines=table).loc["a", "count_discounted"])


def test_a_doubles_row_fills_what_the_other_lacks(tmp_path):
    master = pd.DataFrame({"customer_id": ["a", "b"], "name": ["Tea Ltd", "ann lee"], "contract_type": [None, "framework"]})
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": "near_duplicate", "known_on": ["2020-03-01"]})
    found = traits(tmp_path, customers=master, merges=merges)
    assert list(found.index) == ["a"]
    assert found.loc["a", ["name_kind", "contract_type"]].tolist() == ["company", "framework"]


def test_voices_are_needs_remarks_and_low_answers(tmp_path):
    tables = {
        "needs": pd.DataFrame(
            {"need_id": ["1", "2"], "customer_id": "a", "raised_at": ["2020-03-01", "2020-04-01"], "need_type": "sample"}
        ),
        "feedback": pd.DataFrame(
            {"feedback_id": ["1"], "customer_id": "a", "received_at": ["2020-03-01"], "kind": "review", "topic": "price"}
        ),
        "surveys": pd.DataFrame(
            {"customer_id": "a", "answered_at": "2020-03-01", "question": "csat", "score": [2.0, 3.0], "touch_point": ["store", "website"]}
        ),
    }
    found = read_voices(write_clean(tmp_path, tables), DAY, 0.3)
    assert [tuple(row) for row in found.itertuples(index=False)] == [
        ("a", "answer", "store", 1), ("a", "feedback", "price", 1), ("a", "need", "sample", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "window"), [("2019-03-31", None), ("2019-04-01", "count_before"), ("2020-02-29", "count_before"),
                         ("2020-03-01", "count_orders"), ("2020-03-31", "count_orders"), ("2020-04-01", None)])  # fmt: skip
def test_the_windows_of_channels_meet_without_overlap(tmp_path, day, window):
    ledger = write_clean(tmp_path, {"order_lines": lines(("a", day, "1", "web", 0.0, 1), ("a", day, "1", "web", 0.0, 1))})
    found = count_channels(ledger, DAY, date(2020, 2, 29), date(2019, 3, 31))
    counted = {name: int(found[name].sum()) for name in ("count_before", "count_orders")}
    assert counted == {name: int(name == window) for name in counted}
