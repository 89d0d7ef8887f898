from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.portraits.segments import USES, count_uses, find_gaps, find_members, list_uses

FACTS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "segment": ["champions", "new", "lost"],
        "spend_total": [100.0, 20.0, 5.0],
        "clv": [10.0, 30.0, 1.0],
        "is_dissatisfied": pd.array([True, None, True], dtype="boolean"),
    }
)
FRAMES = {
    "classes": pd.DataFrame(
        {"customer_id": ["c", "b", "a"], "value_amount": ["low", "high", "high"], "need_segment": ["price", "unclassified", "quality"]}
        | {"value_score": ["low", "low", "high"], "importance": ["ordinary", "important", "important"]}
        | {"returning": ["potential_returning", "other", "loyal"]}
    ),
    "churn": pd.DataFrame({"customer_id": ["a", "b", "c"], "warning": ["urgent", None, None]}),
}


@pytest.fixture
def month():
    return make_month({"interactions", "needs", "surveys"})


def make_month(tables: set[str]) -> SimpleNamespace:
    ledger = SimpleNamespace(has=tables.__contains__)
    return SimpleNamespace(read=FRAMES.get, ledger=ledger)


def test_the_list_names_whom_the_table_counts(month):
    counted = count_uses(FACTS, find_members(month, FACTS), 1).set_index("use")["count_customers"]
    listed = list_uses(FACTS, find_members(month, FACTS))
    assert counted.to_dict() == dict(zip(USES, (2, 1, 1, 2, 1, 1, 1, 1, 0, 2), strict=True))
    assert len(listed) == counted.sum()


def test_nobody_found_for_want_of_an_input_is_said_and_not_counted():
    bare = make_month(set())
    facts = FACTS.assign(is_dissatisfied=pd.array([None, None, None], dtype="boolean"))
    assert "dissatisfied" not in count_uses(facts, find_members(bare, facts), 1)["use"].tolist()
    assert [gap.table for gap in find_gaps(find_members(bare, facts))] == ["surveys"]
    # of the needs one at least was told, by another table
    assert "needs_price" in count_uses(facts, find_members(bare, facts), 1)["use"].tolist()


def test_nobody_found_by_an_input_that_is_there_is_none(month):
    facts = FACTS.assign(is_dissatisfied=pd.array([False, None, False], dtype="boolean"))
    counted = count_uses(facts, find_members(month, facts), 1).set_index("use")["count_customers"]
    assert counted["dissatisfied"] == 0
    assert find_gaps(find_members(month, facts)) == []


def test_the_most_valuable_stand_first(month):
    listed = list_uses(FACTS, find_members(month, FACTS))
    assert listed.loc[listed["use"].str.startswith("High value by amount (D4)"), "customer_id"].tolist() == ["b", "a"]
