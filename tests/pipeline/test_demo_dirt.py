"""The demo company's own dirt against the project's cleaning: every fault is found, and nothing else is touched."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from alone import build_alone
from demo_company import make

CONFIG = Path(__file__).parents[2] / "data" / "demo" / "ledger.toml"


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory):
    """Faults but those only counted, each with the actions that its row met; all treated rows; the repairs; the facts."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(CONFIG, folder)
    faults = make(folder, 700).faults
    facts = build_alone(folder).facts
    records = {name: pd.read_parquet(folder / "clean" / f"{name}.parquet") for name in ("rejects", "repairs", "flags")}
    rows = {name: set(zip(record["table"], record["line"], strict=True)) for name, record in records.items()}
    places = list(zip(faults["table"], faults["line"], strict=True))
    met = pd.DataFrame({name: [place in treated for place in places] for name, treated in rows.items()}, index=faults.index)
    return faults.join(met), rows, records["repairs"], facts


def test_every_kind_is_found(cleaned):
    faults, *_ = cleaned
    action = faults["expected"].map({"reject": "rejects", "repair": "repairs", "flag": "flags"})
    judged = faults[action.notna()]
    found = pd.Series([row[action[at]] for at, row in judged.iterrows()], judged.index)
    recall = found.groupby([judged["kind"], judged["expected"]]).mean()
    assert recall.min() >= 0.99, recall[recall < 0.99]


def test_nothing_else_is_touched(cleaned):
    faults, rows, *_ = cleaned
    treated = set.union(*rows.values())
    at_fault = set(zip(faults["table"], faults["line"], strict=True))
    assert len(treated - at_fault) <= 0.01 * len(treated), sorted(treated - at_fault)[:10]


def test_a_repair_brings_back_what_stood_there(cleaned):
    faults, _, repairs, _ = cleaned
    both = faults[faults["expected"] == "repair"].merge(repairs, on=["table", "line", "column"], suffixes=("", "_found"))
    same = both["after_found"] == both["before"]
    loose = both[~same]
    # another writing of the same: digits of a phone, a number, a time
    digits = [
        loose[name].str.replace(r"\D", "", regex=True).str[-11:].str.replace(r"^0+|0+$", "", regex=True)
        for name in ("before", "after_found")
    ]
    assert (digits[0] == digits[1]).all(), loose[digits[0] != digits[1]]
    assert len(both) == (faults["expected"] == "repair").sum()


def test_cancellations_of_nothing_are_counted(cleaned):
    faults, _, _, facts = cleaned
    assert facts["cancellations"]["unmatched_rows"] == (faults["kind"] == "unmatched_cancellation").sum()
