"""A source's ``ledger.toml``: where each canonical table comes from and how it is to be read.

The staging contract (what cleaning may rely on)
------------------------------------------------
``readers.stage(config, folder, table, out)`` writes one Parquet file per canonical table that the source gives:

- the canonical columns that the source maps or states as constants, in canonical order, all of type string: the text
  exactly as it stands in the file, nothing trimmed; an empty cell is the empty string, never null. A canonical column
  that the source does not give is absent. (Fixed-width text loses its padding; cells of a left join without partner
  are empty; typed cells of Parquet and Excel are written as text: whole numbers plainly, floats of Parquet with their
  point ("17850.0"), dates and times as ISO.)
- ``_file`` string: path relative to the source's folder; of Excel with ``#sheet`` after it.
- ``_line`` int64: physical data line of that file (or sheet), header not counted, from 1. The line on which a record
  begins, where records hold newlines.
- ``_row`` int64: from 0, in reading order (files by name), without gaps among the staged rows.

``Staged.malformed`` lists the rows that could not be split into cells: rejects with rule ``malformed_row``. Rows read
= rows of the Parquet file + malformed rows. Blank lines are no rows.

What staging does not do, and cleaning does: `TableConfig.levels`, `rows`, `duplicates`, `key`, `allow_zero_amount`,
and every reading of dates and numbers, by `SourceConfig.formats` and `SourceConfig.decimal`. A format ("iso" or
strptime-like) states the order of the date's parts; a time of day may follow the date whether or not the format names
one.
"""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from analysis.contracts import LEDGER, Table
from analysis.ledger.mistakes import in_one_line, nearest, unknown
from analysis.ledger.store import LedgerError
from analysis.params import Params, ParamsError, load_params

CONFIG = "ledger.toml"
FORMATS = ("csv", "tsv", "fixed", "excel", "parquet")
_CURRENCIES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC "
    "CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD "
    "JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
    "NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG"
).split()
_SYMBOLS = {"CNY": "¥", "JPY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "INR": "₹", "KRW": "₩"}
_DIRECTIVES = set("YymdHIMSfpbBjzaA%")


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _as_pairs(value: Any) -> Any:
    if isinstance(value, (str, list)):
        return {name: name for name in _as_tuple(value)}
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Pairs = Annotated[dict[str, str], BeforeValidator(_as_pairs)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(unknown(key, cls.model_fields))
        return values


class FileConfig(_Part):
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


class RowRule(_Part):
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
        Date or time column -> ``"iso"`` or a strptime-like format.
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
    formats: dict[str, str] = {}
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


class Detected(_Part):
    """What reading found in a column without a stated format; written to ledger.toml once, then fixed."""

    format: str = ""
    decimal: Literal["", ".", ","] = ""

    @field_validator("format")
    @classmethod
    def _strptime(cls, value: str) -> str:
        if value:
            check_format("format", value)
        return value


class FetchConfig(_Part):
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


class SourceConfig(_Part):
    """A whole ``ledger.toml``; frozen. See the module for what the parts mean."""

    title: str
    currency: str
    currency_symbol: str = ""
    zone: str
    home_country: str
    setting: Literal["noncontractual", "contractual"] = "noncontractual"
    founded: date | None = None
    covered_until: date | None = None
    observed_on: date | None = None
    fetch: FetchConfig | None = None
    params: dict[str, Any] = {}
    files: dict[str, FileConfig] = {}
    tables: dict[str, TableConfig] = Field(min_length=1)
    detected: dict[str, dict[str, Detected]] = {}

    @property
    def symbol(self) -> str:
        """The currency's sign, empty if it has none that is common."""
        return self.currency_symbol or _SYMBOLS.get(self.currency, "")

    def formats(self, table: str) -> dict[str, str]:
        """Date or time column -> format, stated or detected."""
        found = {column: part.format for column, part in self.detected.get(table, {}).items() if part.format}
        return found | self.tables[table].formats

    def decimal(self, table: str, column: str) -> str:
        """Decimal sign of a column: stated, else detected, else the point."""
        found = self.detected.get(table, {}).get(column)
        return self.tables[table].decimal or (found.decimal if found else "") or "."

    def load_params(self) -> Params:
        """Analytical choices with this source's overrides."""
        return load_params(self.params, f"{CONFIG}: params")

    @field_validator("currency")
    @classmethod
    def _iso_currency(cls, value: str) -> str:
        if value not in _CURRENCIES:
            raise ValueError(f"{value!r} is no ISO 4217 code like CNY or GBP; {nearest(value, _CURRENCIES).split('; ')[0]}"[:120])
        return value

    @field_validator("zone")
    @classmethod
    def _iana_zone(cls, value: str) -> str:
        zones = zoneinfo.available_timezones()
        if value not in zones:
            near = nearest(value, sorted(zones))
            raise ValueError(f"{value!r} is no time zone; " + (near if near.startswith("did") else "write it like Europe/London"))
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


def load_config(folder: Path) -> SourceConfig:
    """Read and check ``<folder>/ledger.toml``.

    Parameters
    ----------
    folder : Path
        ``data/<source>``.

    Raises
    ------
    LedgerError
        One line: the file, the key, what is allowed there, and the nearest valid name.
    """
    path = Path(folder) / CONFIG
    where = f"{path.parent.name}/{CONFIG}"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LedgerError(f"{where} does not exist; copy the folder of another source and change its ledger.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"{where} is not valid TOML (UTF-8): {error}") from None
    for table in given.get("tables", {}) if isinstance(given.get("tables"), dict) else ():
        if table not in LEDGER:
            raise LedgerError(f"{where}: tables.{unknown(table, LEDGER)}")
    try:
        config = SourceConfig.model_validate(given)
        config.load_params()
        _check(config)
    except ValidationError as error:
        raise LedgerError(f"{where}: {in_one_line(error)}") from None
    except ParamsError as error:
        raise LedgerError(f"{where}: {str(error).removeprefix(CONFIG + ': ')}") from None
    except ValueError as error:
        raise LedgerError(f"{where}: {error}") from None
    return config


def _check(config: SourceConfig) -> None:
    """What needs the contract of a table or several parts at once."""
    if config.founded and config.covered_until and config.founded > config.covered_until:
        raise ValueError("founded is after covered_until")
    for name, part in config.tables.items():
        _check_table(f"tables.{name}", LEDGER[name], part, config.files)
    for name, columns in config.detected.items():
        if name not in config.tables:
            raise ValueError(f"detected.{unknown(name, config.tables)}")
        _check_columns(f"detected.{name}", LEDGER[name], columns)


def _check_table(where: str, table: Table, part: TableConfig, files: dict[str, FileConfig]) -> None:
    if bool(part.file) == bool(part.sql):
        raise ValueError(f"{where} must have either file or sql")
    if part.sql and not files:
        raise ValueError(f"{where}.sql needs the raw files that it reads, as [files.<name>]")
    for key in ("columns", "constants", "formats", "levels", "key"):
        _check_columns(f"{where}.{key}", table, getattr(part, key))
    for column in part.formats:
        if table[column].kind not in ("date", "time"):
            raise ValueError(f"{where}.formats.{column} is {table[column].kind}, not a date or time")
    if twice := sorted(set(part.constants) & set(part.columns)):
        raise ValueError(f"{where}: {twice[0]} is in columns and in constants; keep one")
    for number, rule in enumerate(part.rows, 1):
        _check_columns(f"{where}.rows (number {number}).when", table, rule.when)
    for column, levels in part.levels.items():
        if table[column].kind != "level":
            known = [candidate.name for candidate in table.columns if candidate.kind == "level"]
            raise ValueError(f"{where}.levels.{column} is {table[column].kind}, not a level; levels: {', '.join(known) or 'none'}")
        for level in levels.values():
            if table[column].closed and level not in table[column].closed:
                raise ValueError(f"{where}.levels.{column}: {unknown(level, table[column].closed)}")
    if part.allow_zero_amount and table.name != "order_lines":
        raise ValueError(f"{where}.allow_zero_amount exists only in tables.order_lines")


def _check_columns(where: str, table: Table, columns: Any) -> None:
    for column in columns:
        if column not in table:
            raise ValueError(f"{where}.{unknown(column, table.names)}")
