"""Codes from labels and back, and what is wrong with a code; in bulk, a million codes in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

import numpy as np
import pandas as pd

from analysis.codes import check_characters
from analysis.codes.book import Codebook, CodeError, Part, codebook

MALFORMED, OTHER_VERSION, UNKNOWN_SYMBOL, WRONG_CHECK = FAULTS = ("malformed", "other_version", "unknown_symbol", "wrong_check")
"""What may be wrong with a code by itself, in the order in which it is looked for."""


@overload
def encode(labels: Mapping[str, Any], book: Codebook | None = None) -> str: ...
@overload
def encode(labels: pd.DataFrame, book: Codebook | None = None) -> pd.Series: ...
def encode(labels: Any, book: Codebook | None = None) -> Any:
    """Code of a customer, or of every row of a frame.

    Parameters
    ----------
    labels : DataFrame, or mapping or Series of one customer
        Part -> label (or another spelling that the codebook knows); what is missing or blank is unknown. Other columns of a
        frame are left alone.
    book : Codebook, optional
        The project's own by default.

    Returns
    -------
    Series of text with the frame's index, or text

    Raises
    ------
    CodeError
        A label that the codebook does not know; of one customer also a part that it does not know.
    """
    book = book or codebook()
    if not isinstance(labels, pd.DataFrame):
        for name in labels:
            _ = book[str(name)]
        return str(encode(pd.DataFrame([dict(labels)], dtype=object), book).iloc[0])
    letters = np.full((len(labels), book.length), ord(book.separator or " "), dtype=np.uint8)
    for part in book.parts:
        if part.name in labels:
            codes, uniques = pd.factorize(labels[part.name].astype(object), use_na_sentinel=True)
            symbols = [part.find(value) for value in uniques]
            symbols += [part.find(None)] if (codes < 0).any() else []
        else:
            codes, symbols = np.zeros(len(labels), dtype=int), [part.find(None)]
        if symbols:
            letters[:, part.start : part.stop] = _letters(symbols, part.width)[codes]
    if book.version:
        letters[:, -len(book.version) - _tail(book)] = ord(book.version)
    if book.has_check:
        letters[:, -check_characters.LENGTH :] = check_characters.compute(letters[:, _payload(book)[: -check_characters.LENGTH]])
    return pd.Series(_texts(letters), index=labels.index, name="code", dtype=object)


@overload
def decode(code: str, book: Codebook | None = None) -> dict[str, str]: ...
@overload
def decode(code: pd.Series, book: Codebook | None = None) -> pd.DataFrame: ...
def decode(code: Any, book: Codebook | None = None) -> Any:
    """What a code says, part by part.

    Parameters
    ----------
    code : text or Series of texts
        Case and outer space do not matter.

    Returns
    -------
    dict of part -> label; of a Series a DataFrame of its index, one column a part

    Raises
    ------
    CodeError
        A code that is not sound; of a Series, the first one.
    """
    book = book or codebook()
    if not isinstance(code, pd.Series):
        return {str(name): str(label) for name, label in decode(pd.Series([code], dtype=object), book).iloc[0].items()}
    faults = validate(code, book)
    if (faults != "").any():
        place = int((faults != "").to_numpy().argmax())
        raise CodeError(explain(str(code.iloc[place]), str(faults.iloc[place]), book))
    letters, _ = _read(code, book)
    columns = {part.name: _choose(list(part.labels.values()), find_symbols(letters, part)) for part in book.parts}
    return pd.DataFrame(columns, index=code.index)


def count_symbols(code: pd.Series, book: Codebook) -> dict[str, dict[str, int]]:
    """Part -> label -> number of codes; of codes that `encode` made. Symbols that none has are counted 0."""
    letters, _ = _read(code, book)
    counted = {}
    for part in book.parts:
        counts = np.bincount(find_symbols(letters, part), minlength=len(part.labels))
        counted[part.name] = {label: int(count) for label, count in zip(part.labels.values(), counts, strict=True)}
    return counted


def count_parts(code: pd.Series, book: Codebook, labels: tuple[str, ...]) -> np.ndarray:
    """How many parts of each code say one of `labels`; of codes that `encode` made."""
    letters, _ = _read(code, book)
    total = np.zeros(len(code), dtype=np.int64)
    for part in book.parts:
        total += np.isin(list(part.labels.values()), labels)[find_symbols(letters, part)]
    return total


@overload
def validate(code: str, book: Codebook | None = None) -> str: ...
@overload
def validate(code: pd.Series, book: Codebook | None = None) -> pd.Series: ...
def validate(code: Any, book: Codebook | None = None) -> Any:
    """The first fault of a code: one of `FAULTS`, or the empty text where it is sound.

    ``malformed`` (length, separators, or a character that is none of A-Z and 0-9; also a missing code), ``other_version`` (made
    by another codebook), ``unknown_symbol`` (a symbol that its part does not have), ``wrong_check`` (mistyped). Case and outer
    space do not matter.
    """
    book = book or codebook()
    if not isinstance(code, pd.Series):
        return str(validate(pd.Series([code], dtype=object), book).iloc[0])
    letters, is_whole = _read(code, book)
    holds = [~is_whole]
    if book.version:
        holds.append(letters[:, -len(book.version) - _tail(book)] != ord(book.version))
    else:
        holds.append(np.zeros(len(code), dtype=bool))
    known = np.ones(len(code), dtype=bool)
    for part in book.parts:
        known &= find_symbols(letters, part) >= 0
    holds.append(~known)
    checked = letters[:, _payload(book)]
    checked[~is_whole] = ord("0")
    holds.append(~check_characters.is_valid(checked) if book.has_check else ~is_whole)
    number = np.select(holds, range(len(FAULTS)), len(FAULTS))
    return pd.Series(_choose([*FAULTS, ""], number), index=code.index, name="fault", dtype=object)


def explain(code: str, fault: str, book: Codebook | None = None) -> str:
    """A fault of `validate` as a sentence."""
    book, text = book or codebook(), str(code).strip().upper()
    if fault == MALFORMED:
        shape = book.separator.join("_" * part.width for part in book.parts)
        return f"{code!r} is no code: codes are {book.length} characters long and begin like {shape}"
    if fault == OTHER_VERSION:
        return f"{code!r} was made by version {text[-1 - _tail(book)]} of the codebook, not by version {book.version}"
    if fault == UNKNOWN_SYMBOL:
        part = next(part for part in book.parts if text[part.start : part.stop] not in part.labels)
        return f"{code!r}: {text[part.start : part.stop]} is no symbol of {part.name}; its symbols are {', '.join(part.labels)}"
    if fault == WRONG_CHECK:
        return f"{code!r}: its check characters do not fit; one or more characters were mistyped"
    return f"{code!r} is sound"


def _tail(book: Codebook) -> int:
    return check_characters.LENGTH if book.has_check else 0


def _payload(book: Codebook) -> list[int]:
    """Positions that hold letters or digits."""
    return [place for place in range(book.length) if place not in book.marks]


def _letters(texts: list[str], width: int) -> np.ndarray:
    """Texts of `width` ASCII characters as rows of bytes."""
    return np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(len(texts), width)


def _texts(letters: np.ndarray) -> np.ndarray:
    if not len(letters):
        return np.array([], dtype=object)
    return np.ascontiguousarray(letters).view(f"S{letters.shape[1]}").ravel().astype(f"U{letters.shape[1]}").astype(object)


def _choose(texts: list[str], number: np.ndarray) -> np.ndarray:
    """Texts by their place in a list."""
    found: np.ndarray = np.array(texts, dtype=object)[number]
    return found


def _read(code: pd.Series, book: Codebook) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of each code, and whether its length, separators and characters are right; of wrong ones the bytes are zeros."""
    text = [value.strip().upper() if isinstance(value, str) else "" for value in code.tolist()]
    fits = np.fromiter((len(value) == book.length and value.isascii() for value in text), dtype=bool, count=len(text))
    letters = np.zeros((len(text), book.length), dtype=np.uint8)
    if fits.any():
        letters[fits] = _letters(text if fits.all() else [value for value, fit in zip(text, fits, strict=True) if fit], book.length)
    is_whole = fits & (check_characters.VALUES[letters[:, _payload(book)]] != check_characters.NO_VALUE).all(axis=1)
    is_whole &= (letters[:, list(book.marks)] == ord(book.separator or " ")).all(axis=1)
    return letters, is_whole


def find_symbols(letters: np.ndarray, part: Part) -> np.ndarray:
    """Place of each code's symbol among those of a part; -1 where it is none.

    `letters` are bytes, one row a code.
    """
    number = np.zeros(len(letters), dtype=np.int64)
    for at in range(part.start, part.stop):
        number = number * check_characters.RADIX + np.minimum(check_characters.VALUES[letters[:, at]], check_characters.RADIX)
    is_whole = (check_characters.VALUES[letters[:, part.start : part.stop]] != check_characters.NO_VALUE).all(axis=1)
    symbols = np.array([int(symbol, check_characters.RADIX) for symbol in part.labels])
    order = np.argsort(symbols)
    place = order[np.minimum(np.searchsorted(symbols, number, sorter=order), len(symbols) - 1)]
    return np.where(is_whole & (symbols[place] == number), place, -1)
