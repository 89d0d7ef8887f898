from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.value.opinions import ALL, compare_opinions, tell_opinions

COLUMNS = ["customer_id", "order_number", "expected_orders", "survival_orders"]


def compare(*rows):
    frame = pd.DataFrame(rows, columns=COLUMNS)
    closed = frame.assign(order_number=1, is_closed=True)  # earlier spells say nothing of where a customer stands
    spells = pd.concat([closed, frame.assign(is_closed=False)])
    return compare_opinions(frame, spells).set_index("group")


def test_customers_stand_where_their_open_spell_is():
    table = compare(("a", 1, 1.0, 2.0), ("b", 2, 4.0, 2.0), ("c", 3, 1.0, 1.0), ("d", 9, 1.0, 1.0))
    assert table["count_customers"].to_dict() == {"first": 1, "second": 1, "third+": 2, "all": 4}
    assert table["ratio"].to_dict() == {"first": 2.0, "second": 0.5, "third+": 1.0, "all": 6 / 7}


def test_a_group_without_customers_has_no_row():
    assert list(compare(("a", 2, 1.0, 2.0)).index) == ["second", ALL]


def test_where_the_model_expects_nothing_there_is_no_ratio():
    assert np.isnan(compare(("a", 1, 0.0, 2.0)).loc["first", "ratio"])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=12))
def test_groups_add_up_to_all(rows):
    table = compare(*[(f"c{i}", *row) for i, row in enumerate(rows)])
    parts, whole = table.drop(ALL), table.loc[ALL]
    assert parts["count_customers"].sum() == whole["count_customers"] == len(rows)
    for column in ("orders_model", "orders_survival"):
        assert parts[column].sum() == pytest.approx(whole[column])


def tell(survival, model=10.0):
    table = pd.DataFrame({"group": [ALL], "orders_model": [model], "orders_survival": [survival]})
    return [remark.key for remark in tell_opinions(table, object(), 365.0)]


@pytest.mark.parametrize(("survival", "keys"), [(11.0, ["agree"]), (11.1, ["plain"]), (9.1, ["agree"]), (9.0, ["plain"]), (0.0, [])])
def test_a_tenth_apart_is_agreement(survival, keys):
    assert tell(survival) == keys


@pytest.mark.parametrize(("before", "key"), [(18.0, "taught"), (14.2, "taught"), (14.1, "apart"), (10.0, "apart")])
def test_what_earlier_dates_taught_is_told_where_it_explains_most(before, key, monkeypatch):
    class Taught:
        orders = SimpleNamespace(predict=lambda days: pd.DataFrame({"expected_orders": [before]}))

    monkeypatch.setattr("analysis.value.opinions.Champion", Taught)
    table = pd.DataFrame({"group": [ALL], "orders_model": [10.0], "orders_survival": [20.0]})
    assert [remark.key for remark in tell_opinions(table, Taught(), 365.0)] == [key]
