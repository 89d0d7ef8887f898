"""What customers look for: pieces of evidence, and when they are too few."""

import numpy as np
import pytest

from analysis.segments.schemes import needs
from scheme_facts import PARAMS, make_facts, make_voices


def weighed(facts, voices, types=None):
    return needs.weigh_evidence(facts, voices, np.array(types or ["individual"] * len(facts), dtype=object), PARAMS)


def labels(*pieces):
    facts = make_facts(gender=[None])
    voices = make_voices(*[("c000", "feedback", topic, count) for topic, count in pieces])
    return needs.classify(weighed(facts, voices), PARAMS)[0]


@pytest.mark.parametrize(("pieces", "label"), [
    ([("product_quality", 2)], "quality"), ([("price", 2), ("delivery", 1)], "price"), ([("service", 3), ("price", 2)], "service"),
    ([("price", 1), ("delivery", 1)], "mixed"), ([("price", 1)], "unclassified"), ([("weather", 9)], "unclassified"),
])  # fmt: skip
def test_more_than_half_of_enough_pieces_decide(pieces, label):
    assert labels(*pieces) == label


def test_needs_and_remarks_about_one_thing_add_up():
    voices = make_voices(("c000", "need", "quotation", 1), ("c000", "answer", "service", 1), ("c000", "feedback", "price", 1))
    found = weighed(make_facts(gender=[None]), voices)
    assert found.loc[0, ["price_need", "price_feedback", "service_answer"]].tolist() == [1, 1, 1]
    assert needs.classify(found, PARAMS)[0] == "price"


def test_a_bargain_hunter_among_others_speaks_by_discounts():
    facts = make_facts(count_sales=[10] * 9 + [10], count_discounted=[1] * 9 + [8])
    found = weighed(facts, make_voices())["price_discount"]
    # 17 of 100 orders at a discount: 1.7 of ten are expected, 6.3 are more
    assert found.tolist() == [0] * 9 + [7]


def test_each_type_is_its_own_measure_of_discounts():
    facts = make_facts(count_sales=[10] * 20, count_discounted=[8] * 10 + [0] * 10)
    found = weighed(facts, make_voices(), ["business"] * 10 + ["individual"] * 10)["price_discount"]
    assert not found.any()


def test_a_source_without_discounts_has_no_such_evidence():
    assert not weighed(make_facts(count_sales=[10.0]), make_voices()).to_numpy().any()


def test_evidence_is_told_by_segment():
    facts = make_facts(gender=[None] * 3)
    voices = make_voices(("c000", "need", "sample", 3), ("c000", "feedback", "packaging", 1), ("c001", "answer", "store", 2))
    evidence = weighed(facts, voices)
    import pandas as pd

    table = needs.tabulate_evidence(pd.Series(needs.classify(evidence, PARAMS)), evidence).set_index("need_segment")
    assert table["count_customers"].to_dict() == {"quality": 1, "price": 0, "service": 1, "mixed": 0, "unclassified": 1}
    assert table.loc["quality", "share_need"] == 0.75
    assert table.loc["service", "share_answer"] == 1.0
