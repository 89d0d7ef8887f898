"""What the code says of a customer: trade, recency, satisfaction, urgency and risk, at their limits."""

import pandas as pd
import pytest

from analysis.codes import CodeError, choose_parts, codebook, gather_labels, read_codebook
from analysis.codes.labels import name_needs
from analysis.params import load_params

PARAMS = load_params().codes
CLASSES = {
    "customer_type": "business", "industry": "hotel", "region4": "east", "city_tier": "tier_1", "joiner": "early",
    "value_amount": "high", "frequency_band": "low", "need_segment": "price",
}  # fmt: skip


def label(classes=None, customers=None, segments=None, stays=None, urgency=None, *, has_answers=True, has_orders=True):
    """Labels of one customer."""
    own = {"customer_id": "c", "count_order_days": 2, "satisfaction": 0.8, "city": None, "region": None, "country": None}
    own |= {"gender": None, "acquisition_source": None} | (customers or {})
    place = {"customer_id": "c", "r_score": 5, "rfm_segment": "loyal", "lifecycle_stage": "active", "cluster": None} | (segments or {})
    stay = {"customer_id": "c", "is_lapsed": False, "p_stay": 0.5} | (stays or {})
    found = gather_labels(
        pd.DataFrame([{"customer_id": "c"} | CLASSES | (classes or {})]), pd.DataFrame([own]), pd.DataFrame([place]),
        pd.DataFrame([stay]), urgency, PARAMS, has_answers=has_answers, has_orders=has_orders,
    )  # fmt: skip
    return found.iloc[0]


def test_all_columns_of_the_projects_codebook_are_there():
    frame = label().to_frame().T
    assert list(choose_parts(frame, codebook())) == list(codebook().names)


def test_a_codebook_that_names_another_column_is_refused():
    book = read_codebook({"parts": [{"name": "kind", "column": "colour", "symbols": {"R": "red"}}]}, "here")
    with pytest.raises(CodeError, match="part kind is made from colour, which does not exist"):
        choose_parts(label().to_frame().T, book)


@pytest.mark.parametrize(
    ("mean", "expected"),
    [
        (PARAMS.satisfied_from, "high"),
        (PARAMS.satisfied_from - 1e-9, "medium"),
        (PARAMS.dissatisfied_below, "medium"),
        (PARAMS.dissatisfied_below - 1e-9, "low"),
        (float("nan"), "no_answer"),
    ],
)
def test_satisfaction_is_cut_at_its_limits(mean, expected):
    assert label(customers={"satisfaction": mean})["satisfaction_band"] == expected


def test_without_any_survey_satisfaction_is_unknown():
    assert label(customers={"satisfaction": float("nan")}, has_answers=False)["satisfaction_band"] == "unknown"


@pytest.mark.parametrize(
    ("stays", "expected"),
    [
        ({"p_stay": PARAMS.risk_high_below - 1e-9}, "high"),
        ({"p_stay": PARAMS.risk_high_below}, "medium"),
        ({"p_stay": PARAMS.risk_low_from}, "low"),
        ({"p_stay": None}, "not_enough_data"),
        ({"is_lapsed": True, "p_stay": 0.9}, "lapsed"),
        ({"customer_id": "another"}, "no_order"),
    ],
)
def test_risk_is_cut_at_its_limits(stays, expected):
    assert label(stays=stays)["risk"] == expected


def test_who_is_told_by_no_orders_is_not_said_to_have_none():
    found = label(customers={"count_order_days": 0}, stays={"customer_id": "another"}, has_orders=False)
    assert found[["recency", "risk"]].tolist() == ["not_enough_data"] * 2


@pytest.mark.parametrize(("score", "expected"), [(5, "latest_fifth"), (1, "earliest_fifth"), (None, "not_enough_data")])
def test_recency_is_the_fifth_of_the_score(score, expected):
    assert label(segments={"r_score": score})["recency"] == expected


def test_without_an_order_there_is_no_recency():
    assert label(customers={"count_order_days": 0}, segments={"r_score": None})["recency"] == "no_order"


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ({}, "hotel"),
        ({"customer_type": "individual", "industry": "unknown"}, "private"),
        ({"customer_type": "individual"}, "hotel"),
        ({"customer_type": "unknown", "industry": "unknown"}, "unknown"),
    ],
)
def test_only_people_without_an_industry_are_private(classes, expected):
    assert label(classes=classes)["trade"] == expected


def test_whose_needs_are_all_met_has_no_open_need():
    assert label(urgency=pd.Series({"another": "urgent"}))["urgency"] == "no_open_need"


def test_without_a_table_of_needs_urgency_is_unknown():
    assert label(urgency=None)["urgency"] == "unknown"


def test_an_open_need_has_its_urgency():
    assert label(urgency=pd.Series({"c": "high"}))["urgency"] == "high"


def test_too_little_evidence_of_a_need_is_not_enough_data():
    assert list(name_needs(pd.Series(["price", "unclassified"]))) == ["price", "not_enough_data"]


def test_without_evidence_of_anybody_needs_are_unknown():
    assert list(name_needs(pd.Series(["unclassified", "unclassified"]))) == ["unknown", "unknown"]
