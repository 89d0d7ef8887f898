"""Readings of dates and times as Ibis expressions.

A column has one stated or detected format. A cell that does not follow it is read only where its shape allows one
reading: the year first, Chinese marks, or a day above 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TIME = r"(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)"
_TAIL = rf"(?:(?: +|[T,] ?){_TIME})? ?(Z|[+-]\d{{2}}:?\d{{2}})?"
_PARTS = {
    "Y": r"(\d{4})", "y": r"(\d{2})", "m": r"(\d{1,2})", "d": r"(\d{1,2})", "b": r"([A-Za-z]{3,9})", "B": r"([A-Za-z]{3,9})", "j": r"(\d{1,3})",
    "H": r"(\d{1,2})", "I": r"(\d{1,2})", "M": r"(\d{2})", "S": r"(\d{2})", "f": r"(\d{1,9})", "p": "([AaPp][Mm])", "z": r"(Z|[+-]\d{2}:?\d{2})",
    "a": "([A-Za-z]+)", "A": "([A-Za-z]+)",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME_PARTS = re.compile(r"[T ,]*%[HI].*$")

ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$"
_YEAR_FIRST = rf"^(\d{{4}})(?:[/.\-]|年)(\d{{1,2}})(?:[/.\-]|月)(\d{{1,2}})日?{_TAIL}$"
_COMPACT = rf"^((?:19|20)\d{{2}})(\d{{2}})(\d{{2}}){_TAIL}$"
_YEAR_LAST = rf"^(\d{{1,2}})[/.\-](\d{{1,2}})[/.\-](\d{{4}}){_TAIL}$"


@dataclass(frozen=True)
class Moment:
    """The reading of a date or time.

    Attributes
    ----------
    wall : timestamp expression
        As written, without regard to an offset; null where nothing can be read.
    offset : string expression
        "Z" or "+08:00", or null.
    rule : string expression
        Name of the rule that applies; null where the text follows the format.
    after : string expression
        ISO text of a repaired cell.
    """

    wall: ir.TimestampValue
    offset: ir.StringValue
    rule: ir.StringValue
    after: ir.StringValue


def read_moment(text: ir.StringValue, form: str) -> Moment:
    """Read trimmed, non-empty text of a column with format `form` (``"iso"`` or strptime-like)."""
    import ibis

    none = ibis.null("string")
    stated, stated_offset = _read_iso(text) if form == "iso" else _read_form(text, form)
    wall = stated.try_cast("timestamp")
    other, other_offset = _read_other(text)
    read = other.try_cast("timestamp")
    first, second = (text.re_extract(_YEAR_LAST, group) for group in (1, 2))
    is_open = text.re_search(_YEAR_LAST) & _is_month(first) & _is_month(second) & (first.lpad(2, "0") != second.lpad(2, "0"))
    rule = ibis.cases(
        (wall.notnull(), none),
        (read.notnull(), "other_date_format"),
        (is_open, "ambiguous_date"),
        else_="unparseable_date",
    )
    return Moment(
        wall=ibis.coalesce(wall, read),
        offset=ibis.ifelse(wall.notnull(), stated_offset, other_offset).nullif(""),
        rule=rule,
        after=ibis.ifelse(wall.isnull() & read.notnull(), other + other_offset, none),
    )


def offset_minutes(offset: ir.StringValue) -> ir.IntegerValue:
    """Minutes east of Greenwich of "Z", "+0800" or "+08:00"."""
    import ibis

    digits = offset.re_replace("[^0-9]", "")
    minutes = digits.substr(0, 2).try_cast("int64") * 60 + digits.substr(2, 2).try_cast("int64")
    return ibis.cases((offset == "Z", 0), (offset.startswith("-"), -minutes), else_=minutes)


def _is_month(digits: ir.StringValue) -> ir.BooleanValue:
    return digits.try_cast("int64").between(1, 12)


def _iso_text(text: ir.StringValue, pattern: str, parts: str) -> ir.StringValue:
    """`text` rearranged by the groups of `pattern`, decimals with a point; null where it does not match."""
    import ibis

    return ibis.ifelse(text.re_search(pattern), text.re_replace(pattern, parts).replace(",", ".").strip(), ibis.null("string"))


def _read_iso(text: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    import ibis

    pattern = rf"^(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TAIL}$"
    is_plain = text.re_search(ISO)
    return (
        ibis.ifelse(is_plain, text, _iso_text(text, pattern, r"\1-\2-\3 \4")),
        ibis.ifelse(is_plain, "", text.re_extract(pattern, 5)),
    )


def _read_form(text: ir.StringValue, form: str) -> tuple[ir.StringValue, ir.StringValue]:
    """ISO text and offset of text in a strptime-like format; the time of day may follow whether or not it is named."""
    date_part = _TIME_PARTS.sub("", form)
    has_date = bool(re.search("%[Yy]", date_part)) and bool(re.search("%[dj]", date_part))
    is_plain_time = has_date and not re.search("%[Ip]", form)
    body = date_part if is_plain_time else form
    pattern, groups = "", {}
    for literal, letter in _split(body):
        pattern += re.sub(r"([.+*?^$()\[\]{}|\\])", r"\\\1", literal)
        if letter == "%":
            pattern += "%"
        elif letter:
            groups["b" if letter == "B" else letter] = len(groups) + 1
            pattern += _PARTS[letter]
    count = len(groups)
    if is_plain_time:
        pattern = f"^{pattern}{_TAIL}$"
        clock, offset = rf"\{count + 1}", text.re_extract(pattern, count + 2)
    else:
        pattern = f"^{pattern}$"
        clock, offset = "", text.re_extract(pattern, groups["z"]) if "z" in groups else _empty()
    return _assemble(text, pattern, groups, clock), offset


def _split(form: str) -> list[tuple[str, str]]:
    parts = re.split("%(.)", form)
    return list(zip(parts[0::2], [*parts[1::2], ""], strict=True))


def _assemble(text: ir.StringValue, pattern: str, groups: dict[str, int], clock: str) -> ir.StringValue:
    import ibis

    simple = {"Y", "m", "d"} <= set(groups) and not {"p", "I"} & set(groups)
    if simple and (clock or "H" not in groups):
        return _iso_text(text, pattern, rf"\{groups['Y']}-\{groups['m']}-\{groups['d']} {clock}")

    def part(letter: str) -> ir.StringValue:
        return text.re_extract(pattern, groups[letter])

    year = part("Y") if "Y" in groups else ibis.ifelse(part("y").try_cast("int64") >= 69, "19", "20") + part("y")
    if "j" in groups:
        first = (year + "-01-01").try_cast("timestamp") + (part("j").try_cast("int64") - 1).as_interval("D")
        day = first.strftime("%Y-%m-%d")
    else:
        name = part("b").lower().substr(0, 3) if "b" in groups else None
        month = part("m") if name is None else ibis.cases(*[(name == short, str(i)) for i, short in enumerate(_MONTHS, 1)], else_="13")
        day = year + "-" + month + "-" + part("d")
    if clock:
        time = text.re_replace(pattern, clock)
    elif {"H", "I"} & set(groups):
        hour = part("H") if "H" in groups else _full_hour(part("I"), part("p") if "p" in groups else None)
        time = hour + ":" + (part("M") if "M" in groups else "00") + ":" + (part("S") if "S" in groups else "00")
    else:
        time = _empty()
    return ibis.ifelse(text.re_search(pattern), (day + " " + time).strip(), ibis.null("string"))


def _full_hour(hour: ir.StringValue, half: ir.StringValue | None) -> ir.StringValue:
    import ibis

    number = hour.try_cast("int64") % 12
    return (number if half is None else number + ibis.ifelse(half.lower() == "pm", 12, 0)).cast("string")


def _read_other(text: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    """ISO text and offset of text whose shape allows one reading, null elsewhere."""
    import ibis

    none = ibis.null("string")
    first, second = (text.re_extract(_YEAR_LAST, group).try_cast("int64") for group in (1, 2))
    is_day_first = (first > 12) & second.between(1, 12) | (first == second)
    is_month_first = (second > 12) & first.between(1, 12)
    last = ibis.cases(
        (is_day_first, _padded(text, _YEAR_LAST, 3, 2, 1)),
        (is_month_first, _padded(text, _YEAR_LAST, 3, 1, 2)),
        else_=none,
    )
    value = ibis.cases(
        (text.re_search(_YEAR_FIRST), _padded(text, _YEAR_FIRST, 1, 2, 3)),
        (text.re_search(_COMPACT), _padded(text, _COMPACT, 1, 2, 3)),
        (text.re_search(_YEAR_LAST), last),
        else_=none,
    )
    offset = ibis.cases(
        *[(text.re_search(pattern), text.re_extract(pattern, 5)) for pattern in (_YEAR_FIRST, _COMPACT, _YEAR_LAST)],
        else_=none,
    )
    return value, offset


def _padded(text: ir.StringValue, pattern: str, year: int, month: int, day: int) -> ir.StringValue:
    """ISO text with two digits a part, as it goes on record."""
    date = text.re_extract(pattern, year) + "-" + text.re_extract(pattern, month).lpad(2, "0") + "-" + text.re_extract(pattern, day).lpad(2, "0")
    return (date + " " + text.re_extract(pattern, 4).replace(",", ".")).strip()


def _empty() -> ir.StringValue:
    import ibis

    return ibis.literal("")
