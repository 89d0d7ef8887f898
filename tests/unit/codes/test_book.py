"""A codebook says which parts a code has; a wrong one is refused in one line."""

import pytest

from analysis.codes import CodeError, codebook, read_codebook

PART = {"name": "kind", "symbols": {"B": "business", "P": ["individual", "person"]}}
GIVEN = {"version": "1", "separator": "-", "check": "iso7064_mod1271_36", "unknown": "X", "not_enough_data": "Z", "parts": [PART]}


def book(**changes):
    return read_codebook({**GIVEN, **changes}, "here")


def part(**changes):
    return book(parts=[{**PART, **changes}])


def test_the_projects_own_codebook_has_the_thirteen_parts_of_the_design():
    assert codebook().names == (
        *("type", "region", "city_tier", "industry", "joiner", "value", "frequency", "recency", "lifecycle"),
        *("need", "urgency", "satisfaction", "risk"),
    )


def test_every_part_of_it_has_the_symbols_of_unknown_and_of_too_few_data():
    for one in codebook().parts:
        assert one.labels["X" * one.width] == "unknown"
        assert one.labels["Z" * one.width] == "not_enough_data"


def test_its_length_counts_separators_version_and_check_characters():
    widths = sum(one.width for one in codebook().parts)
    assert codebook().length == widths + 13 + 1 + 2


def test_positions_are_those_of_the_written_code():
    table = book(parts=[PART, {**PART, "name": "tier", "symbols": {"T1": "one"}}, {**PART, "name": "end"}]).outline()
    assert table["position"].tolist() == [1, 3, 6]


def test_a_spelling_means_what_its_label_means():
    assert part()["kind"].find(" Person ") == part()["kind"].find("individual") == "P"


@pytest.mark.parametrize("value", [None, float("nan"), ""])
def test_what_is_missing_is_unknown(value):
    assert part()["kind"].find(value) == "X"


def test_a_value_without_a_symbol_is_refused_with_the_known_ones():
    with pytest.raises(CodeError, match="part kind has no symbol for 'robot'; it knows business, individual"):
        part()["kind"].find("robot")


def test_a_value_without_a_symbol_gets_that_of_others_where_there_is_one():
    assert part(other="P")["kind"].find("robot") == "P"


def test_an_unknown_part_is_named_with_its_neighbour():
    with pytest.raises(CodeError, match="no part 'knd'; did you mean kind"):
        _ = part()["knd"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chek": "none"}, "chek does not exist; did you mean check"),
        ({"check": "luhn"}, "check is 'luhn'; known"),
        ({"version": "12"}, "version is '12'"),
        ({"separator": "A"}, "separator is 'A'"),
        ({"separator": "*"}, "separator is '*'"),
        ({"unknown": "XX"}, "one character each"),
        ({"parts": []}, "there is no part"),
        ({"parts": [PART, PART]}, "two parts are named kind"),
    ],
)
def test_a_wrong_key_of_a_codebook_is_named(changes, said):
    with pytest.raises(CodeError) as error:
        book(**changes)
    assert said in str(error.value)
    assert str(error.value).startswith("here: ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"symbols": {"B": "a", "PP": "b"}}, "different length"),
        ({"symbols": {"b": "a"}}, "not of A-Z and 0-9"),
        ({"symbols": {"X": "a"}}, "symbol X stands for unknown"),
        ({"symbols": {"B": "a", "P": "A "}}, "has two symbols, B and P"),
        ({"symbols": {}}, "needs a name"),
        ({"changes": "daily"}, "write rarely or monthly"),
        ({"other": "Q"}, "other is 'Q', which is none of its symbols"),
    ],
)
def test_a_wrong_key_of_a_part_is_named(changes, said):
    with pytest.raises(CodeError) as error:
        part(**changes)
    assert said in str(error.value)
    assert "part 1 (kind)" in str(error.value)
