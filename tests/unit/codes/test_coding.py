"""Codes and back: nothing is lost, and what is mistyped is found."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import codes
from analysis.codes import CodeError
from analysis.codes.check_characters import ALPHABET

BOOK = codes.codebook()
CUSTOMER = st.fixed_dictionaries({part.name: st.sampled_from(list(part.labels.values())) for part in BOOK.parts})
FRAMES = st.lists(CUSTOMER, min_size=1, max_size=6).map(pd.DataFrame)
PLAIN = {"type": "business", "city_tier": "tier_1"}


@settings(max_examples=60, deadline=None)
@given(CUSTOMER)
def test_decoding_gives_back_what_was_encoded(labels):
    assert codes.decode(codes.encode(labels)) == labels


@settings(max_examples=30, deadline=None)
@given(FRAMES)
def test_a_frame_is_encoded_as_its_rows_are(frame):
    assert codes.encode(frame).tolist() == [codes.encode(row) for row in frame.to_dict("records")]


@settings(max_examples=30, deadline=None)
@given(FRAMES, st.randoms())
def test_the_order_of_rows_changes_no_code(frame, random):
    order = list(frame.index)
    random.shuffle(order)
    pd.testing.assert_series_equal(codes.encode(frame.loc[order]), codes.encode(frame).loc[order])


@settings(max_examples=20, deadline=None)
@given(CUSTOMER)
def test_no_single_mistyped_character_is_a_sound_code(labels):
    right = codes.encode(labels)
    wrong = [right[:at] + letter + right[at + 1 :] for at in range(len(right)) for letter in f"{ALPHABET}-" if letter != right[at]]
    assert (codes.validate(pd.Series(wrong)) != "").all()


@settings(max_examples=60, deadline=None)
@given(CUSTOMER)
def test_no_exchange_of_two_neighbours_is_a_sound_code(labels):
    right = codes.encode(labels)
    swapped = [right[:at] + right[at + 1] + right[at] + right[at + 2 :] for at in range(len(right) - 1) if right[at] != right[at + 1]]
    assert (codes.validate(pd.Series(swapped)) != "").all()


def test_every_code_has_the_codebooks_length():
    assert codes.encode(pd.DataFrame([PLAIN, {}])).str.len().tolist() == [BOOK.length] * 2


def test_parts_that_are_not_given_are_unknown():
    said = codes.decode(codes.encode(PLAIN))
    assert {name for name, label in said.items() if label != "unknown"} == {"type", "city_tier"}


def test_missing_values_of_a_frame_are_unknown():
    frame = pd.DataFrame({"type": ["business", None, float("nan")]})
    assert codes.decode(codes.encode(frame))["type"].tolist() == ["business", "unknown", "unknown"]


def test_an_industry_outside_the_list_is_another_one():
    assert codes.decode(codes.encode({"industry": "alchemy"}))["industry"] == "other_industry"


def test_case_and_outer_space_do_not_matter():
    assert codes.decode(f" {codes.encode(PLAIN).lower()} ")["type"] == "business"


def test_an_empty_frame_has_no_codes():
    empty = codes.encode(pd.DataFrame({"type": pd.Series(dtype=object)}))
    assert empty.empty
    assert list(codes.decode(empty)) == list(BOOK.names)
    assert codes.validate(empty).empty


def test_the_index_of_the_frame_is_kept():
    assert codes.encode(pd.DataFrame([PLAIN], index=["x"])).index.tolist() == ["x"]


def test_a_misspelt_part_is_refused():
    with pytest.raises(CodeError, match="no part 'tipe'; did you mean type"):
        codes.encode({"tipe": "business"})


CODE = codes.encode(PLAIN)


@pytest.mark.parametrize(
    ("code", "fault", "said"),
    [
        (CODE, "", "is sound"),
        (CODE[:-1], "malformed", "30 characters long"),
        (CODE.replace("-", "_"), "malformed", "is no code"),
        ("", "malformed", "is no code"),
        ("Ü" + CODE[1:], "malformed", "is no code"),
        (CODE.replace("T1", "T9"), "unknown_symbol", "T9 is no symbol of city_tier"),
        (CODE[:-3] + "2" + CODE[-2:], "other_version", "version 2 of the codebook, not by version 1"),
        (CODE.replace("T1", "T2"), "wrong_check", "mistyped"),
    ],
)
def test_a_fault_is_named(code, fault, said):
    assert codes.validate(code) == fault
    assert said in codes.explain(code, fault)


def test_decoding_an_unsound_code_says_what_is_wrong():
    with pytest.raises(CodeError, match="check characters do not fit"):
        codes.decode(CODE.replace("T1", "T2"))


def test_a_missing_code_is_malformed():
    assert codes.validate(pd.Series([None, CODE])).tolist() == ["malformed", ""]


def test_a_codebook_without_separator_and_check_works_too():
    parts = [{"name": "type", "symbols": {"P": "individual"}}, {"name": "region", "symbols": {"01": "north", "02": "south"}}]
    book = codes.read_codebook({"parts": parts}, "here")
    assert codes.encode({"type": "individual", "region": "south"}, book) == "P02"
    assert codes.decode("p01", book) == {"type": "individual", "region": "north"}
    assert codes.validate("P03", book) == "unknown_symbol"
