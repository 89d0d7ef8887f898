"""Customers found by a pattern of their code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import pandas as pd

from analysis.codes.book import Codebook, CodeError, Part, codebook

Rows = TypeVar("Rows", pd.DataFrame, pd.Series)


def match(rows: Rows, pattern: str = "*", book: Codebook | None = None, **parts: str | Iterable[str]) -> Rows:
    """The rows whose code fits.

    Parameters
    ----------
    rows : DataFrame with a column `code`, or Series of codes
        Codes as `encode` writes them.
    pattern : str
        Parts from the first on, with the codebook's separator between them: a symbol, several with | between them, ``?`` for any
        one character, or ``*`` for any symbol. A ``*`` at the end stands for all the rest: ``B-*-T1|N1-*`` are businesses in cities
        of the first two tiers.
    **parts
        Part -> label or symbol, or several: ``match(frame, type="business", risk=("high", "medium"))``. All must hold.

    Raises
    ------
    CodeError
        A frame without codes. A pattern that no code can fit: a symbol that its part does not have, too many parts, or too few
        without a ``*`` at the end.
    """
    book = book or codebook()
    if isinstance(rows, pd.DataFrame) and "code" not in rows:
        raise CodeError('there is no column code; match month.read("codes"), whose customer_id joins this table')
    wanted = _split(pattern, book)
    for name, asked in parts.items():
        part = book[name]
        symbols = [_choose(part, one) for one in ([asked] if isinstance(asked, str) else asked)]
        wanted.setdefault(name, []).append("|".join(symbols))
    codes: Any = rows["code"] if isinstance(rows, pd.DataFrame) else rows
    fits = pd.Series(True, index=codes.index)
    if tail := wanted.pop("", [""])[0]:
        fits &= codes.str.slice(-len(tail)) == tail
    for name, conditions in wanted.items():
        part = book[name]
        held = codes.str.slice(part.start, part.stop)
        for condition in conditions:
            fits &= held.isin([symbol for symbol in part.labels if _fits(symbol, condition)])
    return rows[fits.to_numpy(dtype=bool)]


def _split(pattern: str, book: Codebook) -> dict[str, list[str]]:
    pieces = pattern.strip().upper().split(book.separator) if book.separator else [pattern.strip().upper()]
    if not book.separator and pattern != "*":
        raise CodeError(f"pattern {pattern!r}: codes of this codebook have no separator; name the parts instead, as in type=...")
    tail = 1 if book.version or book.has_check else 0
    if pieces[-1] == "*":
        pieces = pieces[:-1]
    elif len(pieces) < len(book.parts):
        raise CodeError(f"pattern {pattern!r} has {len(pieces)} parts, a code has {len(book.parts)}; end it with * for all the rest")
    if len(pieces) > len(book.parts) + tail:
        raise CodeError(f"pattern {pattern!r} has {len(pieces)} parts, a code has {len(book.parts)}")
    wanted: dict[str, list[str]] = {}
    for part, piece in zip(book.parts, pieces, strict=False):
        if piece == "*":
            continue
        for one in piece.split("|"):
            if not any(_fits(symbol, one) for symbol in part.labels):
                raise CodeError(
                    f"pattern {pattern!r}: {one or 'nothing'} is no symbol of {part.name}; its symbols are {', '.join(part.labels)}"
                )
        wanted[part.name] = [piece]
    return wanted | ({"": [pieces[-1]]} if len(pieces) > len(book.parts) else {})


def _fits(symbol: str, condition: str) -> bool:
    return any(re.fullmatch(re.escape(one).replace(r"\?", "."), symbol) for one in condition.split("|"))


def _choose(part: Part, asked: str) -> str:
    if asked.strip().upper() in part.labels:
        return asked.strip().upper()
    if (symbol := part.spelt.get(asked.strip().lower())) is None:
        raise CodeError(
            f"{part.name} has no label or symbol {asked!r}; it knows {', '.join(f'{s} {label}' for s, label in part.labels.items())}"
        )
    return symbol
