"""The bridge of a month: its ends are the equities of two reports, and it begins at what was issued in time."""

import json

import pytest

from analysis.month import open_month
from tiny_source import write_source


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_source(folder)
    return folder


def issue(root, covered_until, equity=5.0):
    folder = root / "data" / "shop" / "issued" / "2020-02"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "forecasts.parquet").touch()
    said = {"number": 1, "digest": "x", "covered_until": covered_until} | ({} if equity is None else {"equity": equity})
    (folder / "forecasts.json").write_text(json.dumps(said), encoding="utf-8")


def test_its_ends_are_the_equities_of_the_two_months(root):
    month = open_month("shop", "2020-03", root)
    bridge = month.bridge.set_index("step")["running_total"]
    assert bridge["after"] == month.equity
    assert bridge["before"] == month.previous.equity


def test_there_is_none_in_the_first_month(root):
    first = open_month("shop", "2020-03", root)
    while first.previous.has_orders:
        first = first.previous
    assert first.bridge is None
    assert first.bridge_remarks == []


@pytest.mark.parametrize(
    ("covered_until", "equity", "begins_with_it"), [("2020-02-29", 5.0, True), ("2020-03-31", 5.0, False), ("2020-02-29", None, False)]
)
def test_it_begins_at_what_was_issued_before_this_month_was_over(root, covered_until, equity, begins_with_it):
    issue(root, covered_until, equity)
    month = open_month("shop", "2020-03", root)
    begin = month.bridge["running_total"].iloc[0]
    assert begin == (5.0 if begins_with_it else month.previous.equity)
    assert month.bridge_remarks[0].key == ("issued" if begins_with_it else "replayed")
