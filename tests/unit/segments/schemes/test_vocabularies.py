"""Five vocabularies of one state machine, where they disagree, and transitions with their rule."""

import numpy as np
import pandas as pd
import pytest

from analysis.segments import lifecycle
from analysis.segments.schemes import stages
from analysis.segments.schemes.scheme import labels_of
from scheme_facts import PARAMS


def people(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "lifecycle_stage", "count_order_days"])


def named(stage, orders=2, value="low"):
    found = stages.classify(people(("a", stage, orders)), np.array([value], dtype=object), PARAMS)
    return {stages.VOCABULARIES[column]: labels[0] for column, labels in found.items()}


@pytest.mark.parametrize(("stage", "orders", "value", "labels"), [
    ("prospect", 0, "no_order", ("potential", "introduction", "not_named", "potential", "potential")),
    ("new", 1, "high", ("high_value", "introduction", "new", "first_purchase", "new")),
    ("active", 2, "low", ("potential", "growth", "active", "repeat", "active")),
    ("loyal", 5, "high", ("high_value", "maturity", "active", "loyal", "active")),
    ("dormant", 1, "high", ("dormant", "decline", "silent", "first_purchase", "active")),
    ("lost", 9, "high", ("dormant", "decline", "silent", "loyal", "lost")),
    ("back", 4, "medium", ("potential", "growth", "active", "repeat", "active")),
])  # fmt: skip
def test_labels_of_a_stage(stage, orders, value, labels):
    assert tuple(named(stage, orders, value).values()) == labels


def test_a_contract_has_no_orders_to_count():
    assert named("loyal", 0)["C9"] == "loyal"


def test_every_label_of_a_vocabulary_means_something():
    assert all(set(stages.MEANINGS[column]) == set(labels_of(column)) for column in stages.VOCABULARIES)
    assert set(stages.VOCABULARIES.values()) == set(lifecycle.CROSSWALK)


def test_vocabularies_disagree_on_a_lost_customer_of_many_orders():
    facts = people(("a", "lost", 9), ("b", "loyal", 9))
    labels = stages.classify(facts, np.array(["low", "low"], dtype=object), PARAMS)
    walk = stages.crosswalk(facts.assign(**labels)[["customer_id", *stages.VOCABULARIES]], facts)
    assert walk.set_index("lifecycle_stage")["is_disagreement"].to_dict() == {"loyal": False, "lost": True}
    assert stages.count_sides(walk) == {"all": 2, "disagree": 1}


def test_transitions_leave_out_who_stayed_and_name_the_rule():
    before = pd.DataFrame({"customer_id": ["a", "b"], "lifecycle_stage": ["active", "loyal"]})
    now = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "lifecycle_stage": ["dormant", "loyal", "new"],
            "lifecycle_rule": ["silent_beyond_dormant_limit", "many_order_days", "first_order_in_window"],
            "spend_total": [1.0, 2.0, 3.0],
        }
    )
    rows = [tuple(row) for row in stages.find_transitions(before, now).itertuples(index=False)]
    assert rows == [
        ("not_yet_a_customer", "new", "first_order_in_window", 1, 3.0),
        ("active", "dormant", "silent_beyond_dormant_limit", 1, 1.0),
    ]


def test_a_vocabulary_moves_as_its_stages_do_and_counts_everybody():
    before = people(("a", "new", 1), ("b", "active", 2), ("c", "loyal", 9))
    now = people(("a", "loyal", 5), ("b", "dormant", 2), ("c", "loyal", 9), ("d", "prospect", 0))
    moves = stages.move_vocabularies(before, now)
    assert set(moves.groupby("scheme")["count_customers"].sum()) == {4}
    words = moves.loc[moves["scheme"] == "lifecycle_d8", ["from", "to", "count_customers", "share_from"]].to_numpy().tolist()
    assert words == [["not_yet_a_customer", "potential", 1, 1.0], ["new", "active", 1, 1.0], ["active", "active", 2, 1.0]]
