"""The demo company's raw files as it would hand them over at the end of a month.

A company that hands over its files at the end of August does not know what happens in September: later rows are not
there, and cells that become known later (a case is resolved, a contract ends) are empty.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from alone import build_alone
from analysis.contracts import LEDGER
from analysis.demo import write_demo
from analysis.ledger import Ledger
from analysis.month import Month
from analysis.period import Period
from demo_company import read

CONFIG = Path(__file__).parents[1] / "data" / "demo" / "ledger.toml"
AUGUST, SEPTEMBER = Period(2026, 8), Period(2026, 9)


Tables = dict[str, pd.DataFrame]


def simulate(folder: Path, customers: int, dirt: Literal["default", "none"]) -> Tables:
    """All raw tables of a small demo company, as text."""
    write_demo(folder, customers, dirt=dirt, truth=False)
    return {name: read(folder / f"{name}.csv") for name in LEDGER}


def hand_over(tables: Tables, day: date) -> Tables:
    """What of `tables` was known by the end of `day`; what cannot be read as a date counts as known."""
    return {name: _known_rows(name, rows, day.isoformat()) for name, rows in tables.items()}


def _known_rows(name: str, rows: pd.DataFrame, day: str) -> pd.DataFrame:
    contract = LEDGER[name]
    is_known = pd.Series(True, rows.index)
    if name == "customers":
        is_later = _is_after(rows["updated_at"], day)
        # a company that keeps one version of a customer hands it over, however young it is
        is_known = ~_is_after(rows["joined_on"], day) & ~(is_later & rows["customer_id"].isin(rows["customer_id"][~is_later]))
    elif contract.known:
        is_known = ~_is_after(rows[contract.known], day)
    rows = rows[is_known].copy()
    later = {column.name: _is_after(rows[column.known], day) for column in contract.columns if column.known and column.name in rows}
    for column, is_later in later.items():
        rows.loc[is_later, column] = "false" if column == "ended" else ""
    return rows


def _is_after(texts: pd.Series, day: str) -> pd.Series:
    return texts.str.match(r"\d{4}-\d{2}-\d{2}") & (texts.str[:10] > day)


def grow(before: Tables, after: Tables) -> Tables:
    """`after` in the order in which files grow: rows that were there before, then the new ones."""
    grown = {}
    for name, rows in after.items():
        is_old = rows.index.isin(before[name].index)
        grown[name] = pd.concat([rows[is_old], rows[~is_old]])
    return grown


def clean(folder: Path, tables: Tables, covered_until: date) -> Ledger:
    """The clean ledger of a company that has handed over `tables`."""
    (folder / "raw").mkdir(parents=True)
    for name, rows in tables.items():
        rows.to_csv(folder / "raw" / f"{name}.csv", index=False)
    text = re.sub(r"(?m)^covered_until = .*$", f"covered_until = {covered_until}", CONFIG.read_text(encoding="utf-8"))
    (folder / "ledger.toml").write_text(text, encoding="utf-8")
    return build_alone(folder)


def tell_twice(folder: Path, tables: Tables) -> tuple[Month, Month]:
    """August as reported at its end, and as reported again when the rows of September were added."""
    before = hand_over(tables, AUGUST.as_of)
    clean(folder / "before", before, AUGUST.as_of)
    clean(folder / "after", grow(before, tables), SEPTEMBER.as_of)
    return Month(folder / "before", AUGUST), Month(folder / "after", AUGUST)
