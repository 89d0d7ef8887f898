"""The published report of a small demo company: the real notebooks, from raw files to pages."""

from __future__ import annotations

import html
import json
import math
import re
import zipfile

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from analysis.__main__ import main
from analysis.driver.notebook import load, merge
from analysis.driver.tools import About, write_pages
from analysis.history.disclosure import small_groups
from analysis.params import load_params
from analysis.report.checks import check_page
from analysis.report.page import name_file
from analysis.run import CONTENTS
from small_company import ATTACKS, TOOLS

NAMES = [notebook.name for notebook in CONTENTS.notebooks]
TAG = re.compile(r"<[^>]+>")
RISKY = ("=", "+", "-", "@", "\t", "\r")


def headings(page: str) -> list[str]:
    """First and second level headings, without the sign that links to them."""
    found = re.findall(r"<h[12][^>]*>(.*?)</h[12]>", page, re.S)
    return [html.unescape(TAG.sub("", text)).strip().removesuffix("#") for text in found]


@pytest.mark.parametrize("name", NAMES)
def test_page_keeps_the_rules_of_pages(company, name):
    assert check_page(company.pages()[name_file(name)]) == []


def test_index_of_reports_keeps_them_too(company):
    page = (company.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert check_page(page) == []
    assert f"{company.source}/{company.period}/index.html" in page


@pytest.mark.parametrize("name", NAMES)
def test_chapter_shows_its_headings(company, name):
    cells = load(company.root / "notebooks" / f"{name}.ipynb")["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    wanted = re.findall(r"(?m)^##? (.+)$", prose)
    assert len(wanted) > 2
    assert set(wanted) <= set(headings(company.pages()[name_file(name)]))


@pytest.mark.parametrize("name", NAMES)
def test_every_section_shows_something(company, name):
    cells = load(company.folder / ".runs" / company.period / f"{name}.ipynb")["cells"]
    shown = {
        cell["id"]: cell["outputs"]
        for cell in cells
        if cell["cell_type"] == "code" and re.search(r"^ *(show|charts)\.", cell["source"], re.M)
    }
    assert len(shown) > 4
    assert [cell for cell, outputs in shown.items() if not outputs] == []


def test_hostile_words_are_shown_as_words(company):
    text = "".join(company.pages().values())
    hostile = [attack for attack in ATTACKS.values() if "<" in attack]
    for attack in hostile:
        assert attack not in text
        assert html.escape(attack) in text
    assert "<script>alert" not in text.lower()


def test_no_cell_of_a_csv_is_a_formula(company):
    seen = set()
    for path in sorted((company.report / "tables").glob("*.csv")):
        for cell in pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig").to_numpy().ravel():
            if cell.startswith(RISKY):
                float(cell)  # only a number may begin like a formula
            seen.add(cell)
    assert {f"'{attack}" for attack in ATTACKS.values() if attack.startswith(RISKY)} <= seen


def test_no_cell_of_the_workbook_is_a_formula_or_a_link_outside(company):
    with zipfile.ZipFile(company.report / "tables" / "tables.xlsx") as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))}
    assert not [name for name, text in parts.items() if re.search(r"<f[ >]", text)]
    assert not [name for name, text in parts.items() if 'TargetMode="External"' in text]


def test_workbook_holds_every_csv(company):
    book = CalamineWorkbook.from_path(company.report / "tables" / "tables.xlsx")
    sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names[1:]]
    files = [pd.read_csv(path, header=None, dtype=str, encoding="utf-8-sig") for path in (company.report / "tables").glob("*.csv")]
    assert sorted(len(sheet) for sheet in sheets) == sorted(len(file) for file in files)


def test_every_indicator_is_a_number(company):
    metrics = json.loads((company.derived / "metrics.json").read_text(encoding="utf-8"))
    assert len(metrics) == 6
    for metric in metrics:
        for part in ("value", "previous", "change"):
            assert math.isfinite(metric[part]), (metric["name"], part)
        assert [month for month, _ in metric["history"]] == sorted(month for month, _ in metric["history"])
        if metric["low"] is not None:
            assert metric["low"] <= metric["value"] <= metric["high"], metric["name"]


def test_chapters_agree_on_the_number_of_customers(company):
    counts = {
        name: int(company.table(name)["Customers"].sum()) for name in ("customers-who-type", "customers-who-region", "segments-rfm-numbers")
    }
    counts |= {
        name: int(company.table(name)["Customers"].sum()) for name in ("segments-lifecycle-numbers", "segments-tiers", "summary-segments")
    }
    assert set(counts.values()) == {len(pd.read_parquet(company.derived / "customers.parquet"))}, counts


def test_chapters_agree_on_the_number_of_buyers(company):
    counts = {
        name: int(company.table(name)["Customers"].sum())
        for name in ("value-by-segment", "value-by-channel", "value-by-cohort", "churn-chances")
    }
    counts |= {name: int(company.table(name)["Buyers"].sum()) for name in ("customers-who-type", "segments-rfm-numbers")}
    counts["customers-orders-per-customer"] = int(company.table("customers-orders-per-customer")["Customers"].sum())
    assert set(counts.values()) == {len(pd.read_parquet(company.derived / "churn.parquet"))}, counts


def sum_shown(money, classes):
    """The money of the classes that are large enough to show, and whether one is not; `money` and `classes` by customer."""
    small = small_groups(classes.value_counts(), load_params().report.min_cell)
    return money[~classes.isin(small)].sum(), len(small) > 0


def test_chapters_agree_on_revenue(company):
    customers = pd.read_parquet(company.derived / "customers.parquet").set_index("customer_id")
    segments = pd.read_parquet(company.derived / "segments.parquet").set_index("customer_id")
    spend = customers["spend_total"].sum()
    for name, column in (("segments-rfm-numbers", "rfm_segment"), ("segments-tiers", "tier"), ("summary-segments", "rfm_segment")):
        shown, is_hidden = sum_shown(customers["spend_total"], segments[column])
        assert company.table(name)["Revenue"].sum() == pytest.approx(shown, abs=0.01), name
        assert is_hidden or shown == pytest.approx(spend, abs=0.01), name
    by_type = company.table("customers-by-type").set_index("Group")["Revenue"]
    assert by_type["All"] == pytest.approx(spend, abs=0.01)
    assert by_type.drop("All").sum() == pytest.approx(spend, abs=0.01)
    metrics = {metric["name"]: metric for metric in json.loads((company.derived / "metrics.json").read_text(encoding="utf-8"))}
    for name in ("customers-months", "summary-months"):
        months = company.table(name).set_index("Month")["Revenue"]
        assert months[company.period] == pytest.approx(metrics["revenue"]["value"], abs=0.01), name


def test_revenue_change_is_explained_whole(company):
    metrics = {metric["name"]: metric for metric in json.loads((company.derived / "metrics.json").read_text(encoding="utf-8"))}
    assert company.table("summary-origins")["Change"].sum() == pytest.approx(metrics["revenue"]["change"], abs=0.01)


def test_equity_is_the_sum_of_customer_values(company):
    metrics = {metric["name"]: metric for metric in json.loads((company.derived / "metrics.json").read_text(encoding="utf-8"))}
    clv = pd.read_parquet(company.derived / "value.parquet").set_index("customer_id")["clv"]
    segment = pd.read_parquet(company.derived / "segments.parquet").set_index("customer_id")["rfm_segment"]
    assert metrics["customer_equity"]["value"] == pytest.approx(clv.sum(), abs=0.01)
    shown, _ = sum_shown(clv, segment.reindex(clv.index))
    assert company.table("value-by-segment")["Lifetime value"].sum() == pytest.approx(shown, abs=0.01)
    assert company.table("value-by-cohort")["Lifetime value"].sum() == pytest.approx(clv.sum(), abs=0.01)


def test_pages_rendered_again_are_the_same_bytes(company, tmp_path):
    facts = json.loads((company.folder / "clean" / "ledger.json").read_text(encoding="utf-8"))
    about = About(company.source, facts["title"], company.period, "2026-10-31", facts["currency"], facts["covered_until"], "", "")
    notebooks = {name: load(company.root / "notebooks" / f"{name}.ipynb") for name in NAMES}
    runs = company.folder / ".runs" / company.period
    write_pages({name: merge(content, load(runs / f"{name}.ipynb")) for name, content in notebooks.items()}, tmp_path, about)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    published = {str(path.relative_to(company.report)) for path in company.report.rglob("*") if path.is_file()}
    assert made == published - {"manifest.json"}
    assert [name for name in sorted(made) if (tmp_path / name).read_bytes() != (company.report / name).read_bytes()] == []


def test_language_without_a_catalogue_is_one_line(company, monkeypatch, capsys):
    monkeypatch.setenv("REPORT_LANG", "xx")
    assert main(["report", "--source", company.source], root=company.root, tools=TOOLS) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["REPORT_LANG=xx has no catalogue; available: en"]
