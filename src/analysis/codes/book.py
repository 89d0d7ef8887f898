"""The codebook: which parts a code has, which symbols they may hold, and what these mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import resources
from typing import Any

import pandas as pd

from analysis.codes import check_characters
from analysis.codes.check_characters import ALPHABET

UNKNOWN, NOT_ENOUGH, NO_ANSWER = "unknown", "not_enough_data", "no_answer"
RARELY, MONTHLY = "rarely", "monthly"
CHECKS = ("iso7064_mod1271_36", "none")
_BOOK = {"version", "separator", "check", "unknown", "not_enough_data", "unique", "parts"}
_PART = {"name", "column", "changes", "symbols", "other", "unknown"}


class CodeError(ValueError):
    """A codebook, a code or a pattern that cannot be read; one line that says where and what is allowed."""


def plain(value: object) -> str:
    """How a label or a spelling is compared: lower case, without outer space."""
    return str(value).strip().lower()


@dataclass(frozen=True)
class Part:
    """One dimension of the code.

    Attributes
    ----------
    name, column : str
        The part, and the column that it is made from.
    width : int
        Length of every symbol.
    changes : str
        ``rarely`` (what the customer is) or ``monthly`` (what the customer does).
    labels : dict
        Symbol -> label, in the codebook's order, then those that all parts share.
    spelt : dict
        Label or other spelling, as `plain` makes it, -> symbol.
    unknown, other : str
        Symbol of a value that is not known, of one that has no symbol of its own; empty where there is none.
    start : int
        Position of its first character in the code, from 0.
    """

    name: str
    column: str
    width: int
    changes: str
    labels: dict[str, str]
    spelt: dict[str, str]
    unknown: str
    other: str
    start: int

    @property
    def stop(self) -> int:
        """Position after its last character."""
        return self.start + self.width

    def find(self, value: object) -> str:
        """Symbol of a label or a spelling; None, NaN and the empty text are unknown.

        Raises
        ------
        CodeError
            A value that is none of the codebook, where the part has no symbol for others.
        """
        if value is None or value != value or value is pd.NA or plain(value) == "":
            symbol = self.unknown
        else:
            symbol = self.spelt.get(plain(value), self.other)
        if not symbol:
            known = ", ".join(dict.fromkeys(self.labels.values()))
            raise CodeError(f"codebook: part {self.name} has no symbol for {value!r}; it knows {known}")
        return symbol


@dataclass(frozen=True, repr=False)
class Codebook:
    """All parts of a code, in their order.

    Attributes
    ----------
    version : str
        One letter or digit, which stands in every code before the check characters; empty: codes carry none.
    separator : str
        Between parts; may be empty.
    has_check : bool
        Whether codes end in check characters (see `check_characters`).
    unique : bool
        Whether no two customers may share a code (of codes that people give).
    """

    version: str
    separator: str
    has_check: bool
    unique: bool
    parts: tuple[Part, ...] = field(repr=False)

    @cached_property
    def length(self) -> int:
        """Characters of a code."""
        tail = len(self.version) + (check_characters.LENGTH if self.has_check else 0)
        return self.parts[-1].stop + (tail + len(self.separator) if tail else 0)

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """Positions of separators."""
        return tuple(place + at for place in (part.stop for part in self.parts) if place < self.length for at in range(len(self.separator)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parts."""
        return tuple(part.name for part in self.parts)

    def __getitem__(self, name: str) -> Part:
        for part in self.parts:
            if part.name == name:
                return part
        near = get_close_matches(name, self.names, 1)
        raise CodeError(
            f"codebook: there is no part {name!r}; " + (f"did you mean {near[0]}?" if near else f"parts: {', '.join(self.names)}")
        )

    def tabulate(self, shared: bool = True) -> pd.DataFrame:
        """What every symbol means; without `shared`, less the two that stand for unknown and for not enough data in every part.

        Returns
        -------
        DataFrame
            One row a part and symbol, in order: `position` (of its first character, from 1), `part`, `symbol`, `label`.
        """
        rows = [(part.start + 1, part.name, symbol, label) for part in self.parts for symbol, label in part.labels.items()]
        table = pd.DataFrame(rows, columns=["position", "part", "symbol", "label"])
        return table if shared else table[~table["label"].isin((UNKNOWN, NOT_ENOUGH))].reset_index(drop=True)

    def outline(self) -> pd.DataFrame:
        """The parts: `position` (from 1), `part`, `width` in characters, `changes`, `example` (its symbol in `example`)."""
        rows = [
            (part.start + 1, part.name, part.width, part.changes, symbol) for part, symbol in zip(self.parts, self.example, strict=True)
        ]
        return pd.DataFrame(rows, columns=["position", "part", "width", "changes", "example"])

    @cached_property
    def example(self) -> tuple[str, ...]:
        """A symbol of each part: the first of the first part, the second of the second, and so on. Made up, so nobody's."""
        return tuple(list(part.labels)[number % max(len(part.labels) - 2, 1)] for number, part in enumerate(self.parts))

    def __repr__(self) -> str:
        return f"Codebook(version={self.version!r}, {self.length} characters: {self.separator.join(self.names)})"

    def _repr_html_(self) -> str:
        return self.tabulate().to_html(index=False)


@cache
def codebook() -> Codebook:
    """The project's own codebook, ``codes/codebook.toml``."""
    text = resources.files("analysis.codes").joinpath("codebook.toml").read_text(encoding="utf-8")
    return read_codebook(tomllib.loads(text), "codes/codebook.toml")


def read_codebook(given: Mapping[str, Any], where: str) -> Codebook:
    """A codebook as a TOML file gives it; see ``codebook.toml`` for what the keys mean.

    Parameters
    ----------
    given : mapping
        Keys `version`, `separator`, `check`, `unknown`, `not_enough_data`, `unique`, `parts`.
    where : str
        Named in errors.

    Raises
    ------
    CodeError
        One line: the key, and what is allowed there.
    """
    _refuse(given, _BOOK, where)
    version, separator = str(given.get("version", "")), str(given.get("separator", ""))
    check = given.get("check", "none")
    if check not in CHECKS:
        raise CodeError(f"{where}: check is {check!r}; known: {', '.join(CHECKS)}")
    if len(version) > 1 or not set(version) <= set(ALPHABET):
        raise CodeError(f"{where}: version is {version!r}; write one digit or letter A-Z")
    if len(separator) > 1 or separator in (*ALPHABET, "*", "?", "|"):
        raise CodeError(f"{where}: separator is {separator!r}; write one character that is no letter, digit, * ? or |")
    if not given.get("parts"):
        raise CodeError(f"{where}: there is no part; write [[parts]]")
    shared = {symbol: label for label in (UNKNOWN, NOT_ENOUGH) if (symbol := str(given.get(label, "")))}
    if any(len(symbol) != 1 for symbol in shared):
        raise CodeError(f"{where}: unknown and not_enough_data are one character each; they are repeated to a part's width")
    parts: list[Part] = []
    for number, part in enumerate(given["parts"], 1):
        start = parts[-1].stop + len(separator) if parts else 0
        parts.append(_read_part(part, f"{where}: part {number}", shared, start))
    names = [part.name for part in parts]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CodeError(f"{where}: two parts are named {twice[0]}")
    return Codebook(version, separator, check != "none", bool(given.get("unique", False)), tuple(parts))


def _read_part(given: Mapping[str, Any], where: str, shared: Mapping[str, str], start: int) -> Part:
    _refuse(given, _PART, where)
    name, symbols = str(given.get("name", "")), given.get("symbols", {})
    where = f"{where} ({name or 'without a name'})"
    if not name.isidentifier() or not symbols:
        raise CodeError(f"{where}: it needs a name (letters and _) and symbols")
    widths = {len(symbol) for symbol in symbols}
    if len(widths) > 1:
        raise CodeError(f"{where}: its symbols are of different length; write them all with {max(widths)} characters")
    if wrong := [symbol for symbol in symbols if not set(symbol) <= set(ALPHABET)]:
        raise CodeError(f"{where}: symbol {wrong[0]!r} is not of A-Z and 0-9")
    changes = given.get("changes", RARELY)
    if changes not in (RARELY, MONTHLY):
        raise CodeError(f"{where}: changes is {changes!r}; write {RARELY} or {MONTHLY}")
    width = widths.pop()
    spellings = {symbol: [text] if isinstance(text, str) else list(text) for symbol, text in symbols.items()}
    spellings |= {symbol * width: [label] for symbol, label in shared.items()}
    if clash := [symbol * width for symbol in shared if symbol * width in symbols]:
        raise CodeError(f"{where}: symbol {clash[0]} stands for {shared[clash[0][0]]} in every part; choose another")
    spelt: dict[str, str] = {}
    for symbol, texts in spellings.items():
        for text in texts:
            if spelt.setdefault(plain(text), symbol) != symbol:
                raise CodeError(f"{where}: {text!r} has two symbols, {spelt[plain(text)]} and {symbol}")
    unknown, other = str(given.get("unknown", spelt.get(UNKNOWN, ""))), str(given.get("other", ""))
    for key, symbol in (("unknown", unknown), ("other", other)):
        if symbol and symbol not in spellings:
            raise CodeError(f"{where}: {key} is {symbol!r}, which is none of its symbols")
    labels = {symbol: str(texts[0]) for symbol, texts in spellings.items()}
    return Part(name, str(given.get("column", name)), width, changes, labels, spelt, unknown, other, start)


def _refuse(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(key, known, 1)
            raise CodeError(
                f"{where}: {key} does not exist; " + (f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}")
            )
