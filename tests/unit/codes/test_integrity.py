"""Customer numbers, fill and validity: what counts, over whom, and as of when."""

from datetime import date, datetime

import pandas as pd
import pytest

from analysis.codes.integrity import check_numbers, count_rules, cover_behaviour, fill_basic
from analysis.contracts import Missing
from clean_ledger import order_lines, write_clean

AS_OF = date(2020, 6, 30)
RULES = {
    "reject": {"customers": {"duplicate_key": 2}, "needs": {"duplicate_key": 5, "orphan_customer": 3}},
    "repair": {"customers": {"padded_id": 1}},
    "flag": {"customers": {"near_duplicate": 4}},
}


@pytest.fixture
def ledger(tmp_path):
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "customer_type": ["business", "individual", None],
            "email": ["x@y.com", "nobody", None],
            "phone": ["+8613800000000", "12", None],
            "gender": [None, "female", None],
            "industry": ["hotel", None, None],
            "birth_date": [None, date(1905, 1, 1), date(1980, 1, 1)],
        }
    )
    flags = pd.DataFrame(
        [("customers", "f", 1, "gender", "unknown_level"), ("customers", "f", 2, "email", "near_duplicate")],
        columns=["table", "file", "line", "column", "rule"],
    )
    merges = pd.DataFrame([{"customer_id": "b", "merged_into": "a", "rule": "name_and_phone", "known_on": date(2020, 7, 1)}])
    contacts = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "occurred_at": [datetime(2020, 6, 1), datetime(2020, 1, 1), datetime(2020, 7, 1)],
            "channel": ["web", "email", "web"],
        }
    )
    lines = order_lines(("a", "2020-01-05", 10), ("b", "2020-06-05", 10))
    tables = {"customers": customers, "order_lines": lines, "interactions": contacts, "flags": flags, "merges": merges}
    return write_clean(tmp_path, tables, rules=RULES)


def test_numbers_are_checked_as_of_the_day_and_rules_over_the_files(ledger):
    found = check_numbers(ledger, AS_OF).set_index("number_check")["count"].to_dict()
    assert found == {
        "customers": 3, "distinct_numbers": 3, "doubles": 0, "duplicate_key": 2, "exact_duplicate": 0, "padded_id": 1, "float_id": 0,
        "orphan_customer": 3,
    }  # fmt: skip


def test_a_double_counts_once_it_is_known(ledger):
    assert check_numbers(ledger, date(2020, 7, 1)).set_index("number_check")["count"]["doubles"] == 1


def basic(ledger):
    return fill_basic(ledger, AS_OF).set_index("dimension")


def test_what_companies_do_not_have_is_counted_over_the_others(ledger):
    assert basic(ledger).loc["gender", ["count_customers", "count_filled"]].tolist() == [2, 1]


def test_what_people_do_not_have_is_counted_over_the_others(ledger):
    assert basic(ledger).loc["industry", ["count_customers", "count_filled"]].tolist() == [2, 1]


@pytest.mark.parametrize(("dimension", "share"), [("email", 0.5), ("phone", 0.5), ("birth_date", 0.5)])
def test_a_filled_cell_that_looks_wrong_is_doubtful(ledger, dimension, share):
    assert basic(ledger).loc[dimension, ["count_doubtful", "share_valid"]].tolist() == [1, share]


def test_an_emptied_cell_is_not_valid_and_one_that_was_kept_under_a_flag_is_not_emptied(ledger):
    table = basic(ledger)
    assert table.loc["gender", ["count_emptied", "share_valid"]].tolist() == [1, 0.5]
    assert table.loc["email", "count_emptied"] == 0


def test_without_a_rule_and_without_emptied_cells_validity_is_not_told(ledger):
    assert pd.isna(basic(ledger).loc["industry", "share_valid"])


def test_dimensions_that_the_source_lacks_are_left_out(ledger):
    assert "address" not in basic(ledger).index


def test_behaviour_counts_events_and_customers_until_the_day(ledger):
    table = cover_behaviour(ledger, AS_OF, pd.DataFrame({"customer_id": ["a", "b", "c"]})).set_index("dimension")
    assert list(table.index) == ["purchase", "web", "email"]
    assert table.loc["purchase", ["count_events", "count_customers", "count_recent"]].tolist() == [2, 2, 1]
    assert table.loc["web", "share_customers"] == pytest.approx(1 / 3)


def test_rules_of_master_data_alone_are_listed(ledger):
    assert count_rules(ledger).to_numpy().tolist() == [
        ["reject", "duplicate_key", 2],
        ["repair", "padded_id", 1],
        ["flag", "near_duplicate", 4],
    ]


def test_a_source_without_master_data_misses_it(tmp_path):
    ledger = write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-01-05", 10))})
    assert all(isinstance(found, Missing) for found in (check_numbers(ledger, AS_OF), fill_basic(ledger, AS_OF), count_rules(ledger)))
    assert cover_behaviour(ledger, AS_OF, pd.DataFrame({"customer_id": ["a"]}))["dimension"].tolist() == ["purchase"]
