"""What every file for a spreadsheet needs: text that is no formula, and workbooks of the same bytes every time."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutralise(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before = + - @, a tab or a line break in front."""
    return f"'{text}" if text.startswith(_RISKY) else text


def open_workbook(target: Path | IO[bytes], made_for: date, title: str = "") -> Workbook:
    """An empty workbook, in which texts stay texts: never formulas, links or numbers. It is written when it is closed.

    Parameters
    ----------
    target : Path or binary stream
        Where it is written.
    made_for : date
        Stamped into it in place of the hour, so that the same content gives the same bytes.
    title : str
        In its properties.
    """
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options)
    book.set_properties({"created": datetime(made_for.year, made_for.month, made_for.day)} | ({"title": title} if title else {}))
    return book
