"""Lists that people work with: CSV and Excel, safe to open."""

from __future__ import annotations

import csv
import os
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from analysis.churn.early_warning import REASONS
from analysis.history.disclosure import hide_small
from analysis.spreadsheet import neutralise, open_workbook

_COLUMNS = (
    *("customer_id", "name", "warning", "reasons", "first_warned", "or_earlier", "last_order_on", "silence_days", "usual_gap_days"),
    *("silence_ratio", "silence_percentile", "p_order", "p_order_before", "expected_spend", "spend_at_risk", "spend_total"),
    "last_contact_on",
)


def watch_list(
    churn: pd.DataFrame,
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    before: pd.Series | None = None,
    names: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Customers warned of, the most spend at risk first.

    Parameters
    ----------
    churn, customers, scores : DataFrame
        The month's tables, one row per customer.
    before : Series, optional
        Last month's `p_order` by customer id.
    names, contacts : DataFrame, optional
        One row per customer: `customer_id`, `name`; `customer_id`, `last_contact_on`.

    Returns
    -------
    DataFrame
        One row per warning: `customer_id`, `name`, `warning`, `reasons` (keys, joined by "|"), `first_warned` (YYYY-MM),
        `or_earlier`, `last_order_on`, `silence_days`, `usual_gap_days`, `silence_ratio`, `silence_percentile`, `p_order`,
        `p_order_before`, `expected_spend`, `spend_at_risk`, `spend_total` (currency), `last_contact_on`; missing where not known.
    """
    table = churn[churn["warning"].notna()]
    parts = [customers[["customer_id", "last_order_on", "spend_total"]], names, contacts]
    if "p_order" in scores:
        parts.append(scores[["customer_id", "p_order", "expected_spend"]])
    if before is not None:
        parts.append(before.rename("p_order_before").rename_axis("customer_id").reset_index())
    for part in parts:
        if part is not None:
            table = table.merge(part, on="customer_id", how="left", validate="one_to_one")
    table = table.reindex(columns=list(_COLUMNS))
    return table.sort_values(["spend_at_risk", "customer_id"], ascending=[False, True], ignore_index=True)


def count_reasons(churn: pd.DataFrame, min_cell: int = 1) -> pd.DataFrame:
    """Warnings by reason.

    Parameters
    ----------
    churn : DataFrame
        The month's table.
    min_cell : int
        The spend of fewer customers than this is blanked (history.disclosure).

    Returns
    -------
    DataFrame
        One row per reason, in fixed order: `reason`, `count_first` (as the first reason; these add up to the list),
        `count_any` (among others), `spend_at_risk` (currency, of those counted in `count_first`).
    """
    warned = churn[churn["warning"].notna()]
    every = warned["reasons"].str.split("|").explode()
    first = warned.groupby("reason")["spend_at_risk"].agg(["size", "sum"])
    table = pd.DataFrame({"reason": REASONS}).set_index("reason")
    table = table.assign(
        count_first=first["size"].reindex(REASONS).fillna(0).astype("int64"),
        count_any=every.value_counts().reindex(REASONS).fillna(0).astype("int64"),
        spend_at_risk=first["sum"].reindex(REASONS).fillna(0.0),
    )
    return hide_small(table.reset_index(), "count_first", ["spend_at_risk"], min_cell)


def write_list(table: pd.DataFrame, folder: Path, name: str, made_for: date) -> list[Path]:
    """Write ``<name>.csv`` (UTF-8 with byte order mark) and ``<name>.xlsx``; each takes its place only when whole.

    Text that a spreadsheet would take for a formula (beginning with = + - @, a tab or a line break) gets an apostrophe
    in front. Ids and other text are text cells: "007" stays "007".

    Parameters
    ----------
    table : DataFrame
        What to write; dates as YYYY-MM-DD, missing values empty.
    folder : Path
        Made if missing.
    name : str
        File name without ending.
    made_for : date
        Stamped into the workbook, so that the same table gives the same bytes.

    Returns
    -------
    list of Path
        The two files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [[_plain(value) for value in row] for row in table.itertuples(index=False, name=None)]
    header = [str(_plain(str(column))) for column in table.columns]
    paths = [folder / f"{name}.csv", folder / f"{name}.xlsx"]
    parts = [folder / f".{path.name}.{os.getpid()}" for path in paths]
    try:
        with parts[0].open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, lineterminator="\r\n").writerows([header, *rows])
        _write_workbook(parts[1], name, header, rows, made_for)
        for part, path in zip(parts, paths, strict=True):
            os.replace(part, path)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return paths


def _plain(value: object) -> str | int | float | None:
    """Neutral text, a number, or nothing."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, str):
        return neutralise(value)
    if hasattr(value, "item"):
        value = value.item()
    return int(value) if isinstance(value, bool | int) else value if isinstance(value, float) else str(value)


def _write_workbook(path: Path, name: str, header: list[str], rows: list[list[str | int | float | None]], made_for: date) -> None:
    with open_workbook(path, made_for) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(header) - 1)
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, bold)
        for i, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(i, column, value, text)
                elif value is not None:
                    sheet.write_number(i, column, value)
