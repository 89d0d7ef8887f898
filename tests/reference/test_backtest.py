"""The back-test's grades on CDNOW (Fader & Hardie's sample) against the outside evaluator's, from the raw orders on."""

import importlib.util
import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.forecast.backtest import CHAMPION, Replays, grade
from analysis.params import load_params
from clean_ledger import write_clean

AS_OF = date(1997, 12, 31)
COLUMNS = ["master", "customer_id", "ordered_on", "count", "amount"]

pytestmark = pytest.mark.skipif(not os.environ.get("SHARED"), reason="SHARED names no folder with evaluate.py and CDNOW")


@pytest.fixture(scope="module")
def orders():
    path = Path(os.environ["SHARED"]) / "data" / "cdnow" / "CDNOW_sample.txt"
    raw = pd.read_csv(path, sep=r"\s+", header=None, names=COLUMNS, dtype=str)
    raw = raw.assign(ordered_on=pd.to_datetime(raw["ordered_on"]).dt.date, amount=raw["amount"].astype(float))
    return raw[["customer_id", "ordered_on", "amount"]]


@pytest.fixture(scope="module")
def replays(orders, tmp_path_factory):
    ledger = write_clean(tmp_path_factory.mktemp("cdnow"), {"order_lines": orders}, covered_until="1998-06-30")
    return Replays(ledger, load_params().forecast)


@pytest.mark.parametrize("model", [CHAMPION, "BG/NBD", "own past rate"])
def test_grades_agree_to_four_digits(orders, replays, model):
    spec = importlib.util.spec_from_file_location("evaluate", Path(os.environ["SHARED"]) / "evaluate.py")
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    days = pd.to_datetime(orders["ordered_on"])
    theirs = evaluate.evaluate(orders.assign(ordered_on=days, known_on=days), str(AS_OF), 90, replays.forecast(AS_OF, model).reset_index())
    ours = grade(replays.compare(AS_OF, model))
    row = theirs.loc["this project"].dropna()
    assert ours["count_customers"] == row.pop("customers")
    assert {name: ours[name] for name in row.index} == pytest.approx(row.to_dict(), rel=1e-4, abs=5e-5)
