"""What must hold in every row: one row that keeps each sentence, one that breaks it, one at its limit."""

import ibis
import pandas as pd
import pytest

from analysis.contracts.identities import IDENTITIES

T = pd.Timestamp
CASES = [
    ("score within its question's scale", {"question": "csat", "score": 5.0}, {"question": "csat", "score": 5.5}),
    ("score within its question's scale", {"question": "csat", "score": 1.0}, {"question": "csat", "score": 0.0}),
    ("score within its question's scale", {"question": "nps", "score": 0.0}, {"question": "mood", "score": 1.0}),
    (
        "known_on >= ordered_on",
        {"known_on": T("2020-01-02"), "ordered_on": T("2020-01-02")},
        {"known_on": T("2020-01-01"), "ordered_on": T("2020-01-02")},
    ),
    (
        "count_order_days = 0 exactly where first_order_on is missing",
        {"count_order_days": 1, "first_order_on": T("2020-01-02")},
        {"count_order_days": 0, "first_order_on": T("2020-01-02")},
    ),
    ("spend_low <= spend_high", {"spend_low": 1.0, "spend_high": 1.0}, {"spend_low": 1.1, "spend_high": 1.0}),
    (
        "p_active_low <= p_active <= p_active_high",
        {"p_active_low": 0.2, "p_active": 0.2, "p_active_high": 0.2},
        {"p_active_low": 0.2, "p_active": 0.3, "p_active_high": 0.2},
    ),
    (
        "lapsed_on is filled exactly where is_lapsed, an undated end of contracts apart",
        {"lapsed_on": T("2020-01-02"), "is_lapsed": True},
        {"lapsed_on": T("2020-01-02"), "is_lapsed": False},
    ),
    (
        "ended_on is filled exactly where is_closed",
        {"ended_on": T("2020-01-02"), "is_closed": True},
        {"ended_on": T("2020-01-02"), "is_closed": False},
    ),
    ("count_filled <= count_fields", {"count_filled": 3, "count_fields": 3}, {"count_filled": 4, "count_fields": 3}),
    ("clv_low <= clv <= clv_high", {"clv_low": 0.0, "clv": 0.0, "clv_high": 9.0}, {"clv_low": 1.0, "clv": 0.0, "clv_high": 9.0}),
]


@pytest.mark.parametrize(("sentence", "keeps", "breaks"), CASES)
def test_a_sentence_holds_in_one_row_and_not_in_the_other(sentence, keeps, breaks):
    frame = pd.DataFrame([keeps, breaks])
    assert IDENTITIES[sentence](frame).tolist() == [True, False]


@pytest.mark.parametrize(("sentence", "keeps", "breaks"), CASES)
def test_a_sentence_means_the_same_in_the_ledgers_engine(sentence, keeps, breaks):
    rows = ibis.memtable(pd.DataFrame([keeps | {"row": 1}, breaks | {"row": 2}]))
    found = rows.select("row", holds=IDENTITIES[sentence](rows)).order_by("row").to_pandas()
    assert found["holds"].tolist() == [True, False]


def test_every_sentence_is_tried():
    assert {sentence for sentence, _, _ in CASES} == set(IDENTITIES)


def test_rounding_breaks_no_interval():
    low = pd.DataFrame({"spend_low": [0.1 + 0.2], "spend_high": [0.3]})
    assert IDENTITIES["spend_low <= spend_high"](low).all()
