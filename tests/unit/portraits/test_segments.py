from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.portraits.segments import USES, count_uses, list_uses

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
    return SimpleNamespace(read=FRAMES.get, params=SimpleNamespace(report=SimpleNamespace(min_cell=1)))


def test_the_list_names_whom_the_table_counts(month):
    counted = count_uses(month, FACTS).set_index("use")["count_customers"]
    listed = list_uses(month, FACTS)
    assert counted.to_dict() == dict(zip(USES, (2, 1, 1, 2, 1, 1, 1, 1, 0, 2), strict=True))
    assert len(listed) == counted.sum()


def test_the_most_valuable_stand_first(month):
    listed = list_uses(month, FACTS)
    assert listed.loc[listed["use"].str.startswith("High value by amount (D4)"), "customer_id"].tolist() == ["b", "a"]
