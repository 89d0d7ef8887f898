"""What a month leaves for those who work with it."""

import json

import pandas as pd
import pandas.testing as pdt
import pytest
from python_calamine import CalamineWorkbook

from analysis.contracts import DERIVED, ContractError
from analysis.metrics import Metric
from analysis.month import Month
from analysis.month.tables import TABLES


@pytest.mark.parametrize("name", [name for name in TABLES if name in DERIVED])
def test_every_table_keeps_its_contract_and_is_stored(month, name):
    table = month.write(name)
    pdt.assert_frame_equal(pd.read_parquet(month.derived / f"{name}.parquet"), table)


def test_a_table_that_breaks_its_contract_is_not_stored(month, monkeypatch):
    broken = month.read("customers").assign(spend_total=-1.0)
    monkeypatch.setattr(Month, "read", lambda self, name: broken)
    (month.derived / "customers.parquet").unlink(missing_ok=True)
    with pytest.raises(ContractError, match=r"customers\.spend_total is below 0"):
        month.write("customers")
    assert not (month.derived / "customers.parquet").exists()


def test_metrics_are_stored_as_json(month):
    month.write_metrics([Metric("revenue", 3.0, None, "money")])
    stored = json.loads((month.derived / "metrics.json").read_text(encoding="utf-8"))
    assert [(metric["name"], metric["value"], metric["change"]) for metric in stored] == [("revenue", 3.0, None)]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(month):
    month.write_metrics([Metric("revenue", 3.0, None, "money")])
    with pytest.raises(TypeError):
        month.write_metrics([Metric("revenue", object(), None, "money")])
    assert json.loads((month.derived / "metrics.json").read_text(encoding="utf-8"))[0]["value"] == 3.0
    assert not list(month.derived.glob(".metrics*"))


def test_a_list_is_stored_for_people_to_work_with(month):
    rows = pd.DataFrame({"customer_id": ["007"]})
    assert month.write_list("watch", rows) is rows
    path = month.derived / "lists" / "watch.xlsx"
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1] == ["007"]
