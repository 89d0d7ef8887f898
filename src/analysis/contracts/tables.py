"""The words in which a table's promise is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["id", "text", "level", "money", "number", "integer", "date", "time", "bool", "phone", "email"]


class ContractError(ValueError):
    """A table that breaks its promise; the message names table, column and the broken rule."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Canonical name; the suffix is the unit (`_on` a local date, `_at` a UTC time, `_days`, `_months`).
    kind : str
        What its values are. `id` stays text, `level` is tidied text from a small set, `money` is DECIMAL(18, 4) in
        the source's one currency, `number` a float, `integer` a 64-bit integer.
    required : bool
        A row without it is no row.
    closed : tuple of str
        The only levels allowed; empty when the list is open.
    known : str
        The column of the same table at whose time this one becomes known. Empty: together with the row.
    low, high : float, optional
        Inclusive limits of a number.
    unit : str
        Words for the appendix.
    """

    name: str
    kind: Kind
    required: bool = False
    closed: tuple[str, ...] = ()
    known: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        File name without ending.
    grain : str
        What one row is.
    key : tuple of str
        Columns that no two rows share; empty when only a whole row may not repeat.
    columns : tuple of Column
        Canonical order.
    known : str
        The column that says when a row becomes known; empty for master data that is taken as it stands.
    either : tuple of tuple of str
        Groups of columns of which at least one must be given whole.
    identities : tuple of str
        Sentences that `analysis.contracts.check` holds true.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    known: str = ""
    either: tuple[tuple[str, ...], ...] = ()
    identities: tuple[str, ...] = field(default=())

    def __getitem__(self, column: str) -> Column:
        for candidate in self.columns:
            if candidate.name == column:
                return candidate
        raise KeyError(f"{self.name} has no column {column!r}")

    def __contains__(self, column: str) -> bool:
        return any(candidate.name == column for candidate in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in canonical order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which a row is rejected."""
        return tuple(column.name for column in self.columns if column.required)


@dataclass(frozen=True)
class Missing:
    """A section without its input: what a stage returns in place of a table, and the page shows as one line.

    Attributes
    ----------
    table : str
        The canonical table that the source does not have, or has without `columns`.
    columns : tuple of str
        The columns that are missing; empty when the whole table is.
    requirements : tuple of str
        Ids of the requirements that wait for it.
    """

    table: str
    columns: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
