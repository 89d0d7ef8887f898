"""Business or individual: given before guessed, and which rule guesses."""

import pytest

from analysis.history.traits import build_traits
from analysis.segments.schemes import kind
from clean_ledger import order_lines, write_clean
from scheme_facts import DAY, PARAMS, make_facts

LIMIT = PARAMS.classes.guess_units
LEAST = PARAMS.classes.guess_order_days


def classed(**facts):
    found = kind.classify(make_facts(**facts), PARAMS)
    return found["customer_type"][0], found["customer_type_basis"][0]


def test_what_the_source_says_stands_against_every_sign():
    assert classed(customer_type=["individual"], name_kind=["company"], industry=["trade"]) == ("individual", "given")


@pytest.mark.parametrize(("facts", "found"), [
    ({"industry": ["hotel"], "gender": ["female"]}, "business"),
    ({"contract_type": ["framework"]}, "business"),
    ({"contract_type": ["month-to-month"], "gender": ["female"]}, "individual"),
    ({"name_kind": ["company"], "gender": ["male"]}, "business"),
    ({"birth_date": ["1980-01-01"], "count_sales": [9], "units_per_order": [100]}, "individual"),
    ({"name_kind": ["person"], "count_sales": [9], "units_per_order": [100]}, "individual"),
    ({"name_kind": ["other"], "count_sales": [LEAST], "units_per_order": [LIMIT]}, "business"),
])  # fmt: skip
def test_the_first_rule_that_holds_decides(facts, found):
    assert classed(**facts) == (found, "guessed")


@pytest.mark.parametrize(("orders", "units"), [(LEAST - 1, LIMIT), (LEAST, LIMIT - 0.5), (50, 1)])
def test_small_or_few_orders_tell_nothing(orders, units):
    assert classed(count_sales=[orders], units_per_order=[units]) == ("unknown", "unknown")


@pytest.mark.parametrize(("name", "found"), [
    ("福州盛世科技有限公司", "company"), ("Kingsley Hotels Ltd", "company"), ("Smith & Sons", "company"), ("ACME GmbH", "company"),
    ("王小明", "person"), ("欧阳娜娜", "person"), ("Mary-Jane O'Neill", "person"), ("Zoë Müller", "person"), ("李", "other"),
    ("Customer 4711", "other"), ("  ", None), (None, None),
])  # fmt: skip
def test_whose_name_it_is(tmp_path, name, found):
    import pandas as pd

    tables = {"customers": pd.DataFrame({"customer_id": ["a"], "name": [name]}), "order_lines": order_lines(("a", "2020-03-01", 1))}
    traits = build_traits(write_clean(tmp_path, tables), DAY, kind.load_patterns())
    value = traits["name_kind"].iloc[0]
    assert (None if pd.isna(value) else value) == found


def test_guesses_are_checked_where_the_answer_is_known():
    facts = make_facts(customer_type=["business", "business", "individual", None], name_kind=["company", None, "person", "company"])
    table = kind.check_guesses(facts, PARAMS)
    assert [tuple(row) for row in table.itertuples(index=False)] == [
        ("business", "business", 1), ("business", "unknown", 1), ("individual", "individual", 1),
    ]  # fmt: skip
    assert kind.count_rules(facts, PARAMS)["count_customers"].sum() == 1
