from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments import build_segments, fit_cutoffs
from analysis.segments.audit import list_empty, sum_up_empty
from analysis.segments.flips import SCHEMES
from analysis.segments.movement import account, explain, headline, movements, name_ruler, rebase, sum_up_moves, trace, with_spend
from analysis.segments.replay import ABSENT, MAPS, ClassHistory
from tiny_company import TODAY, make_company

PARAMS = load_params({"rfm": {"min_buyers": 10}, "churn": {"min_completed_gaps": 10}})
DAY = TODAY.date()
MONTHS = ("2020-10", "2020-11", "2020-12")


def three_classings(before: int, after: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Segments of two months, the later one also by the earlier one's cut-offs."""
    customers_before, spells_before = make_company(before, 40, 2)
    customers, spells = make_company(after, 50, 3)
    held, own = fit_cutoffs(customers_before, spells_before, PARAMS), fit_cutoffs(customers, spells, PARAMS)
    frames = (
        (customers_before, build_segments(customers_before, spells_before, DAY, PARAMS, held)),
        (customers, build_segments(customers, spells, DAY, PARAMS, held)),
        (customers, build_segments(customers, spells, DAY, PARAMS, own)),
    )
    previous, rescored, current = (with_spend(segments, people) for people, segments in frames)
    return previous, rescored, current


def stages(**of: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(of), "lifecycle_stage": list(of.values()), "spend_total": 1.0})


def history(codes: list[list[int]]) -> ClassHistory:
    ids = pd.Index([f"c{number}" for number in range(len(codes))])
    return ClassHistory(ids, MONTHS, {"tier": np.array(codes, dtype=np.int8)}, {"tier": ("vip", "ordinary", "potential")})


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 2**16), st.sampled_from(SCHEMES))
def test_causes_and_revenue_of_every_move_add_up(before, after, scheme):
    previous, rescored, current = three_classings(before, after)
    table = explain(previous, rescored, current, scheme)
    moved = movements(previous, current, scheme).query("is_move")
    assert (table["count_behaviour"] + table["count_cutoff"] == table["count_customers"]).all()
    assert table["count_customers"].sum() == moved["count_customers"].sum()
    assert table["revenue"].sum() == pytest.approx(moved["revenue"].sum())
    row = sum_up_moves(previous, rescored, current, [scheme]).iloc[0]
    assert row["count_stayed"] + row["count_behaviour"] + row["count_cutoff"] == row["count_customers"]
    assert row["count_moved"] == table["count_customers"].sum()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 2**16))
def test_rebasing_conserves_customers(before, after):
    _, rescored, current = three_classings(before, after)
    table = rebase(rescored, current, SCHEMES)
    assert (table["count_now"] + table["change_cutoff"] == table["count_rebased"]).all()
    assert (table.groupby("scheme")["change_cutoff"].sum() == 0).all()
    assert (table.groupby("scheme")["count_rebased"].sum() == len(current)).all()


def test_account_adds_up_and_tells_what_happened():
    before = stages(a="prospect", b="active", c="lost", d="loyal", e="lost")
    after = stages(a="new", b="lost", c="back", d="loyal", e="lost", f="new", g="prospect")
    steps = account(before, after).set_index("step")["count_customers"].to_dict()
    assert steps == {
        "customers_before": 5,
        "first_seen": 2,
        "merged": 0,
        "customers_now": 7,
        "first_orders": 2,
        "became_lost": 1,
        "returned": 1,
    }


def test_merged_customer_leaves_the_account():
    steps = account(stages(a="active", b="lost"), stages(a="active")).set_index("step")["count_customers"]
    assert (steps["customers_before"], steps["merged"], steps["customers_now"]) == (2, 1, 1)


def test_headline_counts_who_was_there_apart_from_who_came():
    numbers = headline(stages(a="active", b="lost"), stages(a="dormant", b="lost", c="new"))
    assert numbers == {"first": 1, "customers": 2, "moved": 1, "share": 0.5}


def test_ruler_is_named_by_what_it_is_not_by_when():
    customers, spells = make_company(1, 40)
    held, other = fit_cutoffs(customers, spells, PARAMS), fit_cutoffs(*make_company(2, 40), PARAMS)
    assert name_ruler(held, held) == "movement.held"
    assert name_ruler(other, held) == "movement.rebased"


def test_trace_adds_up_to_each_class_of_each_month():
    table = trace(history([[0, 0, 1], [0, 1, 1], [ABSENT, 1, 1], [ABSENT, ABSENT, 0]]), "tier")
    later = table[table["month"] > MONTHS[0]]
    sums = later.groupby(["month", "to"])["count_customers"].sum()
    sizes = later.groupby(["month", "to"])["count_class"].first()
    assert (sums == sizes).all()
    first = later[later["from"].isna()]
    assert list(zip(first["month"], first["to"], strict=True)) == [(MONTHS[1], "ordinary"), (MONTHS[2], "vip")]
    assert list(table.loc[table["month"] == MONTHS[0], "to"]) == ["vip", "ordinary"]


def test_segment_that_nobody_was_ever_in_is_always_empty():
    from analysis.segments import maps

    codes = {column: np.array([[0, 0, 1], [1, ABSENT, 0]], dtype=np.int8) for column in MAPS}
    labels = {column: maps.labels(name) for column, name in MAPS.items()}
    table = list_empty(ClassHistory(pd.Index(["a", "b"]), MONTHS, codes, labels))
    klaviyo = table[table["map"] == "klaviyo"].set_index("class")
    assert (klaviyo.loc["champions", "count_months_empty"], klaviyo.loc["loyal", "count_months_empty"]) == (0, 1)
    assert klaviyo.loc["inactive", "is_always_empty"]
    row = sum_up_empty(table).set_index("map").loc["klaviyo"]
    assert (row["count_segments"], row["count_sometimes_empty"], row["count_always_empty"]) == (6, 1, 4)
