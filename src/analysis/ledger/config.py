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
= rows of the Parquet file + malformed rows. Blank lines, and rows whose every cell is empty, are no rows.

What staging does not do, and cleaning does: `TableConfig.levels`, `rows`, `duplicates`, `key`, `allow_zero_amount`,
and every reading of dates and numbers, by `SourceConfig.formats` and `SourceConfig.decimal`. A format ("iso" or
strptime-like) states the order of the date's parts; a time of day may follow the date whether or not the format names
one.
"""

from __future__ import annotations

import tomllib
import zoneinfo
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from analysis.contracts import LEDGER, Table
from analysis.ledger.currencies import CODES, SYMBOLS
from analysis.ledger.mistakes import in_one_line, nearest, unknown
from analysis.ledger.options import ALL, Detected, FetchConfig, FileConfig, JoinConfig, Part, RowRule, TableConfig
from analysis.ledger.store import LedgerError
from analysis.params import Params, ParamsError, load_params

__all__ = ["CONFIG", "Detected", "FetchConfig", "FileConfig", "JoinConfig", "RowRule", "SourceConfig", "TableConfig", "load_config"]

CONFIG = "ledger.toml"


class SourceConfig(Part):
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
    params: dict[str, Any] = Field(default_factory=dict)
    codebook: dict[str, Any] = Field(default_factory=dict)
    entered_code: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, FileConfig] = Field(default_factory=dict)
    tables: dict[str, TableConfig] = Field(min_length=1)
    detected: dict[str, dict[str, Detected]] = Field(default_factory=dict)

    @property
    def symbol(self) -> str:
        """The currency's sign, empty if it has none that is common."""
        return self.currency_symbol or SYMBOLS.get(self.currency, "")

    def formats(self, table: str) -> dict[str, str]:
        """Date or time column -> format, stated or detected."""
        found = {column: part.format for column, part in self.detected.get(table, {}).items() if part.format}
        stated = self.tables[table].formats
        for_all = {column.name: stated[ALL] for column in LEDGER[table].columns if column.kind in ("date", "time") and ALL in stated}
        return found | for_all | {column: text for column, text in stated.items() if column != ALL}

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
        if value not in CODES:
            # three letters are near to many others: only the case is worth a guess
            near = f"did you mean {value.upper()}?" if value.upper() in CODES else "write it like CNY or GBP"
            raise ValueError(f"{value!r} is no ISO 4217 code; {near}")
        return value

    @field_validator("zone")
    @classmethod
    def _iana_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            near = nearest(value, sorted(zoneinfo.available_timezones()))
            guess = near if near.startswith("did") else "write it like Europe/London"
            raise ValueError(f"{value!r} is no time zone; {guess}") from None
        return value


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
    """Check what needs the contract of a table or several parts at once."""
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
        _check_columns(f"{where}.{key}", table, (column for column in getattr(part, key) if column != ALL))
    for column in part.formats:
        if column != ALL and table[column].kind not in ("date", "time"):
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
