"""Texts by key, their fields written as numbers, money, days or dates."""

from __future__ import annotations

from typing import Any

from analysis.report.words.catalogue import fill
from analysis.report.words.numbers import format_value


def words(key: str, /, **fields: Any) -> str:
    """The text of `key` in the report's language, with its fields filled.

    Raises
    ------
    WordsError
        (a KeyError) The key is not in the English catalogue, or the text asks for a field that was not given.
    """
    return fill(key, fields, format_value)
