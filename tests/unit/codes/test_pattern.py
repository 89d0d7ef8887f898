"""Patterns find customers by parts of their code, and refuse what no code can be."""

import pandas as pd
import pytest

from analysis import codes
from analysis.codes import CodeError

PEOPLE = pd.DataFrame(
    [
        {"type": "business", "region": "east", "city_tier": "tier_1", "risk": "high"},
        {"type": "business", "region": "east", "city_tier": "tier_2", "risk": "low"},
        {"type": "individual", "region": "west", "city_tier": "tier_1", "risk": "low"},
        {"type": "business", "city_tier": "new_tier_1", "risk": "lapsed"},
    ],
    index=list("abcd"),
)
TABLE = pd.DataFrame({"code": codes.encode(PEOPLE)})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", "abcd"),
        ("B-*", "abd"),
        ("B-*-T1-*", "a"),
        ("*-*-T1|N1-*", "acd"),
        ("*-*-T?-*", "abc"),
        ("B|P-E|W-*", "abc"),
        ("b-*-t1-*", "a"),
        ("*-X-*", "d"),
        ("*-*-*-*-*-*-*-*-*-*-*-*-L-*", "bc"),
    ],
)
def test_a_pattern_finds_its_customers(pattern, found):
    assert list(codes.match(TABLE, pattern).index) == list(found)


def test_a_whole_code_finds_its_like_and_no_other():
    assert list(codes.match(TABLE, TABLE.loc["a", "code"]).index) == ["a"]


def test_parts_are_found_by_label_or_symbol():
    assert list(codes.match(TABLE, type="business", city_tier=("tier_1", "N1")).index) == ["a", "d"]


def test_pattern_and_parts_must_both_hold():
    assert list(codes.match(TABLE, "B-*", risk="low").index) == ["b"]


def test_a_series_of_codes_is_filtered_too():
    assert codes.match(TABLE["code"], "P-*").tolist() == [TABLE.loc["c", "code"]]


def test_all_rows_are_matched_or_not():
    inside, outside = codes.match(TABLE, "B-*"), codes.match(TABLE, "P|X|Z-*")
    assert len(inside) + len(outside) == len(TABLE)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("B-E", "has 2 parts, a code has 13; end it with *"),
        ("Q-*", "Q is no symbol of type; its symbols are B, P, X, Z"),
        ("B-*-T-*", "T is no symbol of city_tier"),
        ("-".join("*" * 16), "has 15 parts, a code has 13"),
    ],
)
def test_a_pattern_that_no_code_fits_is_refused(pattern, said):
    with pytest.raises(CodeError) as error:
        codes.match(TABLE, pattern)
    assert said in str(error.value)


def test_a_misspelt_label_is_refused_with_the_known_ones():
    with pytest.raises(CodeError, match="type has no label or symbol 'busines'; it knows B business, P individual"):
        codes.match(TABLE, type="busines")


def test_a_table_without_codes_is_refused():
    with pytest.raises(CodeError, match="no column code"):
        codes.match(pd.DataFrame({"customer_id": ["a"]}), "B-*")
