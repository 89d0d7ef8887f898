from decimal import Decimal

import ibis
import pytest

from analysis.contracts import Column
from analysis.ledger.parsing import read_odd, style_of, unscramble, usual_value


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


def read(connection, text, kind, form="iso", decimal=".", currency="CNY", symbol="¥", levels=None):
    """Value, rule and repaired text of a cell: at once where it is usual, else in steps."""
    column = Column("x", kind)
    style = style_of(column, form, decimal, currency, symbol, levels or {})
    cells = ibis.memtable({"raw": [text]}, schema={"raw": "string"})
    usual = connection.execute(cells.select(value=usual_value(cells.raw, column, style)).limit(1)).value[0]
    if usual is not None and usual == usual:
        return usual, None, None
    found = connection.to_pyarrow(read_odd(cells, style)).to_pylist()[0]
    return found["value"], found["rule"], found["after"]


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("007", "007", None),
        ("17850.0", "17850", "float_id"),
        ("0.0", "0.0", None),
        ("A12.0", "A12.0", None),
        ("4.0128e+10", None, "unreadable_id"),
        ("12E5", "12E5", None),
        (" C1", "C1", "padded_id"),
        ("\u3000C1\u00a0", "C1", "padded_id"),
        ("C 1", "C 1", None),
        ("\u3000", None, None),
    ],
)
def test_an_id_is_text_without_its_accidents(connection, text, value, rule):
    assert read(connection, text, "id")[:2] == (value, rule)


@pytest.mark.parametrize(
    ("text", "after", "rule"),
    [
        ("１２．５", "12.5", "fullwidth_digits"),
        ("¥ 12.50", "12.50", "currency_symbol"),
        ("-¥12", "-12", "currency_symbol"),
        ("12 CNY", "12", "currency_symbol"),
        ("￥1,234.50", "1234.50", "currency_symbol"),
        ("1,234.50", "1234.50", "thousands_separator"),
        ("1,234,567", "1234567", "thousands_separator"),
        ("1,23.50", None, "unparseable_number"),
        ("$12", None, "unparseable_number"),
        ("12O.5", None, "unparseable_number"),
        ("1.2.3", None, "unparseable_number"),
        ("nan", None, "unparseable_number"),
        ("1_000", None, "unparseable_number"),
    ],
)
def test_a_number_is_repaired_only_where_it_has_one_reading(connection, text, after, rule):
    assert read(connection, text, "money")[1:] == (rule, after)


def test_money_is_read_without_a_float(connection):
    assert read(connection, "0.1234", "money")[0] == Decimal("0.1234")
    assert read(connection, "99999999999999.9999", "money")[0] == Decimal("99999999999999.9999")


def test_a_decimal_comma_is_read_where_it_is_stated(connection):
    assert read(connection, "1234,5", "number", decimal=",")[0] == 1234.5
    assert read(connection, "1.234,5", "number", decimal=",") == ("1234.5", "thousands_separator", "1234.5")


@pytest.mark.parametrize(
    ("text", "after", "rule"),
    [
        ("15/03/2024", "2024-03-15", "other_date_format"),
        ("03/15/2024 10:20", "2024-03-15 10:20", "other_date_format"),
        ("05/05/2024", "2024-05-05", "other_date_format"),
        ("2024年3月15日", "2024-03-15", "other_date_format"),
        ("2024/3/5", "2024-03-05", "other_date_format"),
        ("20240315", "2024-03-15", "other_date_format"),
        ("12/03/2024", None, "ambiguous_date"),
        ("2024-02-30", None, "unparseable_date"),
        ("2024-13-01", None, "unparseable_date"),
        ("31/04/2024", None, "unparseable_date"),
        ("0000-00-00", None, "unparseable_date"),
        ("infinity", None, "unparseable_date"),
        ("yesterday", None, "unparseable_date"),
    ],
)
def test_a_date_in_another_format_is_repaired_only_where_it_has_one_reading(connection, text, after, rule):
    assert read(connection, text, "date")[1:] == (rule, after)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2024-03-05 14:07:00", "iso"),
        ("2024-3-5 14:07", "iso"),
        ("05/03/2024 14:07", "%d/%m/%Y"),
        ("05/03/2024 14:07", "%d/%m/%Y %H:%M"),
        ("3/5/24 2:07 PM", "%m/%d/%y %I:%M %p"),
        ("05-Mar-2024 14:07", "%d-%b-%Y %H:%M"),
        ("20240305140700", "%Y%m%d%H%M%S"),
        ("2024065 14:07", "%Y%j"),
        ("2024年03月05日 14:07", "%Y年%m月%d日"),
    ],
)
def test_a_stated_format_is_followed_without_a_record(connection, text, form):
    value, rule, _ = read(connection, text, "time", form)
    assert str(value).startswith(("2024-03-05 14:07", "2024-3-5 14:07"))
    assert rule is None


def test_an_iso_date_in_a_column_of_another_format_is_a_repair(connection):
    assert read(connection, "2024-03-15", "date", "%d/%m/%Y")[1:] == ("other_date_format", "2024-03-15")


@pytest.mark.parametrize(
    ("text", "value", "rule"), [("web", "web", None), ("WEB", "web", "casing"), (" web", "web", "casing"), ("网站", "网站", None)]
)
def test_a_level_is_lower_case_without_space_around_it(connection, text, value, rule):
    assert read(connection, text, "level")[:2] == (value, rule)


def test_a_level_that_the_source_translates_is_no_repair(connection):
    assert read(connection, "Online Store", "level", levels={"Online Store": "web"})[:2] == ("web", None)
    assert read(connection, "ONLINE STORE", "level", levels={"Online Store": "web"})[:2] == ("web", "casing")


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("13812345678", "13812345678", None),
        ("+8613812345678", "+8613812345678", None),
        ("138-1234-5678", "13812345678", "phone_format"),
        ("0086 138 1234 5678", "+8613812345678", "phone_format"),
        ("(0)30 1234 ext. 5", "(0)30 1234 ext. 5", None),
    ],
)
def test_a_phone_loses_its_separators(connection, text, value, rule):
    assert read(connection, text, "phone")[:2] == (value, rule)


@pytest.mark.parametrize(
    ("text", "value", "rule"), [("Yes", True, None), ("0", False, None), ("否", False, None), ("maybe", None, "unparseable_bool")]
)
def test_yes_and_no_are_read_in_the_usual_words(connection, text, value, rule):
    assert read(connection, text, "bool")[:2] == (value, rule)


@pytest.mark.parametrize("text", ["张伟", "Zoë", "naïve “quoted”", "M\u00fcnchen"])
def test_a_scrambled_text_is_decoded(text):
    assert unscramble(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize("text", ["Zoë", "Ã", "São Paulo", "Münster", "张伟", "plain"])
def test_a_sound_text_is_left_alone(text):
    assert unscramble(text) == text


def test_text_read_as_windows_1252_is_decoded():
    assert unscramble("caf\u00c3\u00a9 \u00e2\u20ac\u201c bar") == "café – bar"
