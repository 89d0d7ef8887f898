"""The parts of a ``ledger.toml``: typed, frozen, unknown keys refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from analysis.ledger.mistakes import unknown

ALL = "*"
_DIRECTIVES = set("YymdHIMSfpbBjzaA%")


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _as_pairs(value: Any) -> Any:
    if isinstance(value, (str, list)):
        return {name: name for name in _as_tuple(value)}
    return value


def _for_all(value: Any) -> Any:
    return {ALL: value} if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""One text or a list of them."""
Pairs = Annotated[dict[str, str], BeforeValidator(_as_pairs)]
"""Name -> name; one name or a list stand for themselves."""


class Part(BaseModel):
    """Frozen, strict, and refusing what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(unknown(key, cls.model_fields))
        return values


class FileConfig(Part):
    """How raw files are read.

    Attributes
    ----------
    file : tuple of str
        Paths or globs relative to the source's folder: the first one that matches any file is read, all its matches
        in the order of their names.
    format : str
        One of `FORMATS`; empty: by the file's ending.
    encoding : str
        Of text files; empty: detected, and an error where that is ambiguous.
    delimiter : str
        Of CSV; empty: detected from the header.
    header : bool or int
        Number of lines before the data, the last of which holds the names. True is 1; False is none, and the columns
        are named "1", "2", ... in their order.
    positions : dict
        Of fixed width: name -> (first, last) character, from 1, inclusive.
    whitespace : str
        ``"columns"``: cells of a fixed-width file are what white space divides.
    sheets : tuple of str
        Of Excel: names or globs.
    """

    file: Texts = ()
    format: Literal["", "csv", "tsv", "fixed", "excel", "parquet"] = ""
    encoding: str = ""
    delimiter: str = ""
    header: bool | int = True
    positions: dict[str, Annotated[tuple[int, int], BeforeValidator(_as_tuple)]] = {}
    whitespace: Literal["", "columns"] = ""
    sheets: Texts = ("*",)

    @property
    def header_lines(self) -> int:
        """Lines before the data."""
        return int(self.header)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value or "utf-8")
        except LookupError:
            raise ValueError(unknown(value, ("utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252", "latin-1"))) from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if len(value) > 1:
            raise ValueError(f'{value!r} must be one character, like "," or ";"')
        return value

    @field_validator("header")
    @classmethod
    def _counts_lines(cls, value: bool | int) -> bool | int:
        if value < 0:
            raise ValueError("must be true, false, or the number of lines before the data")
        return value

    @field_validator("positions")
    @classmethod
    def _from_one(cls, value: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        for name, (first, last) in value.items():
            if not 1 <= first <= last:
                raise ValueError(f"{name} = [{first}, {last}] must be the first and last character, from 1")
        return value


class JoinConfig(FileConfig):
    """A left join with another raw file, whose key is unique there.

    Attributes
    ----------
    on : dict
        Source column so far -> source column of the joined file; a name or a list of names that agree.
    columns : dict
        New name -> column of the joined file; a list of names that stay. Empty: all but the key.
    """

    on: Pairs
    columns: Pairs = {}


class RowRule(Part):
    """A source's own rule for rows.

    Attributes
    ----------
    rule : str
        Its name in the records of cleaning.
    action : str
        ``reject`` the row; take the row as a ``cancellation``; or keep it without its customer (``drop_customer``).
    when : dict
        Canonical column -> regular expression that the whole raw text matches; all must hold.
    """

    rule: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    action: Literal["reject", "cancellation", "drop_customer"]
    when: dict[str, str] = Field(min_length=1)

    @field_validator("when")
    @classmethod
    def _readable(cls, value: dict[str, str]) -> dict[str, str]:
        for column, pattern in value.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{column} = {pattern!r} is no regular expression: {error}") from None
            if re.search(r"\(\?(=|!|<=|<!)|\\[1-9]", pattern):
                raise ValueError(f"{column} = {pattern!r}: look-around and back references are not available")
        return value


class TableConfig(FileConfig):
    """A canonical table of the source.

    Attributes
    ----------
    sql : str
        Instead of `file`: a query over ``[files.<name>]``, every column as text, whose columns are source columns.
        It should keep ``_file`` and ``_line`` of its main file; else lines are row numbers.
    columns : dict
        Canonical -> source column. A canonical name that is not mapped takes the source column of the same name, if
        there is one; ``""`` leaves it out.
    constants : dict
        Canonical column -> text of every row.
    formats : dict
        Date or time column -> ``"iso"`` or a strptime-like format; a format alone is for all of them.
    decimal : str
        Decimal sign of all numbers of the table; empty: detected.
    joins : tuple of JoinConfig
        In order; a later one may use columns that an earlier one brought.
    levels : dict
        Level column -> level of the source -> canonical level.
    duplicates : str
        ``reject`` rows that repeat an earlier one in all columns, or ``keep`` them.
    key : tuple of str
        Instead of the contract's key; empty: the contract's.
    rows : tuple of RowRule
        In order; the first that holds decides.
    allow_zero_amount : bool
        Keep order lines that cost nothing.
    """

    sql: str = ""
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    formats: Annotated[dict[str, str], BeforeValidator(_for_all)] = {}
    decimal: Literal["", ".", ","] = ""
    joins: Annotated[tuple[JoinConfig, ...], BeforeValidator(_as_tuple)] = ()
    levels: dict[str, dict[str, str]] = {}
    duplicates: Literal["reject", "keep"] = "reject"
    key: Texts = ()
    rows: Annotated[tuple[RowRule, ...], BeforeValidator(_as_tuple)] = ()
    allow_zero_amount: bool = False

    @field_validator("formats")
    @classmethod
    def _strptime(cls, value: dict[str, str]) -> dict[str, str]:
        for column, text in value.items():
            check_format(column, text)
        return value


class Detected(Part):
    """What reading found in a column without a stated format; written to ledger.toml once, then fixed."""

    format: str = ""
    decimal: Literal["", ".", ","] = ""

    @field_validator("format")
    @classmethod
    def _strptime(cls, value: str) -> str:
        if value:
            check_format("format", value)
        return value


class FetchConfig(Part):
    """Where a public source comes from.

    Attributes
    ----------
    files : dict
        Name of a file under ``raw/`` -> its SHA-256.
    publisher, licence, notes : str
        Words for people: where the original is kept, on which terms, and what differs from it.
    """

    files: dict[str, str] = Field(min_length=1)
    publisher: str
    licence: str = ""
    notes: str = ""

    @field_validator("files")
    @classmethod
    def _hashes(cls, value: dict[str, str]) -> dict[str, str]:
        for name, digest in value.items():
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"{name} must be a SHA-256: 64 digits 0-9a-f")
        return value


def check_format(column: str, text: str) -> None:
    """Refuse (ValueError) a date format that is neither ``iso`` nor strptime-like with year, month and day."""
    if text == "iso":
        return
    directives = re.findall("%(.)", text)
    if wrong := [letter for letter in directives if letter not in _DIRECTIVES]:
        raise ValueError(f"{column} = {text!r}: %{wrong[0]} does not exist; known: {' '.join('%' + d for d in sorted(_DIRECTIVES))}")
    if not ({"Y", "y"} & set(directives) and ("j" in directives or ({"m", "b", "B"} & set(directives) and "d" in directives))):
        raise ValueError(f'{column} = {text!r} must be "iso" or name year, month and day, like "%d/%m/%Y %H:%M"')
