from datetime import date

import pytest

from raw_source import clean, rows

ORDER = "customer_id,ordered_at,amount\nC1,2024-02-01,5"


def merges(folder, *people, orders=ORDER, header="customer_id,name,phone,email,joined_on"):
    ledger = clean(folder, {"order_lines": orders, "customers": "\n".join([header, *people])})
    return rows(ledger, "merges", "customer_id", "merged_into", "known_on"), rows(ledger, "flags", "line", "rule")


def test_the_later_of_two_is_the_double(tmp_path):
    found, flags = merges(tmp_path, "C2,Li Wei,13812345678,,2024-05-01", "C1,LI  WEI,+86 138 1234 5678,,2024-02-01")
    assert found == [("C2", "C1", date(2024, 5, 1))]
    assert flags == [(1, "near_duplicate")]


def test_one_mailbox_of_two_names_is_no_double(tmp_path):
    assert merges(tmp_path, "C1,Li Wei,,shop@example.com,2024-02-01", "C2,Wang Fang,,SHOP@example.com,2024-05-01") == ([], [])


def test_the_same_mailbox_and_name_is_a_double(tmp_path):
    found, _ = merges(tmp_path, "C1,Ｌｉ Wei,,shop@example.com,2024-02-01", "C2,Li Wei,,SHOP@example.com,2024-05-01")
    assert found == [("C2", "C1", date(2024, 5, 1))]


def test_one_name_alone_is_no_double(tmp_path):
    assert merges(tmp_path, "C1,Li Wei,13812345678,,2024-02-01", "C2,Li Wei,13812345679,,2024-05-01") == ([], [])


def test_doubles_of_one_customer_all_go_to_the_first(tmp_path):
    people = ("C1,Li,13812345678,,2024-02-01", "C2,Li,13812345678,a@example.com,2024-03-01", "C3,Li,,a@example.com,2024-04-01")
    found, _ = merges(tmp_path, *people)
    assert found == [("C2", "C1", date(2024, 3, 1)), ("C3", "C1", date(2024, 4, 1))]


def test_a_customer_who_joins_two_others_goes_to_the_earlier_one(tmp_path):
    people = ("C1,Li,13812345678,,2024-02-01", "C2,Li,,a@example.com,2024-03-01", "C3,Li,13812345678,a@example.com,2024-04-01")
    found, _ = merges(tmp_path, *people)
    assert found == [("C3", "C1", date(2024, 4, 1))]


@pytest.mark.parametrize(("joined", "known"), [("", date(2024, 6, 1)), ("2024-07-01", date(2024, 7, 1))])
def test_a_double_is_known_when_it_joined_else_when_it_first_ordered(tmp_path, joined, known):
    orders = ORDER + "\nC2,2024-06-01,5"
    found, _ = merges(tmp_path, "C1,Li,13812345678,,2024-02-01", f"C2,Li,13812345678,,{joined}", orders=orders)
    assert found == [("C2", "C1", known)]


def test_orders_of_a_double_count_for_the_first(tmp_path):
    orders = ORDER + "\nC2,2024-06-01,5"
    people = "customer_id,name,phone,joined_on\nC1,Li,13812345678,2024-02-01\nC2,Li,13812345678,2024-05-01"
    ledger = clean(tmp_path, {"order_lines": orders, "customers": people})
    assert rows(ledger, "orders", "customer_id") == [("C1",), ("C1",)]
    assert sorted(rows(ledger, "order_lines", "customer_id")) == [("C1",), ("C2",)]


@pytest.mark.parametrize("updated", ["2024-05-02 10:00:00", "2024-09-15 10:00:00"])
def test_a_merge_does_not_move_when_the_source_writes_over_its_one_row(tmp_path, updated):
    header = "customer_id,name,phone,joined_on,updated_at"
    people = ("C1,Li,13812345678,2024-02-01,2024-03-01 10:00:00", f"C2,Li,13812345678,2024-05-01,{updated}")
    found, _ = merges(tmp_path, *people, header=header)
    assert found == [("C2", "C1", date(2024, 5, 1))]


def test_a_later_version_that_makes_a_double_is_known_when_it_was_written(tmp_path):
    header = "customer_id,name,phone,joined_on,updated_at"
    first = ("C1,Li,13812345678,2024-02-01,2024-02-01 10:00:00", "C2,Wang,13900000000,2024-03-01,2024-03-01 10:00:00")
    found, _ = merges(tmp_path, *first, "C2,Li,13812345678,2024-03-01,2024-08-01 10:00:00", header=header)
    assert found == [("C2", "C1", date(2024, 8, 1))]
