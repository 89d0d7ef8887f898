"""What each customer buys most, and who complained."""

from datetime import date

import pandas as pd

from analysis.history.categories import find_complaining, find_main_categories
from clean_ledger import order_lines, write_clean

DAY = date(2020, 3, 31)


def lines(*rows):
    """Order lines from (customer, day, amount, category, product)."""
    table = order_lines(*[row[:3] for row in rows])
    return table.assign(category=[row[3] for row in rows], product_id=[row[4] for row in rows])


def test_the_main_category_is_that_of_most_amount_then_the_first_by_name(tmp_path):
    ledger = write_clean(
        tmp_path,
        {
            "order_lines": lines(
                ("a", "2020-03-01", 5, "tea", None),
                ("a", "2020-03-02", 5, "tea", None),
                ("a", "2020-03-03", 9, "cups", None),
                ("b", "2020-03-01", 5, "tea", None),
                ("b", "2020-03-02", 5, "cups", None),
                ("c", "2020-04-01", 5, "tea", None),
            )
        },
    )
    assert find_main_categories(ledger, DAY).set_index("customer_id")["main_category"].to_dict() == {"a": "tea", "b": "cups"}


def test_a_line_without_category_has_that_of_its_product(tmp_path):
    products = pd.DataFrame({"product_id": ["p"], "category": ["tea"]})
    ledger = write_clean(tmp_path, {"order_lines": lines(("a", "2020-03-01", 5, None, "p")), "products": products})
    assert find_main_categories(ledger, DAY)["main_category"].tolist() == ["tea"]


def test_without_categories_there_are_none(tmp_path):
    assert find_main_categories(write_clean(tmp_path, {"order_lines": order_lines(("a", "2020-03-01", 5))}), DAY) is None


def test_a_complaint_counts_after_one_day_and_until_another(tmp_path):
    feedback = pd.DataFrame(
        {
            "feedback_id": ["1", "2", "3", "4"],
            "customer_id": ["early", "first", "last", "late"],
            "kind": "complaint",
            "received_at": ["2019-03-31 23:59", "2019-04-01 00:00", "2020-03-31 23:59", "2020-04-01 00:00"],
        }
    )
    ledger = write_clean(tmp_path, {"feedback": feedback})
    assert find_complaining(ledger, DAY, date(2019, 3, 31)).tolist() == ["first", "last"]


def test_praise_is_no_complaint(tmp_path):
    feedback = pd.DataFrame({"feedback_id": ["1"], "customer_id": ["a"], "kind": ["review"], "received_at": ["2020-03-01"]})
    assert find_complaining(write_clean(tmp_path, {"feedback": feedback}), DAY, date(2019, 3, 31)).tolist() == []
