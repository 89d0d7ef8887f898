"""Readings of cells as Ibis expressions: from text to a typed value, the rule that applied, and the text as read.

Nearly all cells are written as expected, and `usual_value` reads them at once. The odd ones are read in steps: each step
names what it finds, and the next ones use it. A reading looks at its own cell only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.ledger.dates import moment_steps, usual_moment

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.contracts import Column
    from analysis.ledger.dates import Step

SPACE = r"[\s\p{Z}\x{FEFF}\x{200B}]"
MOJIBAKE = r"[\x{C2}-\x{F4}][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
"""What a letter beyond ASCII becomes in a one-byte reading of its UTF-8; whether a text is one is decided by decoding it."""

_FULL, _PLAIN = "０１２３４５６７８９．－＋，", "0123456789.-+,"
_NUMBER = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$"
_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_FLOAT_ID = r"^[1-9]\d*\.0+$"
_ROUNDED_ID = r"^\d+\.\d+[eE]\+?\d+$|^\d+[eE]\+\d+$"
_EDGE = f"^{SPACE}|{SPACE}$"
_ODD_ID, _ODD_PHONE, _ODD_TEXT = f"{_EDGE}|{_FLOAT_ID}|{_ROUNDED_ID}", r"[^0-9+]|^00|.\+", f"{_EDGE}|{MOJIBAKE}"
_SPELLINGS = {"CNY": ("CN¥", "RMB", "￥", "元"), "JPY": ("円", "￥"), "USD": ("US$",)}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1", "是"), ("false", "f", "no", "n", "0", "否")


DTYPES = {"money": "decimal(18, 4)", "number": "float64", "integer": "int64", "date": "date", "time": "timestamp(6)", "bool": "boolean"}
"""Ibis types of the kinds of columns; all other kinds are text."""


@dataclass(frozen=True)
class Style:
    """How the cells of a column are written; columns of one style are read alike.

    Attributes
    ----------
    kind : str
        Of the column (`analysis.contracts.Column`).
    format : str
        Of dates and times: ``"iso"`` or strptime-like.
    decimal : str
        Decimal sign of numbers.
    signs : tuple of str
        Signs and codes of the source's own currency.
    levels : tuple of (str, str)
        Levels of the source and their canonical ones.
    """

    kind: str
    format: str = ""
    decimal: str = ""
    signs: tuple[str, ...] = ()
    levels: tuple[tuple[str, str], ...] = ()


def style_of(column: Column, form: str, decimal: str, currency: str, symbol: str, levels: dict[str, str]) -> Style:
    """The style of a column, with only what its kind looks at."""
    if column.kind in ("money", "number", "integer"):
        signs = tuple(sign for sign in (*_SPELLINGS.get(currency, ()), symbol, currency) if sign)
        return Style(column.kind, decimal=decimal, signs=signs)
    if column.kind in ("date", "time"):
        return Style("time", format=form)
    if column.kind == "level":
        return Style("level", levels=tuple(levels.items()))
    return Style(column.kind if column.kind in ("id", "bool", "phone") else "text")


def usual_value(raw: ir.StringValue, column: Column, style: Style) -> ir.Value:
    """The value of a cell that is written as expected; null of an empty or an odd one."""
    import ibis

    if style.kind == "time":
        value = usual_moment(raw, style.format)
        return value.date() if column.kind == "date" else value
    if style.kind in ("money", "number", "integer"):
        point = raw if style.decimal == "." else raw.replace(",", ".")
        return ibis.ifelse(raw.re_search(_plain(style)), point.try_cast(DTYPES[style.kind]), None)
    if style.kind == "level":
        is_stated = raw.isin([level for level, _ in style.levels]) if style.levels else ibis.literal(False)
        is_usual = is_stated | ((raw == raw.lower()) & ~raw.re_search(_EDGE))
        return ibis.ifelse(is_usual, _translated(raw.lower(), style).nullif(""), None)
    if style.kind == "bool":
        return _truth(raw)
    odd = {"id": _ODD_ID, "phone": _ODD_PHONE}.get(style.kind, _ODD_TEXT)
    return ibis.ifelse(raw.re_search(odd), None, raw.nullif(""))


def read_odd(cells: ir.Table, style: Style) -> ir.Table:
    """Read cells of one style.

    Parameters
    ----------
    cells : ir.Table
        One row per cell; its text in ``raw``, never empty.
    style : Style
        How the source writes these cells.

    Returns
    -------
    ir.Table
        `cells`, and ``value`` (canonical text, null where there is no reading), ``rule`` (name of the rule that applied,
        null where the text reads as it stands), ``after`` (the text as read, where it was repaired), ``offset`` (of times).
    """
    given = cells.columns
    for step in [_trimmed, *_steps(style)]:
        cells = cells.mutate(**step(cells))
    if "offset" not in cells.columns:
        cells = cells.mutate(offset=_none())
    return cells.select(*given, "value", "rule", "after", "offset")


def _steps(style: Style) -> list[Step]:
    if style.kind == "id":
        return [_look_at_id, _read_id]
    if style.kind in ("money", "number", "integer"):
        return _number_steps(style)
    if style.kind == "time":
        return moment_steps(style.format)
    if style.kind == "level":
        return [lambda cells: _read_level(cells, style)]
    if style.kind == "bool":
        return [_read_bool]
    if style.kind == "phone":
        return [_look_at_phone, _read_phone]
    return [lambda cells: {"value": cells["text"], "rule": _none(), "after": _none()}]


def _none() -> ir.StringValue:
    import ibis

    return ibis.null("string")


def _trimmed(cells: ir.Table) -> dict[str, ir.Value]:
    return {"text": cells["raw"].re_replace(f"^{SPACE}+|{SPACE}+$", "").nullif("")}


def _look_at_id(cells: ir.Table) -> dict[str, ir.Value]:
    return {"is_rounded": cells["text"].re_search(_ROUNDED_ID), "is_float": cells["text"].re_search(_FLOAT_ID)}


def _read_id(cells: ir.Table) -> dict[str, ir.Value]:
    import ibis

    text, is_rounded, is_float, is_padded = cells["text"], cells["is_rounded"], cells["is_float"], cells["raw"] != cells["text"]
    whole = text.re_replace(r"\.0+$", "")
    return {
        "value": ibis.cases((is_rounded, _none()), (is_float, whole), else_=text),
        "rule": ibis.cases((is_rounded, "unreadable_id"), (is_float, "float_id"), (is_padded, "padded_id"), else_=_none()),
        "after": ibis.cases((is_rounded, _none()), (is_float, whole), (is_padded, text), else_=_none()),
    }


def _plain(style: Style) -> str:
    return _NUMBER if style.decimal == "." else _NUMBER.replace(r"\.", ",")


def _number_steps(style: Style) -> list[Step]:
    import ibis

    def narrow(cells: ir.Table) -> dict[str, ir.Value]:
        return {"narrow": cells["text"].translate(_FULL, _PLAIN)}

    def bare(cells: ir.Table) -> dict[str, ir.Value]:
        return {"bare": _without_currency(cells["narrow"], style.signs)}

    def group(cells: ir.Table) -> dict[str, ir.Value]:
        point = cells["bare"] if style.decimal == "." else cells["bare"].translate(".,", ",.")
        return {"point": point, "is_grouped": point.re_search(_GROUPED)}

    def cast(cells: ir.Table) -> dict[str, ir.Value]:
        number = ibis.ifelse(cells["is_grouped"], cells["point"].replace(",", ""), cells["point"])
        # an engine may read more than we do ("nan", "1_000")
        is_number = number.re_search(_NUMBER) & number.try_cast(DTYPES[style.kind]).notnull()
        return {"value": ibis.ifelse(is_number, number, _none())}

    def judge(cells: ir.Table) -> dict[str, ir.Value]:
        rule = ibis.cases(
            (cells["text"].isnull(), _none()),
            (cells["value"].isnull(), "unparseable_number"),
            (cells["bare"] != cells["narrow"], "currency_symbol"),
            (cells["is_grouped"], "thousands_separator"),
            (cells["narrow"] != cells["text"], "fullwidth_digits"),
            else_=_none(),
        )
        return {"rule": rule, "after": ibis.ifelse(rule.notnull(), cells["value"], _none())}

    return [narrow, bare, group, cast, judge]


def _without_currency(text: ir.StringValue, signs: tuple[str, ...]) -> ir.StringValue:
    """The number beside the source's own sign or code, before or after it, a minus outside or inside; else the text."""
    import ibis

    if not signs:
        return text
    own = "|".join("".join(f"\\{c}" if c in ".$^*+?()[]{}|" else c for c in sign) for sign in signs)
    before, behind = rf"^([+-]?)(?:{own}){SPACE}*([+-]?[\d.,]+)$", rf"^([+-]?[\d.,]+){SPACE}*(?:{own})$"
    return ibis.cases(
        (text.re_search(before), text.re_replace(before, r"\1\2")), (text.re_search(behind), text.re_replace(behind, r"\1")), else_=text
    )


def _translated(tidy: ir.StringValue, style: Style) -> ir.StringValue:
    import ibis

    stated = {level.strip().lower(): canonical for level, canonical in style.levels}
    return ibis.cases(*[(tidy == level, canonical) for level, canonical in stated.items()], else_=tidy) if stated else tidy


def _read_level(cells: ir.Table, style: Style) -> dict[str, ir.Value]:
    """Open or closed, a level is lower case. A level that ledger.toml translates is no repair."""
    import ibis

    tidy = cells["text"].lower()
    return {"value": _translated(tidy, style), "rule": ibis.ifelse(tidy.notnull(), "casing", _none()), "after": tidy}


def _truth(text: ir.StringValue) -> ir.BooleanValue:
    import ibis

    tidy = text.lower()
    return ibis.cases((tidy.isin(_TRUE), True), (tidy.isin(_FALSE), False), else_=ibis.null("boolean"))


def _read_bool(cells: ir.Table) -> dict[str, ir.Value]:
    import ibis

    value = _truth(cells["text"]).cast("string")
    return {"value": value, "rule": ibis.ifelse(cells["text"].notnull() & value.isnull(), "unparseable_bool", _none()), "after": _none()}


def _look_at_phone(cells: ir.Table) -> dict[str, ir.Value]:
    narrow = cells["text"].translate("０１２３４５６７８９＋－", "0123456789+-")
    return {"digits": narrow.re_replace(r"[\s\p{Z}().\-/·–]", "").re_replace("^00", "+")}


def _read_phone(cells: ir.Table) -> dict[str, ir.Value]:
    """Digits with a leading + where the country is given; a text with other letters stays as it is."""
    import ibis

    is_phone = cells["digits"].re_search(r"^\+?\d{5,15}$") & (cells["raw"] != cells["digits"])
    return {
        "value": ibis.ifelse(is_phone, cells["digits"], cells["text"]),
        "rule": ibis.ifelse(is_phone, "phone_format", _none()),
        "after": ibis.ifelse(is_phone, cells["digits"], _none()),
    }


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
