"""What became of a literal list, on a tiny ledger."""

from datetime import date

import pandas as pd
import pytest

from analysis.churn.follow_up import count_moves, follow_up, read_contacts
from analysis.churn.watch import Watch
from clean_ledger import write_clean

LISTED = pd.DataFrame({"customer_id": list("abcd"), "spend_at_risk": [1.0, 2.0, 3.0, 4.0]})
ORDERS = pd.DataFrame({"customer_id": ["a", "z"], "spend": [5.0, 9.0]})
NONE = pd.DataFrame({"customer_id": [], "spend": []})


def outcomes(contacts=None, into=None, orders=ORDERS, listed=LISTED, lapsed=("a", "b")):
    return follow_up(listed, into or {}, pd.Series(list(lapsed)), orders, contacts).set_index("outcome")


def test_the_outcomes_add_up_to_the_list_and_an_order_comes_first():
    found = outcomes()
    assert found["count_customers"].to_dict() == {"ordered": 1, "lapsed": 1, "waiting": 2}
    assert found["revenue"].to_dict() == {"ordered": 5.0, "lapsed": 0.0, "waiting": 0.0}
    assert found["spend_at_risk"].sum() == LISTED["spend_at_risk"].sum()


def test_contacts_that_nobody_records_are_missing_not_zero():
    assert outcomes()["count_contacted"].isna().all()
    assert outcomes(pd.DataFrame({"customer_id": ["c", "y"]}))["count_contacted"].to_dict() == {"ordered": 0, "lapsed": 0, "waiting": 1}


def test_two_listed_customers_merged_count_each_and_their_revenue_once():
    found = outcomes(into={"b": "a"}, lapsed=())
    assert found.loc["ordered", ["count_customers", "revenue"]].tolist() == [2, 5.0]


def test_an_empty_list_has_three_empty_outcomes():
    assert outcomes(listed=LISTED.iloc[:0])["count_customers"].tolist() == [0, 0, 0]


def test_row_order_changes_nothing():
    shuffled = outcomes(listed=LISTED.iloc[::-1].reset_index(drop=True), orders=ORDERS.iloc[::-1])
    pd.testing.assert_frame_equal(outcomes(), shuffled)


def test_the_moves_add_up_from_one_list_to_the_next():
    before = pd.DataFrame({"month": "2021-01", "customer_id": list("abcde"), "spend_at_risk": 1.0, "is_warned": True})
    now = pd.DataFrame({"month": "2021-02", "customer_id": list("acden"), "spend_at_risk": 2.0})
    now["is_warned"] = now["customer_id"].isin(["e", "n"])
    watch = Watch(pd.concat([before, now], ignore_index=True).assign(is_replayed=True), pd.DataFrame())
    steps = count_moves(watch, "2021-02", "2021-01", {"d": "e"}, ORDERS).set_index("step")["count_customers"].to_dict()
    assert steps == {"before": 5, "ordered": -1, "lapsed": -1, "eased": -1, "merged": -1, "new": 1, "now": 2}
    assert sum(steps.values()) == 2 * steps["now"]


@pytest.mark.parametrize(
    ("moment", "direction", "is_contact"),
    [
        ("2021-01-31 23:59:59", "outbound", False),
        ("2021-02-01 00:00:00", "outbound", True),
        ("2021-02-28 23:59:59", "outbound", True),
        ("2021-03-01 00:00:00", "outbound", False),
        ("2021-02-10 12:00:00", "inbound", False),
    ],
)
def test_a_contact_is_what_the_company_sent_within_the_month(tmp_path, moment, direction, is_contact):
    rows = pd.DataFrame({"customer_id": ["a"], "occurred_at": [moment], "channel": ["email"], "direction": [direction]})
    found = read_contacts(write_clean(tmp_path, {"interactions": rows}), date(2021, 1, 31), date(2021, 2, 28))
    assert len(found) == is_contact


def test_an_action_is_a_contact_once_it_is_done(tmp_path):
    rows = pd.DataFrame({"action_id": ["1", "2"], "customer_id": ["a", "b"], "planned_on": "2021-02-01", "action": "call"})
    rows["done_on"] = ["2021-02-03", None]
    found = read_contacts(write_clean(tmp_path, {"actions": rows}), date(2021, 1, 31), date(2021, 2, 28))
    assert found["customer_id"].tolist() == ["a"]


def test_without_records_of_contacts_nothing_is_claimed(tmp_path):
    assert read_contacts(write_clean(tmp_path, {}), None, date(2021, 2, 28)) is None
