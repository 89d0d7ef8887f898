"""The table of codes and its summaries count every customer once."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import codes
from analysis.codes.build import build_codes, describe_parts, describe_tail, encode_example, headline, measure_coverage, trace_spellings

BOOK = codes.read_codebook(
    {
        "version": "1", "separator": "-", "check": "iso7064_mod1271_36", "unknown": "X", "not_enough_data": "Z",
        "parts": [
            {"name": "type", "column": "customer_type", "symbols": {"B": "business", "P": "individual"}},
            {"name": "risk", "symbols": {"H": "high", "L": "low"}},
        ],
    },
    "here",
)  # fmt: skip
KINDS, RISKS = ["business", "individual", "unknown"], ["high", "low", "unknown", "not_enough_data"]


def labels(*rows):
    return pd.DataFrame([(f"c{number}", *row) for number, row in enumerate(rows)], columns=["customer_id", "customer_type", "risk"])


ROWS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(RISKS)), min_size=1, max_size=12)


def test_unknown_and_too_few_data_are_counted_together():
    table = build_codes(labels(("business", "high"), ("business", "not_enough_data"), ("unknown", "unknown")), BOOK)
    assert table["count_unknown"].tolist() == [0, 1, 2]


def test_the_number_of_a_customer_is_no_part_of_the_code():
    table = build_codes(labels(("business", "high"), ("business", "high")), BOOK)
    assert table["code"].iloc[0] == table["code"].iloc[1]
    assert table["customer_id"].tolist() == ["c0", "c1"]


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_customers_changes_nothing(rows, random):
    frame = labels(*rows)
    order = list(frame.index)
    random.shuffle(order)
    pd.testing.assert_frame_equal(build_codes(frame.loc[order], BOOK), build_codes(frame, BOOK))


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_every_part_counts_every_customer_once(rows):
    table = build_codes(labels(*rows), BOOK)
    spread, known = describe_parts(table, BOOK), measure_coverage(table, BOOK)
    assert set(spread.groupby("part")["count_customers"].sum()) == {len(rows)}
    assert (known[["count_known", "count_not_enough", "count_unknown"]].sum(axis=1) == len(rows)).all()


def test_the_spread_is_in_the_order_of_the_codebook():
    spread = describe_parts(build_codes(labels(("individual", "low"), ("business", "low")), BOOK), BOOK)
    assert spread[["part", "symbol", "count_customers"]].to_numpy().tolist() == [["type", "B", 1], ["type", "P", 1], ["risk", "L", 2]]


def test_the_headline_counts_shared_and_lonely_codes():
    table = build_codes(labels(("business", "high"), ("business", "high"), ("individual", "unknown")), BOOK)
    assert headline(table, BOOK) == {"count": 3, "complete": 2, "parts": 2, "distinct": 2, "alone": 1}


def test_the_made_up_example_is_a_sound_code():
    assert codes.validate(encode_example(codes.codebook())) == ""


def test_the_tail_names_version_and_shared_symbols():
    assert describe_tail(BOOK) == {"version": "1", "unknown": "X", "few": "Z"}


def test_words_of_the_source_are_told_where_the_symbol_has_another_name():
    parts = [{"name": "trade", "symbols": {"H": ["catering", "hotel", "restaurant"], "Y": "other"}, "other": "Y", "unknown": "Y"}]
    book = codes.read_codebook({"parts": parts}, "here")
    given = pd.DataFrame({"trade": ["hotel"] * 3 + ["Restaurant"] * 5 + ["catering"] * 9 + ["alchemy"] * 4 + ["Ms Example"] * 2 + [None]})
    found = trace_spellings(given, book, 3)[["symbol", "spelling", "count_customers"]].to_numpy().tolist()
    assert found == [["H", "restaurant", 5], ["H", "hotel", 3], ["Y", "alchemy", 4]]


def test_who_gave_no_answer_is_not_known():
    parts = [{"name": "satisfaction", "symbols": {"H": "high", "0": "no_answer"}}]
    book = codes.read_codebook({"parts": parts, "unknown": "X"}, "here")
    table = build_codes(pd.DataFrame({"customer_id": ["a", "b", "c"], "satisfaction": ["high", "no_answer", None]}), book)
    assert list(table["count_unknown"]) == [0, 1, 1]
    assert measure_coverage(table, book)[["count_known", "count_unknown"]].to_numpy().tolist() == [[1, 2]]
