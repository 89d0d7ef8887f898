"""Formats of dates and numbers that nobody stated: evident ones are detected and written down, others are asked for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis.contracts import LEDGER
from analysis.ledger.config import CONFIG, SourceConfig
from analysis.ledger.options import Detected
from analysis.ledger.readers.staged import Staged
from analysis.ledger.store import LedgerError

if TYPE_CHECKING:
    import ibis.expr.types as ir

SHARE = 0.95
"""Of a column's filled cells, the least that a format must read; the rest is dirt for cleaning to name."""
SMALL, SMALL_SHARE = 60, 0.8
"""In columns with fewer filled cells, one bad cell weighs more."""

_DAY, _MONTH = "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])"
_TAIL = r"(?:[T ,].*)?$"
_CANDIDATES = {
    "iso": rf"^[0-9]{{4}}-{_MONTH}-{_DAY}{_TAIL}",
    "%Y/%m/%d": rf"^[0-9]{{4}}/{_MONTH}/{_DAY}{_TAIL}",
    "%Y.%m.%d": rf"^[0-9]{{4}}\.{_MONTH}\.{_DAY}{_TAIL}",
    "%Y%m%d": rf"^(?:19|20)[0-9]{{2}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]){_TAIL}",
    "%Y年%m月%d日": rf"^[0-9]{{4}}年{_MONTH}月{_DAY}日.*$",
    "%d %b %Y": rf"^{_DAY} [A-Za-z]{{3,9}} [0-9]{{4}}{_TAIL}",
    "%d-%b-%Y": rf"^{_DAY}-[A-Za-z]{{3,9}}-[0-9]{{4}}{_TAIL}",
    "%b %d, %Y": rf"^[A-Za-z]{{3,9}} {_DAY}, [0-9]{{4}}{_TAIL}",
    **{f"%d{sign}%m{sign}%Y": rf"^{_DAY}[{sign}]{_MONTH}[{sign}][0-9]{{4}}{_TAIL}" for sign in "/.-"},
    **{f"%m{sign}%d{sign}%Y": rf"^{_MONTH}[{sign}]{_DAY}[{sign}][0-9]{{4}}{_TAIL}" for sign in "/.-"},
}

_POINT = r",[0-9]{3}\.|,[0-9]{3},[0-9]{3}|^[^,]*\.(?:[0-9]{1,2}|[0-9]{4,})[^0-9.,]*$|^[^0-9.,]*0?\.[0-9]+[^0-9.,]*$|[0-9]{4}\.[0-9]"
_COMMA = r"\.[0-9]{3},|\.[0-9]{3}\.[0-9]{3}|^[^.]*,(?:[0-9]{1,2}|[0-9]{4,})[^0-9.,]*$|^[^0-9.,]*0?,[0-9]+[^0-9.,]*$|[0-9]{4},[0-9]"
_OPEN = r"^[^0-9.,]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9.,]*$"


def detect_formats(config: SourceConfig, table: str, staged: Staged) -> dict[str, Detected]:
    """Find the formats of date, time and number columns of a staged table for which none is stated.

    Every cell is looked at. A date format must read nearly all filled cells of its column (`SHARE`); ISO comes first.
    A decimal sign is looked for only where cells hold commas, or nothing but three digits after a point.

    Returns
    -------
    dict
        Column -> what was found; columns without filled cells are absent.

    Raises
    ------
    LedgerError
        Two formats fit, or none: one line with the line of ledger.toml that would settle it.
    """
    import ibis

    rows = ibis.duckdb.connect().read_parquet(str(staged.path))
    stated = config.formats(table)
    found = {}
    for column in (c for c in LEDGER[table].columns if c.name in staged.columns):
        name = column.name
        if column.kind in ("date", "time") and name not in stated:
            form = _date_format(rows, table, name)
            if form:
                found[name] = Detected(format=form)
        is_decided = config.tables[table].decimal or name in config.detected.get(table, {})
        if column.kind in ("money", "number", "integer") and not is_decided:
            sign = _decimal_sign(rows, table, name)
            if sign:
                found[name] = Detected(decimal=sign)
    return found


def _date_format(rows: ir.Table, table: str, column: str) -> str:
    text = rows[column].strip()
    filled, iso = _count(rows, text != "", text.re_search(_CANDIDATES["iso"]))
    if not filled:
        return ""
    least = filled * (SHARE if filled >= SMALL else SMALL_SHARE)
    if iso >= least:
        return "iso"
    counts = dict(zip(_CANDIDATES, _count(rows, *(text.re_search(pattern) for pattern in _CANDIDATES.values())), strict=True))
    fitting = [form for form, count in counts.items() if count >= least]
    if len(fitting) == 1:
        return fitting[0]
    settle = "state it: [tables.{}.formats] {} = {}"
    if fitting:
        shares = " and ".join(f"{form} ({counts[form] / filled:.0%})" for form in fitting)
        raise LedgerError(f"{table}.{column} reads as {shares}; " + settle.format(table, column, f'"{fitting[0]}" or "{fitting[1]}"'))
    best = max(counts, key=lambda form: counts[form])
    first = rows.filter((text != "") & ~text.re_search(_CANDIDATES[best])).order_by("_row").limit(1)
    odd = first.select("_file", "_line").to_pyarrow().to_pylist()[0]
    raise LedgerError(
        f"{table}.{column} has no evident date format (best: {best}, {counts[best] / filled:.0%}; unlike it: {odd['_file']} data line "
        f"{odd['_line']}); " + settle.format(table, column, '"%d/%m/%Y %H:%M" or the like')
    )


def _decimal_sign(rows: ir.Table, table: str, column: str) -> Literal["", ".", ","]:
    text = rows[column]
    commas, points = _count(rows, text.contains(","), text.contains("."))
    if not commas and not points:
        return ""
    for_point, for_comma, is_open = _count(rows, *(text.re_search(pattern) for pattern in (_POINT, _COMMA, _OPEN)))
    if for_point + for_comma == 0:
        if not is_open:
            return ""
        problem = 'every "1,234" or "1.234" in it may be a thousand or a fraction'
    elif max(for_point, for_comma) >= SHARE * (for_point + for_comma):
        if for_comma > for_point:
            return ","
        return "." if commas else ""  # points alone are the default: nothing to write down
    else:
        problem = f"{for_point} of its numbers have a decimal point, {for_comma} a decimal comma"
    raise LedgerError(f'{table}.{column}: {problem}; state it: [tables.{table}] decimal = "." or ","')


def _count(rows: ir.Table, *conditions: Any) -> list[int]:
    """How many rows meet each condition."""
    totals = rows.aggregate(**{f"c{number}": condition.sum() for number, condition in enumerate(conditions)})
    return [int(value or 0) for value in totals.to_pyarrow().to_pylist()[0].values()]


def keep_detected(folder: Path, found: dict[str, dict[str, Detected]]) -> None:
    """Append what was detected to ``ledger.toml``, so that it is fixed from now on.

    Parameters
    ----------
    folder : Path
        ``data/<source>``.
    found : dict
        Table -> column -> what was found.
    """
    lines = []
    for table, columns in found.items():
        for column, part in columns.items():
            key, value = ("format", part.format) if part.format else ("decimal", part.decimal)
            lines += ["", f"[detected.{table}.{column}]  # found in the raw files, fixed from now on; correct it here if it is wrong"]
            lines += [f'{key} = "{value}"']
    if not lines:
        return
    path = Path(folder) / CONFIG
    text = path.read_text(encoding="utf-8")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, prefix=".ledger-", delete=False) as copy:
        copy.write(text.rstrip("\n") + "\n" + "\n".join(lines) + "\n")
    Path(copy.name).chmod(path.stat().st_mode)
    os.replace(copy.name, path)
