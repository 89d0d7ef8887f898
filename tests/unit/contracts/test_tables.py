"""The promises themselves agree with each other and with the house rules on names."""

import pytest

from analysis.contracts import DERIVED, LEDGER, Column, Table
from analysis.contracts.ledger import CLEAN_ONLY, SCALES

TABLES = {f"ledger.{name}": table for name, table in LEDGER.items()} | {f"derived.{name}": table for name, table in DERIVED.items()}
each = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
TABLE = Table("t", "a thing", ("id",), (Column("id", "id", True), Column("seen_on", "date")))


def test_a_column_is_found_by_name():
    assert TABLE["seen_on"].kind == "date"
    assert "seen_on" in TABLE
    assert "seen_at" not in TABLE


def test_an_unknown_column_is_named():
    with pytest.raises(KeyError, match="t has no column 'seen_at'"):
        TABLE["seen_at"]


def test_names_are_in_canonical_order_and_the_required_are_told():
    assert (TABLE.names, TABLE.required) == (("id", "seen_on"), ("id",))


def test_the_canonical_tables_are_those_of_the_design():
    assert list(LEDGER) == [
        "order_lines", "customers", "contracts", "products", "invoices", "payments", "interactions", "feedback",
        "surveys", "needs", "referrals", "points", "exits", "consents", "actions",
    ]  # fmt: skip


@each
def test_keys_alternatives_and_known_columns_exist(table):
    named = {*table.key, *(column for group in table.either for column in group), *(column.known for column in table.columns)}
    assert named | {table.known} <= {*table.names, ""}


@each
def test_no_column_stands_twice(table):
    assert len(set(table.names)) == len(table.names)


@each
def test_what_says_when_something_becomes_known_is_a_date_or_a_time(table):
    for known in {table.known, *(column.known for column in table.columns)} - {""}:
        assert table[known].kind in ("date", "time")


@each
def test_the_suffix_of_a_name_is_its_unit(table):
    suffixes = {"date": ("_on", "birth_date"), "time": ("_at",)}
    for column in table.columns:
        named = [kind for kind, ends in suffixes.items() if column.name.endswith(ends)]
        assert named == ([column.kind] if column.kind in suffixes else [])


@each
def test_money_and_numbers_say_their_unit(table):
    assert [column.name for column in table.columns if column.kind in ("money", "number") and not column.unit] == []


@each
def test_limits_are_of_numbers_and_in_order(table):
    for column in table.columns:
        if column.low is not None or column.high is not None:
            assert column.kind in ("money", "number", "integer")
            assert column.low is None or column.high is None or column.low < column.high


@each
def test_lists_are_of_levels_alone(table):
    assert all(column.kind == "level" for column in table.columns if column.closed)


@pytest.mark.parametrize("name", CLEAN_ONLY)
def test_what_cleaning_adds_is_no_canonical_column(name):
    assert not {column.name for column in CLEAN_ONLY[name]} & set(LEDGER[name].names)


@pytest.mark.parametrize(
    ("table", "column", "known"),
    [
        ("order_lines", "delivered_at", "delivered_at"),
        ("feedback", "resolved_at", "resolved_at"),
        ("feedback", "adopted", "resolved_at"),
        ("contracts", "ended", "ended_on"),
        ("referrals", "referred_id", "joined_on"),
        ("actions", "outcome", "done_on"),
    ],
)
def test_what_is_learnt_later_says_when(table, column, known):
    assert LEDGER[table][column].known == known


def test_scales_are_those_of_the_design():
    assert (SCALES["nps"], SCALES["csat"], SCALES["ces"]) == ((0, 10), (1, 5), (1, 7))


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("customers", "first_order_on last_order_on count_orders count_order_days spend_total spend_mean days_since_last_order "
                      "days_first_to_last_order days_as_customer"),
        ("segments", "r_score f_score m_score rfm_segment tier lifecycle_stage cluster"),
        ("scores", "p_order expected_orders expected_spend spend_low spend_high p_order_month expected_spend_month p_active "
                   "p_active_low p_active_high model"),
        ("churn", "is_lapsed lapsed_on warning reason first_warned"),
        ("value", "clv clv_low clv_high value_historic value_at_risk"),
    ],
)  # fmt: skip
def test_columns_that_others_rely_on_are_promised(name, columns):
    assert DERIVED[name].names == ("customer_id", *columns.split())
