import numpy as np
import pyarrow as pa
import pytest

from analysis.contracts import LEDGER
from analysis.demo.dirt import grouped, misread, move, off_scale, other_format, phone_apart, with_symbol
from analysis.demo.sheets import Fault, Sheet
from demo_company import make

KINDS = {
    "before_company", "casing", "currency_symbol", "duplicate_key", "end_before_start", "exact_duplicate",
    "fullwidth_digits", "future_date", "impossible_age", "impossible_price", "missing_country", "missing_required",
    "mojibake", "near_duplicate", "orphan_customer", "other_date_format", "outlier_quantity", "padded_id",
    "phone_format", "score_out_of_range", "self_referral", "test_order", "thousands_separator", "unknown_level",
    "unmatched_cancellation", "unparseable_date", "unparseable_number", "zero_quantity",
}  # fmt: skip
ADDED = {"exact_duplicate", "duplicate_key", "near_duplicate", "test_order", "unmatched_cancellation"}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_every_kind_of_fault_is_there(dirty):
    assert set(dirty.faults["kind"]) == KINDS
    assert set(dirty.faults["expected"]) == {"reject", "repair", "flag", "count"}


def test_a_row_has_at_most_one_fault(dirty):
    assert not dirty.faults.duplicated(["table", "line"]).any()


def test_most_rows_have_none(dirty):
    for name in LEDGER:
        if len(dirty[name]) > 500:
            assert (dirty.faults["table"] == name).sum() < 0.08 * len(dirty[name])


def test_the_line_of_a_fault_shows_it(dirty):
    for fault in dirty.faults.itertuples():
        row = dirty[fault.table].iloc[fault.line - 1]
        column, after = (fault.column, fault.after) if fault.column else fault.after.split("=", 1)
        assert row[column] == after, fault


def test_copies_come_after_their_originals(dirty):
    copies = dirty.faults[dirty.faults["before"].str.fullmatch(r"line \d+")]
    assert len(copies)
    for fault in copies.itertuples():
        source = int(fault.before.removeprefix("line "))
        row, original = dirty[fault.table].iloc[fault.line - 1], dirty[fault.table].iloc[source - 1]
        assert source < fault.line
        differ = {column for column in row.index if row[column] != original[column]}
        assert len(differ) == {"exact_duplicate": 0, "duplicate_key": 1}.get(fault.kind, len(differ)), fault


@pytest.mark.parametrize("name", LEDGER)
def test_without_the_faults_the_data_are_clean(small, dirty, name):
    faults = dirty.faults[dirty.faults["table"] == name]
    frame = dirty[name].copy()
    for fault in faults[~faults["kind"].isin(ADDED)].itertuples():
        frame.loc[fault.line - 1, fault.column] = fault.before
    frame = frame.drop(index=faults.loc[faults["kind"].isin(ADDED), "line"] - 1).reset_index(drop=True)
    if name == "order_lines":  # orders under the second id of a customer who registered twice
        moved = frame["customer_id"].str.startswith("C9")
        assert 0 < moved.sum() < 30
        frame.loc[moved, "customer_id"] = small[name]["customer_id"][moved]
    assert frame.equals(small[name])


def test_what_costs_a_row_costs_no_other(dirty):
    lost = dirty.faults[dirty.faults["expected"].eq("reject") & ~dirty.faults["kind"].isin(ADDED)]
    named = {
        value
        for name in LEDGER
        for c in ("customer_id", "referrer_id", "referred_id")
        if c in dirty[name] and name != "customers"
        for value in dirty[name][c]
    }
    assert not set(lost.query("table == 'customers' and column == 'customer_id'")["before"]) & named
    lines = dirty["order_lines"].iloc[lost.query("table == 'order_lines'")["line"] - 1]
    assert lines["status"].eq("completed").all()
    invoices = dirty["invoices"].iloc[lost.query("table == 'invoices'")["line"] - 1]
    assert not set(invoices["invoice_id"]) & set(dirty["payments"]["invoice_id"])


def test_doubles_share_phone_and_name_and_order_under_both_ids(dirty):
    customers = dirty["customers"].set_index("customer_id")
    for fault in dirty.faults.query("kind == 'near_duplicate'").itertuples():
        double, original = dirty["customers"].iloc[fault.line - 1], dirty["customers"].iloc[int(fault.before.removeprefix("line ")) - 1]
        assert double["phone"] == original["phone"] != ""
        assert double["name"] != original["name"]
        assert "".join(double["name"].split()).lower() == "".join(original["name"].split()).lower()
        assert double["updated_at"] >= original["updated_at"]
        for customer in (double["customer_id"], original["customer_id"]):
            assert dirty["order_lines"]["customer_id"].eq(customer).any()
            assert customer in customers.index


def test_unmatched_cancellations_undo_what_nobody_bought(dirty):
    lines = dirty["order_lines"]
    unmatched = lines.iloc[dirty.faults.query("kind == 'unmatched_cancellation'")["line"] - 1]
    assert unmatched["quantity"].str.startswith("-").all()
    assert not set(unmatched["product_id"]) & set(lines.drop(index=unmatched.index)["product_id"])


def test_lines_go_on_from_chunk_to_chunk(monkeypatch, tmp_path):
    monkeypatch.setattr("analysis.demo.CHUNK", 150)
    company = make(tmp_path, 400)
    test_the_line_of_a_fault_shows_it(company)
    test_a_row_has_at_most_one_fault(company)
    assert company["order_lines"]["line_id"].nunique() > len(company["order_lines"]) * 0.98


def test_a_day_up_to_twelve_is_never_written_day_first(rng):
    assert {other_format(rng, "2024-03-12 10:00:00") for _ in range(40)} == {None, "2024年3月12日 10:00:00", "2024/3/12 10:00:00"}
    assert "13/03/2024" in {other_format(rng, "2024-03-13") for _ in range(40)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("999.99", None), ("1000.00", "1,000.00"), ("1234567.5", "1,234,567.5"), ("50000", "50,000.00"), ("-1000.00", None)],
)
def test_separators_need_a_thousand(rng, text, expected):
    assert grouped(rng, text) == expected


def test_a_symbol_stands_before_the_amount(rng):
    assert {with_symbol(rng, "1234.50") for _ in range(40)} == {"¥1,234.50", "¥ 1,234.50", "￥1,234.50"}


@pytest.mark.parametrize("text", ["王伟", "München", "<script>alert(1)</script>"])
def test_misread_text_can_be_read_back(rng, text):
    wrong = misread(rng, text)
    assert wrong is None if text.isascii() else wrong.encode("latin-1").decode() == text


def test_misread_text_never_ends_in_white_space(rng):
    assert misread(rng, "à") is None  # its second byte is a no-break space


def test_only_chinese_mobiles_change_shape(rng):
    assert phone_apart(rng, "+442000037") is None
    assert "138-1234-5678" in {phone_apart(rng, "13812345678") for _ in range(40)}


@pytest.mark.parametrize(("question", "scores"), [("nps", {"-1", "11"}), ("csat", {"0", "6"}), ("ces", {"0", "8"})])
def test_scores_off_the_scale(rng, question, scores):
    assert {off_scale(rng, "4", question) for _ in range(40)} == scores


def test_a_moved_date_keeps_its_time(rng):
    from datetime import date

    assert move(date(2026, 10, 31), 3, 3)(rng, "2024-01-01 08:09:10") == "2026-11-03 08:09:10"


def sheet(rng, free=None):
    table = {"customer_id": pa.array(["a", "b", "c"]), "name": pa.array(["A", None, "C"])}
    return Sheet("customers", table, free, rng)


def test_an_added_row_moves_the_lines_below(rng):
    s = sheet(rng)
    s.note(Fault(s.add({"customer_id": "x", "name": "X"}, 0), "", "double", "reject", "", "customer_id=x", 0))
    s.change(2, "name", "?")
    s.note(Fault(2, "name", "wrong", "flag", "C", "?"))
    table, faults = s.finish(first_line=11)
    assert table["customer_id"].to_pylist() == ["a", "x", "b", "c"]
    assert table["name"].to_pylist() == ["A", "X", None, "?"]
    assert faults == [
        ("customers", 12, "", "double", "reject", "line 11", "customer_id=x"),
        ("customers", 14, "name", "wrong", "flag", "C", "?"),
    ]


def test_faults_that_cost_a_row_take_free_rows_and_leave_them_to_each_other(rng):
    s = sheet(rng, np.array([False, True, False]))
    assert s.candidates("reject", None).tolist() == [1]
    assert s.candidates("repair", None).tolist() == [0, 2]


def test_an_empty_cell_gets_no_fault(rng):
    s = sheet(rng)
    s.spoil("wrong", "flag", ["name"], lambda rng, text: "?", 1.0)
    assert sorted(fault.row for fault in s.faults) == [0, 2]
