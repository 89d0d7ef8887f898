"""Numbers, money, shares, days and dates as text.

The separators and the words around numbers come from the catalogue (``common.number.*``), so a language changes them in
one place. Money carries no currency code: a source has one currency, stated once on every page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from analysis.report.words.catalogue import WordsError, fill


def _say(key: str, **fields: Any) -> str:
    """A text whose fields are written already."""
    return fill(key, fields, lambda value, _: str(value))


def is_blank(value: Any) -> bool:
    """Whether `value` stands for nothing: None, NaN, NaT, NA or an infinity."""
    if value is None:
        return True
    try:
        return bool(value != value) or (isinstance(value, float) and math.isinf(value))
    except TypeError:
        return True  # pandas.NA refuses to be a truth value


def format_number(value: Any, digits: int | None = None, compact: bool = False) -> str:
    """A number with thousands separated.

    Parameters
    ----------
    value : number
        Blank values are written as the catalogue's dash.
    digits : int, optional
        Decimals. Default: none for whole numbers and above 100, else enough for three significant digits.
    compact : bool
        1.23M instead of 1,234,567: for cards and axes.
    """
    if is_blank(value):
        return _say("common.number.blank")
    number = float(value)
    suffix = ""
    if compact:
        for limit, key in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
            if abs(number) >= limit * (10 if limit == 1e3 else 1):
                number, suffix = number / limit, _say(f"common.number.{key}")
                digits = max(0, 3 - len(str(int(abs(number))))) if digits is None else digits
                break
    if digits is None:
        digits = 0 if number == int(number) or abs(number) >= 100 else min(6, max(0, 2 - math.floor(math.log10(abs(number)))))
    text = f"{number:,.{digits}f}"
    if suffix and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]
    table = str.maketrans({",": _say("common.number.thousands"), ".": _say("common.number.decimal"), "-": _say("common.number.minus")})
    return text.translate(table) + suffix


def format_money(value: Any, digits: int | None = None, compact: bool = False) -> str:
    """Money in the source's currency, without its code; cents only below 100."""
    if not is_blank(value) and digits is None and not compact:
        digits = 0 if abs(float(value)) >= 100 or float(value) == 0 else 2
    return format_number(value, digits, compact)


def format_percent(value: Any, digits: int = 1) -> str:
    """A share (0 to 1) as a percentage."""
    if is_blank(value):
        return _say("common.number.blank")
    return _say("common.number.percent", number=format_number(100 * float(value), digits))


def format_points(value: Any, digits: int = 1) -> str:
    """A difference of two shares, in percentage points."""
    if is_blank(value):
        return _say("common.number.blank")
    return _say("common.number.points", number=format_number(100 * float(value), digits))


def format_days(value: Any) -> str:
    """A duration in days."""
    if is_blank(value):
        return _say("common.number.blank")
    digits = 0 if float(value) == int(value) or abs(float(value)) >= 10 else 1
    return _say("common.number.days", number=format_number(value, digits), count=value)


def format_date(value: Any) -> str:
    """A day as ISO 8601, which no reader can take for another."""
    if is_blank(value):
        return _say("common.number.blank")
    return value.date().isoformat() if isinstance(value, datetime) else value.isoformat() if isinstance(value, date) else str(value)[:10]


def format_month(value: Any) -> str:
    """A month as its name and year: of a date, a Period, or text ``YYYY-MM``."""
    if is_blank(value):
        return _say("common.number.blank")
    year, month = (str(value) if not isinstance(value, date) else value.isoformat()).split("-")[:2]
    return _say("common.number.month_of_year", month=_say(f"common.months.m{int(month):02d}"), year=str(int(year)))


def format_interval(low: Any, high: Any, kind: str = "number") -> str:
    """Two ends of an interval, both written as `kind`."""
    return _say("common.number.interval", low=format_value(low, kind), high=format_value(high, kind))


def _format_bool(value: Any) -> str:
    return _say("common.number.yes" if value else "common.number.no")


KINDS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "number": format_number,
    "integer": lambda value: format_number(value, 0),
    "decimal": lambda value: format_number(value, 2),
    "decimal3": lambda value: format_number(value, 3),
    "money": format_money,
    "percent": format_percent,
    "percent0": lambda value: format_percent(value, 0),
    "points": format_points,
    "days": format_days,
    "date": format_date,
    "month": format_month,
    "p_value": lambda value: _say("common.number.p_tiny") if float(value) < 0.001 else format_number(value, 3),
    "bool": _format_bool,
    "compact": lambda value: format_number(value, None, True),
}
"""Ways to write a value, by the name that a text or a table asks for."""

NUMERIC = frozenset(KINDS) - {"text", "date", "month", "bool"}
"""Kinds that are written flush right."""


def format_value(value: Any, kind: str | None = None) -> str:
    """`value` written as `kind` (see `KINDS`); without one, as its type suggests."""
    if is_blank(value):
        return _say("common.number.blank")
    if kind is None:
        kind = "text"
        if type(value).__name__ in ("bool", "bool_"):
            kind = "bool"
        elif isinstance(value, int | float) or hasattr(value, "__float__"):
            kind = "number"
        elif isinstance(value, date):
            kind = "date"
    if kind not in KINDS:
        raise WordsError(f"{kind} is not a way to write a value; known: {', '.join(KINDS)}")
    return KINDS[kind](value)
