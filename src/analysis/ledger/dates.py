"""Readings of dates and times as Ibis expressions.

A column has one stated or detected format. A cell that does not follow it is read only where its shape allows one
reading: the year first, Chinese marks, or a day above 12.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    Step = Callable[[ir.Table], dict[str, ir.Value]]

_TIME = r"(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)"
_TAIL = rf"(?:(?: +|[T,] ?){_TIME})? ?(Z|[+-]\d{{2}}:?\d{{2}})?"
_OFFSET = r"(Z|[+-]\d{2}:?\d{2})"
_WORD, _ONE_OR_TWO, _TWO = "([A-Za-z]+)", r"(\d{1,2})", r"(\d{2})"
_PARTS = {
    **{"Y": r"(\d{4})", "y": _TWO, "m": _ONE_OR_TWO, "d": _ONE_OR_TWO, "b": _WORD, "B": _WORD, "j": r"(\d{1,3})", "a": _WORD, "A": _WORD},
    **{"H": _ONE_OR_TWO, "I": _ONE_OR_TWO, "M": _TWO, "S": _TWO, "f": r"(\d{1,9})", "p": "([AaPp][Mm])", "z": _OFFSET},
}
"""What each directive of a format matches."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME_PARTS = re.compile(r"[T ,]+%[HI]\W.*$|[T ,]+%[HI]$")

PLAIN_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$"
_ISO = rf"^(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TAIL}$"
_YEAR_FIRST = rf"^(\d{{4}})(?:[/.\-]|年)(\d{{1,2}})(?:[/.\-]|月)(\d{{1,2}})日?{_TAIL}$"
_COMPACT = rf"^((?:19|20)\d{{2}})(\d{{2}})(\d{{2}}){_TAIL}$"
_YEAR_LAST = rf"^(\d{{1,2}})[/.\-](\d{{1,2}})[/.\-](\d{{4}}){_TAIL}$"
_FIRST, _DAY_LAST, _MONTH_LAST = (1, 2, 3), (3, 2, 1), (3, 1, 2)
"""Groups of year, month and day in the shapes above."""


def usual_moment(raw: ir.StringValue, form: str) -> ir.TimestampValue:
    """The time of a cell that follows its column's format to the letter and states no offset; null of any other."""
    import ibis

    if form == "iso":
        return ibis.ifelse(raw.re_search(PLAIN_ISO), raw.try_cast("timestamp"), None)
    stated, offset = _read_form(raw, form)
    return ibis.ifelse(offset == "", stated.try_cast("timestamp"), None)


def moment_steps(form: str) -> list[Step]:
    """Steps that read trimmed text (column ``text``) in the format `form` (``"iso"`` or strptime-like) or another one.

    The last one gives ``value`` (ISO text, as written, without regard to an offset), ``offset`` ("Z", "+08:00" or null),
    ``rule`` (that applied, null where the text follows the format) and ``after`` (ISO text of a repaired cell).
    """

    def read_stated(cells: ir.Table) -> dict[str, ir.Value]:
        stated, offset = _read_iso(cells["text"]) if form == "iso" else _read_form(cells["text"], form)
        return {"stated": _existing(stated), "stated_offset": offset}

    return [read_stated, _find_shape, _read_shape, _decide]


def _existing(text: ir.StringValue) -> ir.StringValue:
    """ISO text of days that exist; null of others."""
    import ibis

    return ibis.ifelse(text.try_cast("timestamp").notnull(), text, ibis.null("string"))


def offset_minutes(offset: ir.StringValue) -> ir.IntegerValue:
    """Minutes east of Greenwich of "Z", "+0800" or "+08:00"."""
    import ibis

    digits = offset.re_replace("[^0-9]", "")
    minutes = digits.substr(0, 2).try_cast("int64") * 60 + digits.substr(2, 2).try_cast("int64")
    return ibis.cases((offset == "Z", 0), (offset.startswith("-"), -minutes), else_=minutes)


def _read_iso(text: ir.StringValue) -> tuple[ir.StringValue, ir.StringValue]:
    return _arranged(text, _ISO, r"\1-\2-\3 \4"), text.re_extract(_ISO, 5)


def _find_shape(cells: ir.Table) -> dict[str, ir.Value]:
    """What a cell that does not follow the format looks like."""
    import ibis

    text = cells["text"]
    shape = ibis.cases(
        (cells["stated"].notnull(), "stated"),
        (text.re_search(_YEAR_FIRST), "year first"),
        (text.re_search(_COMPACT), "compact"),
        (text.re_search(_YEAR_LAST), "year last"),
        else_="none",
    )
    return {
        "shape": shape,
        "one": text.re_extract(_YEAR_LAST, 1).try_cast("int64"),
        "two": text.re_extract(_YEAR_LAST, 2).try_cast("int64"),
    }


def _read_shape(cells: ir.Table) -> dict[str, ir.Value]:
    import ibis

    text, shape, one, two = (cells[part] for part in ("text", "shape", "one", "two"))
    is_last = shape == "year last"
    other = ibis.cases(
        (shape == "year first", _padded(text, _YEAR_FIRST, _FIRST)),
        (shape == "compact", _padded(text, _COMPACT, _FIRST)),
        (is_last & ((one > 12) | (one == two)), _padded(text, _YEAR_LAST, _DAY_LAST)),
        (is_last & (two > 12), _padded(text, _YEAR_LAST, _MONTH_LAST)),
        else_=ibis.null("string"),
    )
    offset = ibis.cases(
        (shape == "year first", text.re_extract(_YEAR_FIRST, 5)),
        (shape == "compact", text.re_extract(_COMPACT, 5)),
        (is_last, text.re_extract(_YEAR_LAST, 5)),
        else_="",
    )
    return {"other": _existing(other), "other_offset": offset, "is_open": is_last & one.between(1, 12) & two.between(1, 12) & (one != two)}


def _decide(cells: ir.Table) -> dict[str, ir.Value]:
    import ibis

    none, is_stated, is_other = ibis.null("string"), cells["stated"].notnull(), cells["other"].notnull()
    return {
        "value": ibis.coalesce(cells["stated"], cells["other"]),
        "offset": ibis.ifelse(is_stated, cells["stated_offset"], cells["other_offset"]).nullif(""),
        "rule": ibis.cases(
            (cells["text"].isnull() | is_stated, none),
            (is_other, "other_date_format"),
            (cells["is_open"], "ambiguous_date"),
            else_="unparseable_date",
        ),
        "after": ibis.ifelse(~is_stated & is_other, cells["other"] + cells["other_offset"], none),
    }


def _arranged(text: ir.StringValue, pattern: str, parts: str) -> ir.StringValue:
    """`text` rearranged by the groups of `pattern`, fractions with a point; null where it does not match."""
    import ibis

    return ibis.ifelse(text.re_search(pattern), text.re_replace(pattern, parts).replace(",", ".").strip(), ibis.null("string"))


def _padded(text: ir.StringValue, pattern: str, groups: tuple[int, int, int]) -> ir.StringValue:
    """ISO text with two digits a part, as it goes on record."""
    year, month, day = (text.re_extract(pattern, group) for group in groups)
    return (year + "-" + month.lpad(2, "0") + "-" + day.lpad(2, "0") + " " + text.re_extract(pattern, 4).replace(",", ".")).strip()


def _read_form(text: ir.StringValue, form: str) -> tuple[ir.StringValue, ir.StringValue]:
    """ISO text and offset of text in a strptime-like format; the time of day may follow whether or not it is named."""
    import ibis

    date_part = _TIME_PARTS.sub("", form)
    has_date = bool(re.search("%[Yy]", date_part) and re.search("%[dj]", date_part))
    is_usual_time = has_date and not re.search("%[Ip]", form) and not re.search("%[HMS]", date_part)
    pattern, groups = _pattern(date_part if is_usual_time else form)
    if is_usual_time:
        pattern, clock, zone = f"^{pattern}{_TAIL}$", rf"\{len(groups) + 1}", len(groups) + 2
    else:
        pattern, clock, zone = f"^{pattern}$", "", groups.get("z", 0)
    offset = text.re_extract(pattern, zone) if zone else ibis.literal("")
    return _assembled(text, pattern, groups, clock), offset


def _pattern(form: str) -> tuple[str, dict[str, int]]:
    """A regular expression for a strptime-like format, and the group of each directive."""
    pattern, groups = "", dict[str, int]()
    literals, letters = re.split("%.", form), re.findall("%(.)", form)
    for place, letter in enumerate(letters):
        pattern += _escaped(literals[place])
        if letter == "%":
            pattern += "%"
            continue
        # without anything between them, only two digits each tell them apart
        is_close = (place > 0 and not literals[place]) or (place + 1 < len(letters) and not literals[place + 1])
        groups["b" if letter == "B" else letter] = len(groups) + 1
        pattern += _TWO if is_close and letter in "mdHI" else _PARTS[letter]
    pattern += _escaped(literals[-1])
    return pattern, groups


def _escaped(literal: str) -> str:
    return re.sub(r"([.+*?^$()\[\]{}|\\])", r"\\\1", literal)


def _assembled(text: ir.StringValue, pattern: str, groups: dict[str, int], clock: str) -> ir.StringValue:
    import ibis

    if {"Y", "m", "d"} <= set(groups) and not {"H", "I"} & set(groups):
        return _arranged(text, pattern, rf"\{groups['Y']}-\{groups['m']}-\{groups['d']} {clock}")

    def part(letter: str, otherwise: str = "") -> ir.StringValue:
        return text.re_extract(pattern, groups[letter]) if letter in groups else ibis.literal(otherwise)

    year = part("Y") if "Y" in groups else ibis.ifelse(part("y").try_cast("int64") >= 69, "19", "20") + part("y")
    if "j" in groups:
        first = (year + "-01-01").try_cast("timestamp") + (part("j").try_cast("int64") - 1).as_interval("D")
        day = first.strftime("%Y-%m-%d")
    else:
        name = part("b").lower().substr(0, 3)
        month = part("m") if "m" in groups else ibis.cases(*[(name == short, str(i)) for i, short in enumerate(_MONTHS, 1)], else_="13")
        day = year + "-" + month + "-" + part("d")
    if clock:
        time = text.re_replace(pattern, clock)
    else:
        hour = part("H", "0") if "I" not in groups else _full_hour(part("I"), part("p", "am"))
        time = hour + ":" + part("M", "00") + ":" + part("S", "00")
    return ibis.ifelse(text.re_search(pattern), (day + " " + time).strip(), ibis.null("string"))


def _full_hour(hour: ir.StringValue, half: ir.StringValue) -> ir.StringValue:
    import ibis

    return (hour.try_cast("int64") % 12 + ibis.ifelse(half.lower() == "pm", 12, 0)).cast("string")
