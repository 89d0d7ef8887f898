"""Public data, from the publisher's files to a published month, by what ships with the project alone."""

from __future__ import annotations

import importlib.util
import json
import math
import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.report.checks import check_page
from analysis.run import CONTENTS
from small_company import Published, publish

MIRROR = pytest.mark.skipif("DATA_MIRROR" not in os.environ, reason="DATA_MIRROR names no folder of public data sets")
SHARED = pytest.mark.skipif("SHARED" not in os.environ, reason="SHARED names no folder with evaluate.py")
MONTHS = {"northwind": "1998-04", "cdnow": "1997-09"}
LINES = {"northwind": 2155, "cdnow": 69659}

pytestmark = MIRROR


@pytest.fixture(scope="module")
def northwind(tmp_path_factory) -> Published:
    return publish(tmp_path_factory.mktemp("northwind"), "northwind", MONTHS["northwind"])


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory) -> Published:
    return publish(tmp_path_factory.mktemp("cdnow"), "cdnow", MONTHS["cdnow"])


@pytest.fixture(params=MONTHS)
def source(request) -> Published:
    return request.getfixturevalue(request.param)


def test_every_page_keeps_the_rules(source):
    pages = source.pages()
    assert len(pages) == len(CONTENTS.notebooks)
    assert [(name, problem) for name, page in pages.items() for problem in check_page(page)] == []


def test_every_row_is_accounted_for(source):
    rows = source.table("ledger-rows").set_index("Table").loc["order_lines"]
    assert rows["Rows read"] == LINES[source.source] == rows["Rows kept"] + rows["Rows rejected"]


def test_every_indicator_is_a_number(source):
    metrics = json.loads((source.derived / "metrics.json").read_text(encoding="utf-8"))
    assert len(metrics) == 6
    assert [metric["name"] for metric in metrics if not math.isfinite(metric["value"])] == []


def test_chapters_agree_on_buyers(source):
    value = int(source.table("value-by-segment")["Customers"].sum())
    assert value == int(source.table("segments-rfm-numbers")["Buyers"].sum())
    assert value == len(pd.read_parquet(source.derived / "churn.parquet"))


def test_joins_by_ledger_toml_bring_what_the_lines_lack(northwind):
    lines = pd.read_parquet(northwind.folder / "clean" / "order_lines.parquet")
    assert lines[["customer_id", "ordered_at", "country", "category"]].notna().all().all()
    assert lines["customer_id"].nunique() == 89  # customers with an order, of 91


def test_day_is_the_order_where_there_are_no_order_ids(cdnow):
    raw = pd.read_csv(cdnow.folder / "raw" / "CDNOW_master.txt", sep=r"\s+", dtype=str)
    raw = raw[(raw["date"] <= "19970930") & (raw["dollar_value"].astype(float) > 0)]
    customers = pd.read_parquet(cdnow.derived / "customers.parquet").set_index("customer_id")["count_order_days"]
    days = raw.groupby("customer_id")["date"].nunique()
    assert customers[customers > 0].sort_index().to_dict() == days.sort_index().to_dict()


@SHARED
def test_forecasts_can_be_graded_by_an_independent_script(cdnow):
    spec = importlib.util.spec_from_file_location("evaluate", Path(os.environ["SHARED"]) / "evaluate.py")
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    orders = evaluate.read_orders(cdnow.folder / "clean" / "orders.parquet")
    scores = pd.read_parquet(cdnow.derived / "scores.parquet")
    graded = evaluate.evaluate(orders, "1997-09-30", 90, scores)
    ours, peer = graded.loc["this project"], graded.loc["BG/NBD + GG"]
    assert ours["customers"] == len(scores)
    assert ours["orders_deviance"] < 1.01 * peer["orders_deviance"]
    assert ours["spend_gini"] > peer["spend_gini"] - 0.01
