"""Products that customers keep, by what was known on a day."""

from datetime import date

import pandas as pd

from analysis.history.pairs import read_holdings
from clean_ledger import order_lines, write_clean

DAY = date(2020, 3, 31)


def sales(*rows):
    """Order lines from (customer, day, order, product)."""
    table = order_lines(*[(customer, day, 10) for customer, day, *_ in rows])
    return table.assign(order_id=[row[2] for row in rows], product_id=[row[3] for row in rows])


def hold(tmp_path, *rows, most=9, least=1, **tables):
    return read_holdings(write_clean(tmp_path, {"order_lines": sales(*rows), **tables}), DAY, most, least)


BOTH = (("a", "2020-03-01", "1", "x"), ("a", "2020-03-01", "1", "y"), ("b", "2020-03-01", "2", "x"), ("b", "2020-03-02", "3", "y"))


def test_a_pair_is_counted_by_customer_and_apart_by_order(tmp_path):
    found = hold(tmp_path, *BOTH)
    assert found.pairs.to_numpy().tolist() == [["x", "y", 2, 1]]
    assert found.partners[["product_id", "count_customers", "count_partners"]].to_numpy().tolist() == [["x", 2, 2], ["y", 2, 2]]


def test_what_was_not_yet_ordered_is_not_kept(tmp_path):
    found = hold(tmp_path, ("a", "2020-03-31", "1", "x"), ("a", "2020-04-01", "2", "y"))
    assert found.pairs.empty
    assert found.single.to_numpy().tolist() == [["a", "x"]]


def test_who_keeps_two_products_of_which_one_is_not_looked_at_is_no_single_customer(tmp_path):
    found = hold(tmp_path, *BOTH, ("c", "2020-03-03", "4", "x"), ("c", "2020-03-03", "4", "rare"), least=2)
    assert list(found.products["product_id"]) == ["x", "y"]
    assert found.single.empty


def test_only_the_products_of_most_customers_are_looked_at(tmp_path):
    found = hold(tmp_path, *BOTH, ("c", "2020-03-03", "4", "x"), most=1)
    assert found.products[["product_id", "count_customers"]].to_numpy().tolist() == [["x", 3]]
    assert found.pairs.empty


def test_a_product_has_its_name_where_the_source_gives_one(tmp_path):
    found = hold(tmp_path, *BOTH, products=pd.DataFrame({"product_id": ["x"], "name": ["Green tea"]}))
    assert list(found.products["name"]) == ["Green tea", "y"]


def test_lines_without_products_tell_nothing(tmp_path):
    assert read_holdings(write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 10))}), DAY, 9, 1) is None
