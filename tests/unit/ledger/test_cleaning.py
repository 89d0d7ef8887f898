from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raw_source import clean, rows

HEADER = "customer_id,ordered_at,order_id,line_id,product_id,quantity,unit_price"
SOUND = "C1,2024-03-05 10:00:00,O1,1,P1,2,10.00"


def lines(*more):
    return "\n".join([HEADER, SOUND, *more])


def rejects(ledger):
    return rows(ledger, "rejects", "table", "line", "rule")


def flags(ledger):
    return rows(ledger, "flags", "table", "line", "column", "rule")


def repairs(ledger):
    return rows(ledger, "repairs", "table", "line", "column", "rule", "before", "after")


def test_a_sound_row_is_kept_and_nothing_is_recorded(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines()})
    assert rows(ledger, "order_lines", "customer_id", "ordered_at", "ordered_on", "amount", "line_kind") == [
        ("C1", datetime(2024, 3, 5, 2), date(2024, 3, 5), Decimal("20.0000"), "sale")
    ]
    assert (rejects(ledger), repairs(ledger), flags(ledger)) == ([], [], [])


FALLEN = [
    (SOUND, "exact_duplicate"),
    ("C1,2024-03-05 10:00:00,O1,1,P1,3,10.00", "duplicate_key"),
    ("C1,,O2,1,P1,2,10.00", "missing_required"),
    ("C1,2024-02-30,O3,1,P1,2,10.00", "unparseable_date"),
    ("C1,2025-01-01 00:00:00,O4,1,P1,2,10.00", "future_date"),
    ("C1,2023-12-31 23:59:59,O5,1,P1,2,10.00", "before_company"),
    ("C1,2024-03-05,O6,1,P1,two,10.00", "unparseable_number"),
    ("C1,2024-03-05,O7,1,P1,0,10.00", "zero_quantity"),
    ("C1,2024-03-05,O8,1,P1,2,-0.01", "impossible_price"),
    ("C1,2024-03-05,O9,1,P1,2,0", "impossible_price"),
    ("C1,2024-03-05,TEST-7,1,P1,2,10.00", "test_order"),
    ("1.0e+05,2024-03-05,O10,1,P1,2,10.00", "unreadable_id"),
    ("C1,2024-01-01 00:00:00,FIRST,1,P1,2,10.00", None),
    ("C1,2024-12-31 23:59:59,LAST,1,P1,2,10.00", None),
]
"""Lines below the sound one, and the rule that rejects each; the first and the last covered instant are kept."""


@pytest.fixture(scope="module")
def fallen(tmp_path_factory):
    ledger = clean(tmp_path_factory.mktemp("fallen"), {"order_lines": lines(*(line for line, _ in FALLEN))})
    return {line: rule for _, line, rule in rejects(ledger)}


@pytest.mark.parametrize(("number", "rule"), [(number, rule) for number, (_, rule) in enumerate(FALLEN, 2)])
def test_a_row_that_does_not_stand_is_rejected_by_name_and_line(fallen, number, rule):
    assert fallen.get(number) == rule


def test_the_first_row_of_several_stands(fallen):
    assert 1 not in fallen


def test_rows_that_cannot_be_split_are_rejects(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines("C1,2024-03-05,O2,1,P1,2,10.00,surplus,cells")})
    assert rejects(ledger) == [("order_lines", 2, "malformed_row")]
    assert ledger.facts["tables"]["order_lines"]["rows_read"] == 2


def test_duplicates_are_kept_where_the_source_says_so(tmp_path):
    text = "customer_id,ordered_at,amount\nC1,2024-03-05,5\nC1,2024-03-05,5"
    ledger = clean(tmp_path, {"order_lines": text}, order_lines='duplicates = "keep"\n')
    assert rejects(ledger) == []
    assert rows(ledger, "orders", "amount") == [(Decimal("10.0000"),)]


def test_a_free_line_is_kept_where_the_source_says_so(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines("C1,2024-03-05,O2,1,P1,2,0")}, order_lines="allow_zero_amount = true\n")
    assert rejects(ledger) == []


def test_a_sale_without_customer_is_kept_and_counted(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines(",2024-03-06 10:00:00,O2,1,P1,1,7.50")})
    assert rejects(ledger) == []
    assert ledger.facts["anonymous"] == {"rows": 1, "amount": "7.5000"}
    assert len(rows(ledger, "orders", "customer_id")) == 1


def test_a_bad_value_in_an_optional_column_empties_the_cell(tmp_path):
    text = "customer_id,ordered_at,amount,quantity\nC1,2024-03-05,5,lots"
    ledger = clean(tmp_path, {"order_lines": text})
    assert flags(ledger) == [("order_lines", 1, "quantity", "unparseable_number")]
    assert rows(ledger, "order_lines", "quantity", "amount") == [(None, Decimal("5.0000"))]


def test_an_order_without_id_is_the_customers_day(tmp_path):
    text = "customer_id,ordered_at,amount\nC1,2024-03-05 09:00:00,5\nC1,2024-03-05 21:00:00,6"
    ledger = clean(tmp_path, {"order_lines": text})
    assert rows(ledger, "order_lines", "order_id") == [("C1:2024-03-05",)] * 2


def test_the_discount_is_taken_off(tmp_path):
    text = "customer_id,ordered_at,quantity,unit_price,discount\nC1,2024-03-05,3,9.80000019,0.150000006"
    ledger = clean(tmp_path, {"order_lines": text})
    assert rows(ledger, "order_lines", "amount") == [(Decimal("24.9900"),)]


def test_an_order_of_nobody_in_the_customer_table_is_an_orphan(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines("C2,2024-03-05,O2,1,P1,1,5"), "customers": "customer_id,name\nC1,Li"})
    assert rejects(ledger) == [("order_lines", 2, "orphan_customer")]
    assert ledger.facts["tables"]["order_lines"]["join_rate"] == {"known": 1, "rows": 2}


def test_an_empty_country_is_filled_from_the_customer(tmp_path):
    tables = {
        "order_lines": "customer_id,ordered_at,amount,country\nC1,2024-03-05,5,\nC1,2024-03-06,5,Japan\n,2024-03-07,5,",
        "customers": "customer_id,country\nC1,China",
    }
    ledger = clean(tmp_path, tables)
    assert repairs(ledger) == [("order_lines", 1, "country", "filled_country", "", "China")]
    assert rows(ledger, "order_lines", "country") == [("China",), ("Japan",), (None,)]


def test_a_row_may_be_repaired_in_several_cells(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines(" C1,15/03/2024,O2,1,P1,２,¥3.50")})
    assert [repair[2:] for repair in repairs(ledger)] == [
        ("customer_id", "padded_id", " C1", "C1"),
        ("ordered_at", "other_date_format", "15/03/2024", "2024-03-15"),
        ("quantity", "fullwidth_digits", "２", "2"),
        ("unit_price", "currency_symbol", "¥3.50", "3.50"),
    ]


def test_the_repairs_of_a_rejected_row_are_not_recorded(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines(" C1,2024-03-05,O2,1,P1,0,1")})
    assert rejects(ledger) == [("order_lines", 2, "zero_quantity")]
    assert repairs(ledger) == []


def test_a_time_with_an_offset_is_an_instant(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines("C1,2024-03-31T20:00:00Z,O2,1,P1,1,1")})
    assert rows(ledger, "order_lines", "ordered_at", "ordered_on")[1] == (datetime(2024, 3, 31, 20), date(2024, 4, 1))
    assert repairs(ledger) == []


def test_the_second_one_o_clock_of_a_night_keeps_its_offset(tmp_path):
    text = "customer_id,ordered_at,amount\nC1,2024-10-27T01:30:00+00:00,5"
    ledger = clean(tmp_path, {"order_lines": text}, zone="Europe/London")
    assert rows(ledger, "order_lines", "ordered_at") == [(datetime(2024, 10, 27, 1, 30),)]


FEEDBACK = "feedback_id,customer_id,received_at,kind,resolved_at,channel\n{}"


def test_what_cannot_be_is_emptied_where_it_is_optional(tmp_path):
    late = "F1,C1,2024-03-05 10:00:00,complaint,2024-03-05 09:59:59,web"
    cases = f"{late}\nF2,C1,2024-03-05 10:00:00,complaint,,fax\nF3,C1,2024-03-05,praise,,web"
    ledger = clean(tmp_path, {"order_lines": lines(), "feedback": FEEDBACK.format(cases)})
    assert flags(ledger) == [("feedback", 1, "resolved_at", "end_before_start"), ("feedback", 2, "channel", "unknown_level")]
    assert rejects(ledger) == [("feedback", 3, "unknown_level")]  # the kind is required
    assert rows(ledger, "feedback", "feedback_id", "resolved_at", "channel") == [("F1", None, "web"), ("F2", None, None)]


def test_a_payment_before_its_invoice_stays_and_is_flagged(tmp_path):
    tables = {
        "order_lines": lines(),
        "invoices": "invoice_id,customer_id,invoiced_on,amount\nI1,C1,2024-03-05,20",
        "payments": "payment_id,customer_id,paid_on,amount,invoice_id\nR1,C1,2024-03-04,20,I1\nR2,C1,2024-03-05,20,I1",
    }
    ledger = clean(tmp_path, tables)
    assert flags(ledger) == [("payments", 1, "paid_on", "end_before_start")]
    assert len(rows(ledger, "payments", "paid_on")) == 2


def test_a_score_keeps_to_the_scale_of_its_question(tmp_path):
    answers = [("nps", 0), ("nps", 10), ("nps", 11), ("csat", 0), ("csat", 1), ("ces", 7), ("ces", 8)]
    surveys = "\n".join(f"C1,2024-03-{day:02d},{question},{score}" for day, (question, score) in enumerate(answers, 1))
    ledger = clean(tmp_path, {"order_lines": lines(), "surveys": "customer_id,answered_at,question,score\n" + surveys})
    assert rejects(ledger) == [("surveys", line, "score_out_of_range") for line in (3, 4, 7)]


def test_nobody_is_older_than_110_or_born_after_the_data(tmp_path):
    born = ["1914-12-28", "1914-12-27", "2024-12-31", "2025-01-01"]
    customers = "\n".join(["customer_id,birth_date", *(f"C{number},{day}" for number, day in enumerate(born, 1))])
    ledger = clean(tmp_path, {"order_lines": lines(), "customers": customers})
    kept = [date(1914, 12, 28), None, date(2024, 12, 31), None]
    assert rows(ledger, "customers", "birth_date") == [(day,) for day in kept]
    assert flags(ledger) == [("customers", line, "birth_date", "impossible_age") for line in (2, 4)]


def test_a_customer_may_have_versions_but_not_two_of_one_time(tmp_path):
    customers = "customer_id,name,updated_at\nC1,A,2024-02-01\nC1,B,2024-03-01\nC1,C,2024-03-01\nC2,D,\nC2,E,"
    ledger = clean(tmp_path, {"order_lines": lines(), "customers": customers})
    assert rejects(ledger) == [("customers", 3, "duplicate_key"), ("customers", 5, "duplicate_key")]


def test_the_source_has_rules_of_its_own(tmp_path):
    own = """
[[tables.order_lines.rows]]
rule = "bad_debt"
action = "reject"
when = { order_id = "A.*" }
[[tables.order_lines.rows]]
rule = "cancelled"
action = "cancellation"
when = { order_id = "R.*" }
[[tables.order_lines.rows]]
rule = "house_account"
action = "drop_customer"
when = { customer_id = "HOUSE" }
"""
    more = ("C1,2024-03-06,A1,1,P1,1,10", "C1,2024-03-06,R1,1,P1,2,10.00", "HOUSE,2024-03-06,O3,1,P1,1,10")
    ledger = clean(tmp_path, {"order_lines": lines(*more)}, order_lines=own)
    assert rejects(ledger) == [("order_lines", 2, "bad_debt")]
    assert flags(ledger) == [("order_lines", 4, "customer_id", "house_account")]
    kinds = rows(ledger, "order_lines", "customer_id", "line_kind", "amount", "cancels_order_id")
    assert sorted(kinds, key=str) == sorted(
        [("C1", "sale", Decimal(20), None), ("C1", "cancellation", Decimal(-20), "O1"), (None, "sale", Decimal(10), None)], key=str
    )


def test_rows_read_are_rows_kept_and_rejected(tmp_path):
    ledger = clean(tmp_path, {"order_lines": lines(SOUND, SOUND, "C1,x,O2,1,P1,1,1", "C1,2024-03-05,O3,1,P1,1,1")})
    facts = ledger.facts["tables"]["order_lines"]
    assert (facts["rows_read"], facts["rows_kept"], facts["rows_rejected"]) == (5, 2, 3)
    assert len(rejects(ledger)) == 3


EIGHT = [f"C{n % 3},2024-03-{n + 1:02d} 10:00:00,O{n},1,P{n % 2},{(-1) ** (n // 4) * 2},10.00" for n in range(8)]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return clean(tmp_path_factory.mktemp("straight"), {"order_lines": "\n".join([HEADER, *EIGHT])})


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(EIGHT))
def test_the_order_of_the_raw_rows_does_not_show(straight, tmp_path_factory, order):
    shuffled = clean(tmp_path_factory.mktemp("shuffled"), {"order_lines": "\n".join([HEADER, *order])})
    for name in ("order_lines.parquet", "orders.parquet"):
        assert (shuffled.folder / name).read_bytes() == (straight.folder / name).read_bytes()
