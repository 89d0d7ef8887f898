"""Tables as files that a spreadsheet opens without a warning: CSV and one workbook, the same bytes every time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from analysis.report.words import words
from analysis.spreadsheet import neutralise, open_workbook

_EXCEL = {
    "money": "#,##0.00",
    "percent": "0.0%",
    "percent0": "0%",
    "integer": "#,##0",
    "days": "#,##0",
    "decimal": "0.00",
    "decimal3": "0.000",
    "points": "0.0%",
}


def write_csv(table: dict[str, Any]) -> bytes:
    """A table (see `TableData.to_json`) as CSV: UTF-8 with a byte order mark, numbers unrounded to 12 digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutralise(label) for label in table["columns"]])
    for row in table["rows"]:
        writer.writerow([_write(value) for value in row])
    return ("\ufeff" + out.getvalue()).encode("utf-8")


def _write(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return words("common.number.yes" if value else "common.number.no")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.12g}"
    return neutralise(str(value))


def write_workbook(tables: Sequence[dict[str, Any]], title: str, created: date) -> bytes:
    """All tables as one workbook: a sheet of contents, then a sheet a table. Texts are texts, never formulas or links."""
    buffer = io.BytesIO()
    book = open_workbook(buffer, created, title)
    bold, plain, wide = (
        book.add_format({"bold": True}),
        book.add_format(),
        book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
    )
    styles = {kind: book.add_format({"num_format": code}) for kind, code in _EXCEL.items()}
    contents = book.add_worksheet(_name_sheet(words("common.page.contents_sheet"), set()))
    contents.write_string(0, 0, title, bold)
    contents.set_column(0, 0, 32)
    contents.set_column(1, 1, 80)
    taken = {words("common.page.contents_sheet").lower()}
    for line, table in enumerate(tables, start=2):
        name = _name_sheet(table["name"], taken)
        contents.write_url(line, 0, f"internal:'{name}'!A1", string=name)
        contents.write_string(line, 1, table["title"])
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, (label, kind) in enumerate(zip(table["columns"], table["kinds"], strict=True)):
            sheet.write_string(0, column, label, wide)
            sheet.set_column(column, column, max(10, min(40, len(label) + 2)))
            for number, row in enumerate(table["rows"], start=1):
                _fill(sheet, number, column, row[column], styles.get(kind, plain))
    book.close()
    return buffer.getvalue()


def _fill(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value))


def _name_sheet(name: str, taken: set[str]) -> str:
    """At most 31 letters without the six that Excel forbids, unique whatever the case."""
    base = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31] or "table"
    chosen, number = base, 2
    while chosen.lower() in taken:
        suffix = f" {number}"
        chosen, number = base[: 31 - len(suffix)] + suffix, number + 1
    taken.add(chosen.lower())
    return chosen
