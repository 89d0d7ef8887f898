"""The card of one customer: what it reads, what it refuses, where it is written."""

import re
import stat
from datetime import date

import pandas as pd
import pytest

from analysis.contracts import Missing
from analysis.month import open_month
from analysis.portraits import PortraitError, read_customer, show_customer, write_customer
from analysis.portraits.page import name_file
from analysis.report.page import PageError
from clean_ledger import order_lines, write_clean
from tiny_source import LEDGER_TOML, ORDERS

NASTY = "<script>alert(1)</script>"
ODD = "../x/客户"


def source(root, **tables):
    """A shop of a dozen customers, two of them with hostile names and ids."""
    days = {**ORDERS, ODD: ["2020-01-03", "2020-02-03"], "a2": ["2020-03-25"]}
    lines = order_lines(*[(who, day, 10 * number) for number, (who, found) in enumerate(days.items(), 1) for day in found])
    ids = [*days, "p"]
    master = pd.DataFrame({"customer_id": ids, "joined_on": "2020-01-01", "country": "United Kingdom"})
    master["name"] = [NASTY if who == "a" else None for who in ids]
    master["phone"] = ["+44 1234 567890" if who == "a" else None for who in ids]
    merges = pd.DataFrame({"customer_id": ["a2"], "merged_into": ["a"], "rule": ["near_duplicate"], "known_on": [date(2020, 3, 26)]})
    folder = root / "data" / "shop"
    write_clean(
        folder / "clean",
        {"order_lines": lines, "customers": master, "merges": merges, **tables},
        covered_until="2020-04-30",
        zone="Europe/London",
    )
    (folder / "ledger.toml").write_text(LEDGER_TOML, encoding="utf-8")
    return root


MONEY = {
    "invoices": pd.DataFrame(
        {
            "invoice_id": ["1", "2", "3", "4"],
            "customer_id": ["a", "a2", "a", "a"],
            "invoiced_on": [date(2020, 1, 5), date(2020, 2, 10), date(2020, 3, 20), date(2020, 4, 1)],
            "due_on": [date(2020, 2, 5), date(2020, 3, 10), date(2020, 4, 20), date(2020, 5, 1)],
            "amount": [100, 50, 30, 999],
        }
    ),
    "payments": pd.DataFrame(
        {
            "payment_id": ["1", "2"],
            "customer_id": ["a", "a"],
            "paid_on": [date(2020, 2, 1), date(2020, 4, 2)],
            "amount": [70, 500],
            "invoice_id": ["1", "1"],
        }
    ),
}
VOICES = {
    "interactions": pd.DataFrame(
        {
            "customer_id": ["a"] * 3,
            "occurred_at": ["2020-03-01 12:00", "2020-03-31 22:30", "2020-03-31 23:30"],
            "channel": ["phone", "email", "chat"],
        }
    ),
    "needs": pd.DataFrame(
        {
            "need_id": ["1", "2", "3"],
            "customer_id": "a",
            "raised_at": "2020-03-01",
            "need_type": ["open", "met", "later"],
            "met_at": [None, "2020-03-05", "2020-04-05"],
        }
    ),
    "feedback": pd.DataFrame(
        {
            "feedback_id": ["1", "2"],
            "customer_id": "a",
            "received_at": "2020-03-01",
            "kind": ["complaint", "review"],
            "text": [NASTY, "fine"],
        }
    ),
}


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    return open_month("shop", "2020-03", source(tmp_path_factory.mktemp("bare")))


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    return open_month("shop", "2020-03", source(tmp_path_factory.mktemp("rich"), **MONEY, **VOICES))


def test_an_unknown_customer_is_one_line_with_the_nearest_ids(month):
    with pytest.raises(PortraitError) as error:
        read_customer(month, "pp")
    assert str(error.value).startswith("shop: there is no customer pp by the end of 2020-03; nearest: p, ")
    assert "\n" not in str(error.value)


def test_a_customer_who_comes_later_is_told_so(month):
    with pytest.raises(PortraitError, match="the customer zz is not yet known") as error:
        read_customer(_with_later(month), "zz")
    assert "name a later PERIOD" in str(error.value)


def _with_later(month):
    """The month of another shop, whose customer zz first orders in April."""
    root = month.folder.parents[2] / "later"
    lines = order_lines(*[(who, day, 10) for who, days in ORDERS.items() for day in days], ("zz", "2020-04-02", 10))
    write_clean(root / "data" / "shop" / "clean", {"order_lines": lines}, covered_until="2020-04-30")
    (root / "data" / "shop" / "ledger.toml").write_text(LEDGER_TOML, encoding="utf-8")
    return open_month("shop", "2020-03", root)


def test_an_empty_id_is_asked_for(month):
    with pytest.raises(PortraitError, match="name a customer"):
        read_customer(month, "  ")


def test_a_merged_id_is_the_surviving_customer_with_the_orders_of_both(month):
    found = read_customer(month, "a2")
    assert (found.ident, found.asked, found.doubles) == ("a", "a2", ("a2",))
    assert len(found.orders) == 5
    assert "a2 is a double of a" in show_customer(month, "a2").html


def test_before_the_merge_was_known_the_double_is_a_customer_of_its_own(month):
    found = read_customer(month.at(month.period.previous), "a2")
    assert (found.ident, found.doubles, len(found.orders)) == ("a2", (), 0)


def test_what_the_source_lacks_is_said(month):
    found = read_customer(month, "a")
    assert found.balances == Missing("invoices", (), ("D14",))
    assert "needs the table invoices" in show_customer(month, "a").html


def test_the_balance_is_what_was_invoiced_less_what_was_received_by_then(rich):
    row = read_customer(rich, "a").balances.iloc[0]
    assert (row["invoiced"], row["received"], row["balance"]) == (180, 70, 110)


def test_overdue_is_the_rest_of_what_was_due_before_the_last_day(rich):
    row = read_customer(rich, "a").balances.iloc[0]
    assert row["overdue"] == pytest.approx(80)
    assert row["oldest_due_on"] == pd.Timestamp("2020-02-05")


def test_contacts_are_the_newest_first_by_the_local_day(rich):
    found = read_customer(rich, "a").contacts
    # London is an hour ahead: half past eleven at night by UTC is April there
    assert found["channel"].tolist() == ["email", "phone"]
    assert found["occurred_on"].dt.strftime("%m-%d").tolist() == ["03-31", "03-01"]


def test_open_is_what_was_not_met_by_then(rich):
    assert sorted(read_customer(rich, "a").needs["need_type"]) == ["later", "open"]


def test_open_cases_are_complaints_not_reviews(rich):
    assert read_customer(rich, "a").feedback["kind"].tolist() == ["complaint"]


def test_text_from_the_data_is_never_markup(rich):
    html = show_customer(rich, "a").html
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_a_phone_number_is_on_record_but_not_on_the_card(rich):
    html = show_customer(rich, "a").html
    assert "Phone" in html
    assert "567890" not in html


def test_a_prospect_has_a_card_without_orders(month):
    assert "No order by then." in show_customer(month, "p").html


def test_no_page_takes_a_card(month):
    import nbformat

    from analysis.report.page import Metadata, render_chapter

    output = nbformat.v4.new_output("execute_result", data=show_customer(month, "a")._repr_mimebundle_(), execution_count=1)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell("x", outputs=[output])])
    metadata = Metadata("shop", "Shop", "2020-03", date(2020, 3, 31))
    with pytest.raises(PageError, match="the cell shows one customer; no page does"):
        render_chapter(book, name="03_portraits", metadata=metadata)


@pytest.mark.parametrize("ident", ["a", ODD, "p"])
def test_a_card_is_written_into_the_months_own_folder_for_its_owner_alone(month, ident):
    path = write_customer(month, ident)
    assert path.parent == month.derived / "customers"
    assert path.resolve().parent == path.parent.resolve()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".")] == []


def test_a_written_card_loads_nothing_runs_nothing_and_warns(rich):
    text = write_customer(rich, "a").read_text(encoding="utf-8")
    assert "script-src &#x27;none&#x27;" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "For analysts alone" in text


@pytest.mark.parametrize("ident", ["../x", "..", "客户", "a/b", "a\\b", "", "x" * 300, "a b", "CON.html", "\x00", "\ud800"])
def test_any_id_gives_a_plain_file_name(ident):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name_file(ident))


def test_two_ids_never_share_a_file_even_where_case_does_not_count():
    ids = ["A1", "a1", "a-1", "a/1", "a 1", "../a1", "客户1", "客户2"]
    assert len({name_file(ident).lower() for ident in ids}) == len(ids)


def test_a_plain_id_names_its_file():
    assert name_file("C0000621") == "C0000621"


def test_nothing_is_written_outside_the_months_own_folder(tmp_path):
    root = source(tmp_path)
    (root / "reports" / "shop").mkdir(parents=True)
    before = {path for path in root.rglob("*") if path.is_file()}
    month = open_month("shop", "2020-03", root)
    path = write_customer(month, "a")
    new = {file for file in root.rglob("*") if file.is_file()} - before
    assert path in new
    assert {file.relative_to(root).parts[:3] for file in new} == {("data", "shop", "derived")}
    assert list((root / "reports").rglob("*.html")) == []
