"""What the chapter on classes lists beside the classes: pairs of products, and customers to filter."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.contracts import Missing
from analysis.params import load_params
from analysis.stages import list_groups, pair_products
from analysis.stages.classes import GROUPS
from clean_ledger import order_lines, write_clean

PARAMS = load_params({"classes": {"pair_customers": 5}})


def month(tmp_path, lines):
    return SimpleNamespace(ledger=write_clean(tmp_path, {"order_lines": lines}), as_of=date(2020, 3, 31), params=PARAMS)


def test_without_products_pairs_are_missing_and_nobody_has_an_offer(tmp_path):
    found = pair_products(month(tmp_path, order_lines(("a", "2020-03-01", 10))))
    assert found.pairs == Missing("order_lines", ("product_id",), ("D6",))
    assert found.offers.empty
    made = pair_products(month(tmp_path / "with", order_lines(("a", "2020-03-01", 10)).assign(product_id="tea")))
    assert list(made.offered) == list(found.offered)
    assert set(made.numbers) == set(found.numbers)


def test_what_is_offered_to_few_is_counted_and_not_shown(tmp_path):
    baskets = [["tea", "pot"]] * 60 + [["cup", "tray"]] * 60 + [["tea"]] * 6 + [["cup"]] * 2
    rows = [(f"c{n:03d}", item) for n, basket in enumerate(baskets) for item in basket]
    lines = order_lines(*[(customer, "2020-03-01", 10) for customer, _ in rows]).assign(product_id=[item for _, item in rows])
    found = pair_products(month(tmp_path, lines))
    assert found.offered[["product", "offer", "count_customers"]].to_numpy().tolist() == [["tea", "pot", 6]]
    assert (found.numbers["single"], found.numbers["offered"], found.numbers["distinct"]) == (8, 8, 2)


@pytest.mark.parametrize(
    ("tags", "label", "value", "is_listed"),
    [
        ("gift", "potential", "low", True),
        (None, "high_value", "high", True),
        (None, "dormant", "medium", True),
        (None, "dormant", "low", False),
        (None, "potential", "medium", False),
    ],
)
def test_who_stands_in_the_list_to_filter(tags, label, value, is_listed):
    row = dict.fromkeys(GROUPS, "unknown") | {"customer_id": "a", "lifecycle_a9": label, "value_amount": value}
    classes = pd.DataFrame([row]).drop(columns="tags")
    made = SimpleNamespace(read=lambda name: classes, facts=pd.DataFrame({"tags": [tags]}))
    assert len(list_groups(made)) == is_listed
