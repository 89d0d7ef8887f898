"""A company of contracts, from the raw file to a published month: the telco data, a snapshot without any date."""

from __future__ import annotations

import json
import os
import re

import pandas as pd
import pytest

from analysis.month import open_month
from analysis.portraits.card import render_customer
from analysis.portraits.customer import read_customer
from analysis.report.checks import check_page
from small_company import Published, publish

pytestmark = pytest.mark.skipif("DATA_MIRROR" not in os.environ, reason="DATA_MIRROR names no folder of public data sets")
MISSING = re.compile(r"<p class=missing>(.*?)</p>")


@pytest.fixture(scope="module")
def telco(tmp_path_factory) -> Published:
    return publish(tmp_path_factory.mktemp("telco"), "telco_churn", "2018-09")


@pytest.fixture(scope="module")
def churn(telco) -> pd.DataFrame:
    return pd.read_parquet(telco.derived / "churn.parquet")


@pytest.fixture(scope="module")
def value(telco) -> pd.DataFrame:
    return pd.read_parquet(telco.derived / "value.parquet")


def test_every_chapter_is_published_and_keeps_the_rules(telco):
    pages = telco.pages()
    assert {"index.html", "ledger.html", "customers.html", "segments.html", "churn.html", "value.html", "forecasts.html"} <= set(pages)
    assert [(name, problem) for name, page in pages.items() for problem in check_page(page)] == []


def test_no_scores_are_written(telco):
    assert not (telco.derived / "scores.parquet").exists()


def test_every_customer_is_in_every_table(telco, churn, value):
    assert len(churn) == len(value) == len(pd.read_parquet(telco.derived / "segments.parquet")) == 7043


def test_order_columns_are_empty(telco):
    customers = pd.read_parquet(telco.derived / "customers.parquet")
    assert customers[["first_order_on", "last_order_on", "spend_mean", "days_since_last_order"]].isna().all().all()
    assert (customers["count_order_days"] == 0).all()


def test_the_ended_have_left_on_a_day_that_nobody_knows(churn):
    assert churn["is_lapsed"].sum() == 1869
    assert churn["lapsed_on"].isna().all()
    assert churn["p_end"].isna().equals(churn["is_lapsed"])
    assert churn["p_end"].dropna().between(0, 1).all()


def test_value_at_risk_is_value_times_the_chance_of_the_end(churn, value):
    both = value.merge(churn[["customer_id", "p_end"]], on="customer_id")
    assert (both["value_at_risk"] - both["clv"] * both["p_end"].fillna(0)).abs().max() < 0.0051


def test_chapters_agree(telco, value):
    worth = telco.table("contracts-worth")
    by_type = worth[worth["Grouping"] == "Contract type"]
    assert by_type["Lifetime value"].sum() == pytest.approx(value["clv"].sum(), abs=0.01)
    assert telco.table("contracts-stages")["Contracts"].sum() == 7043


def test_young_contracts_without_a_full_month_are_counted(telco):
    fired = telco.table("ledger-rules").set_index("Rule")["Rows"]
    assert fired["Contract that has not lasted a month yet"] == 11


def test_forecasts_of_unseen_contracts_fit_what_happened(telco):
    table = telco.table("contracts-calibration")
    assert ((table["Mean chance"] - table.iloc[:, 3]).abs() < 0.01).all()


def test_every_indicator_is_a_number(telco):
    metrics = json.loads((telco.derived / "metrics.json").read_text(encoding="utf-8"))
    assert [metric["name"] for metric in metrics if metric["value"] is None] == []
    assert {metric["name"]: metric["value"] for metric in metrics}["active_contracts"] == 5174


def test_a_section_without_its_table_is_one_line(telco):
    page = telco.pages()["segments.html"]
    sections = re.split(r"<h2", page)[1:]
    lines = [len(MISSING.findall(part)) for part in sections if "order_lines" in part]
    assert lines
    assert set(lines) == {1}
    assert "needs the table order_lines" in telco.pages()["forecasts.html"]


def test_the_card_of_a_contract_gives_the_rules_of_contracts(telco, churn):
    month = open_month("telco_churn", "2018-09", telco.root)
    card = render_customer(month, read_customer(month, churn["customer_id"].iloc[0]))
    assert "where every contract has ended" in card
    assert "by the number of orders" not in card
