"""A mistake in a ledger.toml, said in one line: file, key, what is allowed, the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

_EXPECTED = {
    "string_type": "must be text, in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "date_type": "must be a date without quotes, like 2011-12-09",
    "dict_type": "must be a table of names and values",
    "tuple_type": "must be a list",
    "missing": "is missing",
}


def nearest(name: str, known: Iterable[str]) -> str:
    """Say "did you mean x?", or list what is known."""
    names = [str(candidate) for candidate in known]
    near = difflib.get_close_matches(name, names, n=1) or difflib.get_close_matches(name.casefold(), names, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"


def unknown(name: str, known: Iterable[str]) -> str:
    """Say "x does not exist; did you mean y?"."""
    return f"{name} does not exist; {nearest(name, known)}"


def in_one_line(error: ValidationError) -> str:
    """Say the first error of a pydantic validation: dotted key and what is allowed there."""
    first = error.errors()[0]
    key = ""
    for part in first["loc"]:
        key += f" (number {part + 1})" if isinstance(part, int) else f".{part}" if key else part
    raised = first.get("ctx", {}).get("error")
    if raised is not None:
        return f"{key}: {raised}" if key else str(raised)
    if first["type"] == "literal_error":
        return f"{key} = {first['input']!r} is not allowed; {_nearest_literal(first['input'], first['ctx']['expected'])}"
    if first["type"] in ("date_from_datetime_inexact", "date_parsing", "date_from_datetime_parsing"):
        return f"{key} {_EXPECTED['date_type']}"
    return f"{key} {_EXPECTED.get(first['type'], 'is not allowed: ' + first['msg'])}"


def _nearest_literal(given: Any, expected: str) -> str:
    return nearest(str(given), expected.replace(" or ", ", ").replace("'", "").split(", "))
