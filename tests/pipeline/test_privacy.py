"""Nothing that is published names or identifies a person; the raw files say whom it must not name."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from analysis.__main__ import main
from analysis.contracts import LEDGER
from demo_company import read

NOBODY = {"product_id", "coupon"}
"""Ids that many share."""
SHORTEST = 4
SHORTEST_CHINESE = 2
PLACES = ("city", "region", "country", "industry", "occupation")
"""A customer whose name is one of these words is not recognised by it."""


@pytest.fixture(scope="module")
def raw(company):
    """Every raw table, as text."""
    return {name: read(company.folder / "raw" / f"{name}.csv") for name in LEDGER}


@pytest.fixture(scope="module")
def published(company) -> str:
    """All text below reports/: pages as a reader and as a program sees them, tables, cells of the workbook, manifests."""
    parts = []
    for path in sorted((company.root / "reports").rglob("*")):
        if path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(path)
            parts += [str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
        elif path.is_file():
            text = path.read_text(encoding="utf-8")
            parts += [text, html.unescape(text)] if path.suffix == ".html" else [text]
    return "\n".join(parts)


def identifying(raw: dict[str, pd.DataFrame], kind: str) -> set[str]:
    """Every value of the columns of a kind, in all tables."""
    columns = [(name, c.name) for name, table in LEDGER.items() for c in table.columns if c.kind == kind and c.name in raw[name]]
    return {text.strip() for name, column in columns if column not in NOBODY for text in raw[name][column]}


def recognisable(texts: pd.Series) -> set[str]:
    """Texts long enough that they do not stand in other words by chance."""
    return {text for text in texts.str.strip().unique() if len(text) >= (SHORTEST if text.isascii() else SHORTEST_CHINESE)}


def test_no_id(raw, published):
    ids = {text for text in identifying(raw, "id") if len(text) >= SHORTEST}
    assert len(ids) > 5000
    assert ids & set(re.findall(r"[\w.:-]*\w", published)) == set()


def test_no_phone_number(raw, published):
    phones = {re.sub(r"\D", "", text)[-9:] for text in identifying(raw, "phone")}
    numbers = {re.sub(r"\D", "", text)[-9:] for text in re.findall(r"\+?\d[\d ()-]{7,}", published)}
    assert len(phones) > 400
    assert {phone for phone in phones if len(phone) == 9} & numbers == set()


def test_no_e_mail_address(raw, published):
    emails = {text.lower() for text in identifying(raw, "email") if text}
    assert len(emails) > 400
    assert emails & {text.lower() for text in re.findall(r"[\w.+-]+@[\w.-]*\w", published)} == set()


def test_no_name(raw, published):
    customers = raw["customers"]
    common = set().union(*(customers[column] for column in PLACES), raw["products"]["name"])
    names = recognisable(customers["name"]) - common
    assert len(names) > 300
    assert {name for name in names if name in published} == set()


def test_no_address(raw, published):
    addresses = recognisable(raw["customers"]["address"])
    assert len(addresses) > 200
    assert {address for address in addresses if address in published} == set()


def test_no_free_text_of_a_customer(raw, published):
    texts = recognisable(raw["feedback"]["text"])
    assert len(texts) > 20
    assert {text for text in texts if text in published} == set()


def test_names_stand_where_the_work_is_done(company, raw):
    """The watch list is for those who call: it does name customers, and it is not published."""
    watch = read(company.derived / "lists" / "watch_list.csv")
    assert set(watch.iloc[:, 0]) <= identifying(raw, "id")
    assert len(watch)
    assert not list((company.root / "reports").rglob("*watch*"))


def test_a_customer_card_is_written_for_analysts_and_changes_nothing_that_is_published(company, raw, capsys):
    def list_published():
        return {path: path.read_bytes() for path in (company.root / "reports").rglob("*") if path.is_file()}

    before = list_published()
    found = pd.read_parquet(next(company.folder.glob("derived/*/customers.parquet")))["customer_id"].iloc[0]
    assert main(["customer", "--source", company.folder.name, "--id", found], root=company.root) == 0
    assert capsys.readouterr().out.strip().endswith(f"/customers/{found}.html")
    assert list_published() == before
