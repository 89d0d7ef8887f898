"""Readings of cells as Ibis expressions: from text to a typed value, the rule that applied, and the text as read.

A reading looks at its own cell only. It is written in steps: each step names what it finds, and the next ones use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.ledger.dates import moment_steps

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.contracts import Column
    from analysis.ledger.dates import Cell, Step

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


def read_cells(raw: ir.Table, styles: dict[Column, Style]) -> ir.Table:
    """Read the cells of a table.

    Parameters
    ----------
    raw : ir.Table
        Text columns as they stand in the file (an empty cell is the empty string), and any others.
    styles : dict
        Canonical column -> how the source writes it.

    Returns
    -------
    ir.Table
        `raw`, and for each column ``x``: ``x__v``, its typed value, null where the cell is empty or has no reading;
        ``x__r``, the name of the rule that applied (`analysis.ledger.rules`), null where the text reads as it stands;
        ``x__a``, the text as read where it was repaired, null elsewhere; of times ``x__o``, the stated offset from UTC.
    """
    plans = {column.name: _steps(column, style) for column, style in styles.items()}
    rows = raw
    # one layer after the other, so that no expression repeats the ones that it is made from
    for number in range(max(map(len, plans.values()), default=0)):
        added = {}
        for name, steps in plans.items():
            if number < len(steps):
                found = steps[number](lambda part, name=name: rows[f"{name}__{part}" if part else name])  # type: ignore[misc]
                added |= {f"{name}__{part}": value for part, value in found.items()}
        rows = rows.mutate(**added)
    wanted = [f"{column.name}__{part}" for column in styles for part in ("v", "r", "a", *("o" for _ in [0] if column.kind == "time"))]
    return rows.select(*raw.columns, *wanted)


def _steps(column: Column, style: Style) -> list[Step]:
    if column.kind == "id":
        return [_trimmed, _look_at_id, _read_id]
    if column.kind in ("money", "number", "integer"):
        return [_trimmed, *_number_steps(column, style)]
    if column.kind in ("date", "time"):
        return [_trimmed, *moment_steps(style.format), _date_of if column.kind == "date" else _time_of]
    if column.kind == "level":
        return [_trimmed, lambda cell: _read_level(cell, style.levels or {})]
    if column.kind == "bool":
        return [_trimmed, _read_bool, _judge_bool]
    if column.kind == "phone":
        return [_trimmed, _look_at_phone, _read_phone]
    return [_trimmed, lambda cell: {"v": cell("text"), "r": _none(), "a": _none()}]


def _trimmed(cell: Cell) -> dict[str, ir.Value]:
    return {"text": trim(cell("")).nullif("")}


def trim(raw: ir.StringValue) -> ir.StringValue:
    """Text without white space around it, Unicode's included."""
    import ibis

    return ibis.ifelse(raw.re_search(f"^{SPACE}|{SPACE}$"), raw.re_replace(f"^{SPACE}+|{SPACE}+$", ""), raw)


def _none() -> ir.StringValue:
    import ibis

    return ibis.null("string")


def _look_at_id(cell: Cell) -> dict[str, ir.Value]:
    text = cell("text")
    return {"is_rounded": text.re_search(_ROUNDED_ID), "is_float": text.re_search(_FLOAT_ID)}


def _read_id(cell: Cell) -> dict[str, ir.Value]:
    import ibis

    text, is_rounded, is_float = cell("text"), cell("is_rounded"), cell("is_float")
    whole = text.re_replace(r"\.0+$", "")
    rule = ibis.cases((is_rounded, "unreadable_id"), (is_float, "float_id"), (cell("") != text, "padded_id"), else_=_none())
    return {
        "v": ibis.cases((is_rounded, _none()), (is_float, whole), else_=text),
        "r": rule,
        "a": ibis.cases((is_float, whole), (~is_rounded & (cell("") != text), text), else_=_none()),
    }


def _number_steps(column: Column, style: Style) -> list[Step]:
    import ibis

    dtype = {"money": "decimal(18, 4)", "number": "float64", "integer": "int64"}[column.kind]
    plain = _NUMBER if style.decimal == "." else _NUMBER.replace(r"\.", ",")

    def look(cell: Cell) -> dict[str, ir.Value]:
        is_plain = cell("text").re_search(plain)
        return {"is_plain": is_plain, "narrow": ibis.ifelse(is_plain, _none(), cell("text").translate(_FULL, _PLAIN))}

    def bare(cell: Cell) -> dict[str, ir.Value]:
        return {"bare": _without_currency(cell("narrow"), style)}

    def group(cell: Cell) -> dict[str, ir.Value]:
        point = ibis.ifelse(cell("is_plain"), cell("text"), cell("bare"))
        point = point if style.decimal == "." else point.translate(".,", ",.")
        return {"point": point, "is_grouped": ~cell("is_plain") & point.re_search(_GROUPED)}

    def clean(cell: Cell) -> dict[str, ir.Value]:
        whole = ibis.ifelse(cell("is_grouped"), cell("point").replace(",", ""), cell("point"))
        return {"number": whole}

    def cast(cell: Cell) -> dict[str, ir.Value]:
        # an engine may read more than we do ("nan", "1_000")
        is_number = cell("is_plain") | cell("number").re_search(_NUMBER)
        return {"v": ibis.ifelse(is_number, cell("number").try_cast(dtype), ibis.null(dtype))}

    def judge(cell: Cell) -> dict[str, ir.Value]:
        value = cell("v")
        rule = ibis.cases(
            (cell("text").isnull() | (cell("is_plain") & value.notnull()), _none()),
            (value.isnull(), "unparseable_number"),
            (cell("bare") != cell("narrow"), "currency_symbol"),
            (cell("is_grouped"), "thousands_separator"),
            else_="fullwidth_digits",
        )
        return {"r": rule, "a": ibis.ifelse(~cell("is_plain") & value.notnull(), cell("number"), _none())}

    return [look, bare, group, clean, cast, judge]


def _without_currency(text: ir.StringValue, style: Style) -> ir.StringValue:
    """The number beside the source's own sign or code, before or after it, a minus outside or inside; else the text."""
    import ibis

    own = [*_SPELLINGS.get(style.currency, ()), style.symbol, style.currency]
    escaped = "|".join("".join(f"\\{c}" if c in ".$^*+?()[]{}|" else c for c in sign) for sign in own if sign)
    if not escaped:
        return text
    before, behind = rf"^([+-]?)(?:{escaped}){SPACE}*([+-]?[\d.,]+)$", rf"^([+-]?[\d.,]+){SPACE}*(?:{escaped})$"
    return ibis.cases((text.re_search(before), text.re_replace(before, r"\1\2")), (text.re_search(behind), text.re_replace(behind, r"\1")), else_=text)


def _date_of(cell: Cell) -> dict[str, ir.Value]:
    return {"v": cell("wall").date()}


def _time_of(cell: Cell) -> dict[str, ir.Value]:
    return {"v": cell("wall"), "o": cell("offset")}


def _read_level(cell: Cell, levels: dict[str, str]) -> dict[str, ir.Value]:
    """Open or closed, a level is lower case. A level that ledger.toml translates is no repair."""
    import ibis

    tidy = cell("text").lower()
    by_tidy = {level.strip().lower(): canonical for level, canonical in levels.items()}
    is_changed = cell("").notin(list(levels)) & (cell("") != tidy) if levels else cell("") != tidy
    return {
        "v": ibis.cases(*[(tidy == level, canonical) for level, canonical in by_tidy.items()], else_=tidy) if by_tidy else tidy,
        "r": ibis.ifelse(is_changed, "casing", _none()),
        "a": ibis.ifelse(is_changed, tidy, _none()),
    }


def _read_bool(cell: Cell) -> dict[str, ir.Value]:
    import ibis

    tidy = cell("text").lower()
    return {"v": ibis.cases((tidy.isin(_TRUE), True), (tidy.isin(_FALSE), False), else_=ibis.null("boolean"))}


def _judge_bool(cell: Cell) -> dict[str, ir.Value]:
    import ibis

    return {"r": ibis.ifelse(cell("text").notnull() & cell("v").isnull(), "unparseable_bool", _none()), "a": _none()}


def _look_at_phone(cell: Cell) -> dict[str, ir.Value]:
    narrow = cell("text").translate("０１２３４５６７８９＋－", "0123456789+-")
    return {"digits": narrow.re_replace(r"[\s\p{Z}().\-/·–]", "").re_replace("^00", "+")}


def _read_phone(cell: Cell) -> dict[str, ir.Value]:
    """Digits with a leading + where the country is given; a text with other letters stays as it is."""
    import ibis

    is_phone = cell("digits").re_search(r"^\+?\d{5,15}$")
    is_changed = is_phone & (cell("") != cell("digits"))
    return {
        "v": ibis.ifelse(is_phone, cell("digits"), cell("text")),
        "r": ibis.ifelse(is_changed, "phone_format", _none()),
        "a": ibis.ifelse(is_changed, cell("digits"), _none()),
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
