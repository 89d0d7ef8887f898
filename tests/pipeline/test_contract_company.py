"""A made company of contracts with dates, older than its log: from a CSV file to a published month."""

from __future__ import annotations

import contextlib
import io
import json

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.report.checks import check_page
from contract_frames import draw_company
from small_company import CHECKOUT, TOOLS, Published

LEDGER = """
title = "Made company"
currency = "EUR"
zone = "Europe/Berlin"
home_country = "Germany"
setting = "contractual"
covered_until = 2020-12-31

[tables.contracts]
file = "raw/contracts.csv"
encoding = "utf-8"
delimiter = ","
decimal = "."
formats = "iso"
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Published:
    root = tmp_path_factory.mktemp("made")
    raw = root / "data" / "made" / "raw"
    raw.mkdir(parents=True)
    (root / "notebooks").symlink_to(CHECKOUT / "notebooks")
    (raw.parent / "ledger.toml").write_text(LEDGER, encoding="utf-8")
    draw_company(4, 700).to_csv(raw / "contracts.csv", index=False)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = main(["report", "--source", "made", "--period", "2020-11"], root=root, tools=TOOLS, stream=said)
    assert code == 0, said.getvalue()
    return Published(root, "made", "2020-11")


def test_every_page_keeps_the_rules(company):
    assert [(name, problem) for name, page in company.pages().items() for problem in check_page(page)] == []


def test_every_end_has_its_day(company):
    churn = pd.read_parquet(company.derived / "churn.parquet")
    assert churn["is_lapsed"].any()
    assert churn["lapsed_on"].notna().equals(churn["is_lapsed"])
    assert churn["lapsed_on"].max() <= pd.Timestamp("2020-11-30")


def test_months_follow_from_each_other(company):
    flows = company.table("contracts-flows")
    assert flows["Month"].iloc[-1] == "2020-11"
    assert flows["Customers at start"].tolist()[1:] == flows["Customers at end"].tolist()[:-1]
    assert flows["Net retention"].between(0.8, 1).all()


def test_the_summary_ends_where_the_months_end(company):
    metrics = {metric["name"]: metric for metric in json.loads((company.derived / "metrics.json").read_text(encoding="utf-8"))}
    flows = company.table("contracts-flows")
    assert metrics["recurring_revenue"]["value"] == flows["Fees at end"].iloc[-1]
    assert metrics["active_contracts"]["previous"] == flows["Customers at start"].iloc[-1]
    assert metrics["contract_equity"]["previous"] > 0


def test_late_entries_are_told(company):
    assert "began before" in company.pages()["churn.html"]


def test_reasons_compete(company):
    table = company.table("contracts-ended")
    assert set(table["Reason"].str.lower()) == {"price", "moved"}
