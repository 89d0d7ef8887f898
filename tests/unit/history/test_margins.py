"""Revenue with a known cost, and that cost."""

from datetime import date

import pandas as pd
import pytest

from analysis.history.margins import build_margins
from clean_ledger import write_clean

DAY = date(2020, 3, 31)
COLUMNS = ["customer_id", "ordered_on", "quantity", "unit_price", "product_id", "unit_cost", "cancels_ordered_on"]


def lines(*rows):
    return pd.DataFrame([(*row, None)[: len(COLUMNS)] for row in rows], columns=COLUMNS)


def products(**costs):
    return pd.DataFrame({"product_id": list(costs), "unit_cost": list(costs.values())})


def margins(tmp_path, rows, day=DAY, **tables):
    frame = build_margins(write_clean(tmp_path, {"order_lines": rows, **tables}), day)
    return None if frame is None else {who: (revenue, cost) for who, revenue, cost in frame.itertuples(index=False)}


def test_a_source_without_unit_costs_has_no_margins(tmp_path):
    assert margins(tmp_path, lines(("a", "2020-03-01", 2, 5, "p", None)), products=products(p=None)) is None


def test_the_cost_of_a_line_goes_before_that_of_its_product(tmp_path):
    rows = lines(("a", "2020-03-01", 2, 5, "p", 4), ("b", "2020-03-01", 2, 5, "p", None))
    assert margins(tmp_path, rows, products=products(p=1)) == {"a": (10, 8), "b": (10, 2)}


def test_costs_of_products_alone_are_enough(tmp_path):
    assert margins(tmp_path, lines(("a", "2020-03-01", 3, 5, "p", None)), products=products(p="0.10")) == {"a": (15, 0.3)}


def test_costs_of_lines_alone_are_enough(tmp_path):
    assert margins(tmp_path, lines(("a", "2020-03-01", 3, 5, None, 2))) == {"a": (15, 6)}


def test_a_line_without_cost_is_in_neither_sum(tmp_path):
    rows = lines(("a", "2020-03-01", 2, 5, "p", None), ("a", "2020-03-01", 1, 100, "unknown", None))
    assert margins(tmp_path, rows, products=products(p=1)) == {"a": (10, 2)}


@pytest.mark.parametrize(("known_on", "sums"), [("2020-03-31", (5, 2)), ("2020-04-01", (10, 4))])
def test_a_cancellation_takes_its_cost_back_from_the_day_on_which_it_is_known(tmp_path, known_on, sums):
    rows = lines(("a", "2020-03-01", 2, 5, "p", 2), ("a", known_on, -1, 5, "p", 2, "2020-03-01"))
    assert margins(tmp_path, rows) == {"a": sums}


def test_a_cancellation_without_its_order_changes_nothing(tmp_path):
    assert margins(tmp_path, lines(("a", "2020-03-01", 2, 5, "p", 2), ("a", "2020-03-02", -1, 5, "p", 2))) == {"a": (10, 4)}


def test_sales_to_nobody_in_particular_have_no_margin(tmp_path):
    assert margins(tmp_path, lines((None, "2020-03-01", 2, 5, "p", 2))) == {}


def test_doubles_known_by_the_day_are_one_customer(tmp_path):
    merges = pd.DataFrame({"customer_id": ["b"], "merged_into": ["a"], "rule": ["same"], "known_on": ["2020-03-31"]})
    rows = lines(("a", "2020-03-01", 1, 5, "p", 2), ("b", "2020-03-01", 1, 5, "p", 2))
    assert margins(tmp_path, rows, merges=merges) == {"a": (10, 4)}


def test_tenths_add_up_exactly(tmp_path):
    rows = lines(*[("a", "2020-03-01", 1, "0.30", None, "0.10")] * 3)
    assert margins(tmp_path, rows) == {"a": (0.9, 0.3)}
