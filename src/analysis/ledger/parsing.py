"""Readings of cells as Ibis expressions: from text to a typed value, the rule that applied, and the text as read.

Every reading takes the text as it stands in the file (an empty cell is the empty string) and looks at nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.ledger.dates import read_moment

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.contracts import Column

SPACE = r"[\s\p{Z}\x{FEFF}\x{200B}]"
MOJIBAKE = r"[\x{C2}-\x{F4}][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
"""What a letter beyond ASCII becomes in a one-byte reading of its UTF-8; whether a text is one is decided by decoding it."""

_FULL, _PLAIN = "０１２３４５６７８９．－＋，", "0123456789.-+,"
_NUMBER = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$"
_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_FLOAT_ID = r"^[1-9]\d*\.0+$"
_ROUNDED_ID = r"^\d+\.\d+[eE]\+?\d+$|^\d+[eE]\+\d+$"
_SPELLINGS = {"CNY": ("CN¥", "RMB", "￥", "元"), "JPY": ("円", "￥"), "USD": ("US$",)}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1", "是"), ("false", "f", "no", "n", "0", "否")


@dataclass(frozen=True)
class Reading:
    """The reading of a cell.

    Attributes
    ----------
    value : typed expression
        Null where the cell is empty or has no reading.
    rule : string expression
        Name of the rule that applied (`analysis.ledger.rules`); null where the text reads as it stands.
    after : string expression
        The text as read, where it was repaired; null elsewhere.
    offset : string expression, optional
        Of a time: its stated offset from UTC.
    """

    value: ir.Value
    rule: ir.StringValue
    after: ir.StringValue
    offset: ir.StringValue | None = None


@dataclass(frozen=True)
class Style:
    """How a source writes its cells.

    Attributes
    ----------
    format : str
        Of a date or time column.
    decimal : str
        Decimal sign.
    currency, symbol : str
        The source's own.
    levels : dict
        Of a level column: level of the source -> canonical level.
    """

    format: str = "iso"
    decimal: str = "."
    currency: str = ""
    symbol: str = ""
    levels: dict[str, str] | None = None


def read_cell(raw: ir.StringValue, column: Column, style: Style) -> Reading:
    """The reading of a canonical column's cells."""
    text = trim(raw).nullif("")
    if column.kind == "id":
        return _read_id(raw, text)
    if column.kind in ("money", "number", "integer"):
        return _read_number(text, column, style)
    if column.kind in ("date", "time"):
        return _read_date(text, column, style)
    if column.kind == "level":
        return _read_level(raw, text, style.levels or {})
    if column.kind == "bool":
        return _read_bool(text)
    if column.kind == "phone":
        return _read_phone(raw, text)
    return Reading(text, _none(), _none())


def trim(raw: ir.StringValue) -> ir.StringValue:
    """Text without white space around it, Unicode's included."""
    import ibis

    return ibis.ifelse(raw.re_search(f"^{SPACE}|{SPACE}$"), raw.re_replace(f"^{SPACE}+|{SPACE}+$", ""), raw)


def _none() -> ir.StringValue:
    import ibis

    return ibis.null("string")


def _read_id(raw: ir.StringValue, text: ir.StringValue) -> Reading:
    import ibis

    is_rounded, is_float = text.re_search(_ROUNDED_ID), text.re_search(_FLOAT_ID)
    value = ibis.cases((is_rounded, _none()), (is_float, text.split(".")[0]), else_=text)
    rule = ibis.cases((text.isnull(), _none()), (is_rounded, "unreadable_id"), (is_float, "float_id"), (raw != text, "padded_id"), else_=_none())
    return Reading(value, rule, ibis.ifelse(rule.notnull(), value, _none()))


def _read_number(text: ir.StringValue, column: Column, style: Style) -> Reading:
    import ibis

    dtype = {"money": "decimal(18, 4)", "number": "float64", "integer": "int64"}[column.kind]
    narrow = text.translate(_FULL, _PLAIN)
    bare = _without_currency(narrow, style)
    point = bare if style.decimal == "." else bare.translate(".,", ",.")
    is_grouped = point.re_search(_GROUPED)
    number = ibis.ifelse(is_grouped, point.replace(",", ""), point)
    is_plain = text.re_search(_NUMBER) if style.decimal == "." else text.re_search(_NUMBER.replace(r"\.", ","))
    clean = ibis.cases((is_plain, text if style.decimal == "." else text.replace(",", ".")), (number.re_search(_NUMBER), number), else_=_none())
    value = clean.try_cast(dtype)
    rule = ibis.cases(
        (text.isnull() | (is_plain & value.notnull()), _none()),
        (value.isnull(), "unparseable_number"),
        (bare != narrow, "currency_symbol"),
        (is_grouped, "thousands_separator"),
        else_="fullwidth_digits",
    )
    return Reading(value, rule, ibis.ifelse(rule.notnull() & value.notnull(), clean, _none()))


def _without_currency(text: ir.StringValue, style: Style) -> ir.StringValue:
    """The number beside the source's own sign or code, before or after it, a minus outside or inside; else the text."""
    import ibis

    own = [*_SPELLINGS.get(style.currency, ()), style.symbol, style.currency]
    escaped = "|".join("".join(f"\\{c}" if c in ".$^*+?()[]{}|" else c for c in sign) for sign in own if sign)
    if not escaped:
        return text
    before, behind = rf"^([+-]?)(?:{escaped}){SPACE}*([+-]?[\d.,]+)$", rf"^([+-]?[\d.,]+){SPACE}*(?:{escaped})$"
    return ibis.cases((text.re_search(before), text.re_replace(before, r"\1\2")), (text.re_search(behind), text.re_replace(behind, r"\1")), else_=text)


def _read_date(text: ir.StringValue, column: Column, style: Style) -> Reading:
    import ibis

    moment = read_moment(text, style.format)
    rule = ibis.ifelse(text.isnull(), _none(), moment.rule)
    value = moment.wall if column.kind == "time" else moment.wall.date()
    return Reading(value, rule, moment.after, moment.offset if column.kind == "time" else None)


def _read_level(raw: ir.StringValue, text: ir.StringValue, levels: dict[str, str]) -> Reading:
    """Open or closed, a level is lower case. A level that ledger.toml translates is no repair."""
    import ibis

    tidy = text.lower()
    stated = {level: canonical for level, canonical in levels.items() if level}
    by_tidy = {level.strip().lower(): canonical for level, canonical in stated.items()}
    value = ibis.cases(*[(tidy == level, canonical) for level, canonical in by_tidy.items()], else_=tidy) if by_tidy else tidy
    is_as_stated = raw.isin(list(stated)) if stated else ibis.literal(False)
    rule = ibis.ifelse((raw != tidy) & ~is_as_stated & text.notnull(), "casing", _none())
    return Reading(value, rule, ibis.ifelse(rule.notnull(), tidy, _none()))


def _read_bool(text: ir.StringValue) -> Reading:
    import ibis

    tidy = text.lower()
    value = ibis.cases((tidy.isin(_TRUE), True), (tidy.isin(_FALSE), False), else_=ibis.null("boolean"))
    return Reading(value, ibis.ifelse(text.notnull() & value.isnull(), "unparseable_bool", _none()), _none())


def _read_phone(raw: ir.StringValue, text: ir.StringValue) -> Reading:
    """Digits with a leading + where the country is given; a text with other letters stays as it is."""
    import ibis

    digits = text.translate("０１２３４５６７８９＋－", "0123456789+-").re_replace(r"[\s\p{Z}().\-/·–]", "").re_replace("^00", "+")
    is_phone = digits.re_search(r"^\+?\d{5,15}$")
    value = ibis.ifelse(is_phone, digits, text)
    rule = ibis.ifelse(is_phone & (raw != digits), "phone_format", _none())
    return Reading(value, rule, ibis.ifelse(rule.notnull(), value, _none()))


def unscramble(text: str) -> str:
    """The text whose UTF-8 bytes were read as Latin-1 or Windows-1252, or `text` itself where they were not."""
    for encode in (_as_latin1, _as_cp1252):
        try:
            read = encode(text).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if read != text:
            return read
    return text


def _as_latin1(text: str) -> bytes:
    return text.encode("latin-1")


def _as_cp1252(text: str) -> bytes:
    """Windows-1252 with the five bytes that it leaves undefined taken as they are, as most software does."""
    return b"".join(c.encode("latin-1") if ord(c) in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else c.encode("cp1252") for c in text)
