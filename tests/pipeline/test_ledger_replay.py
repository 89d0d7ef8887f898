"""Rows that come later change nothing of what a ledger tells as of an earlier day."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from alone import build_alone
from analysis.contracts import LEDGER
from analysis.demo import write_demo

CONFIG = Path(__file__).parents[2] / "data" / "demo" / "ledger.toml"
AS_OF = date(2026, 3, 31)


def as_it_was(table, frame):
    """The raw rows of a table that a person could have had at the end of `AS_OF`; dates in odd formats stay."""

    def is_later(column):
        return frame[column].str.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?") & (frame[column].str[:10] > AS_OF.isoformat())

    frame = frame.copy()
    for column in (column for column in table.columns if column.known in frame and column.name in frame):
        if column.known != table.known:
            frame.loc[is_later(column.known), [name for name in (column.name,) if name != column.known]] = ""
    for known in {column.known for column in table.columns if column.known} & set(frame) - {table.known}:
        frame.loc[is_later(known), known] = ""
    when = table.known or {"customers": "joined_on"}.get(table.name, "")
    return frame[~is_later(when)] if when in frame else frame


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    whole, early = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("early")
    write_demo(whole / "raw", customers=400, truth=False)
    (early / "raw").mkdir()
    for folder in (whole, early):
        shutil.copy(CONFIG, folder)
    for name, table in LEDGER.items():
        frame = pd.read_csv(whole / "raw" / f"{name}.csv", dtype=str, keep_default_na=False)
        as_it_was(table, frame).to_csv(early / "raw" / f"{name}.csv", index=False)
    said = (early / "ledger.toml").read_text(encoding="utf-8")
    (early / "ledger.toml").write_text(said.replace("covered_until = 2026-10-31", f"covered_until = {AS_OF}"), encoding="utf-8")
    return build_alone(whole), build_alone(early)


def told(rows):
    frame = rows.to_pandas()
    return frame.sort_values(list(frame), ignore_index=True)


@pytest.mark.parametrize("name", LEDGER)
def test_a_table_is_the_same_with_and_without_later_rows(ledgers, name):
    whole, early = (told(ledger.table(name, AS_OF)) for ledger in ledgers)
    assert len(whole)
    pd.testing.assert_frame_equal(whole, early)


def test_orders_are_the_same_with_and_without_later_rows(ledgers):
    whole, early = (told(ledger.orders(AS_OF)) for ledger in ledgers)
    assert (whole["amount"] < 0).any()
    pd.testing.assert_frame_equal(whole, early)


def test_doubles_are_the_same_with_and_without_later_rows(ledgers):
    whole, early = (told(ledger.read("merges").filter(lambda t: t.known_on <= AS_OF)) for ledger in ledgers)
    pd.testing.assert_frame_equal(whole, early)
