"""Which column of a raw file is which canonical column."""

from __future__ import annotations

from analysis.contracts import Table
from analysis.ledger.mistakes import nearest
from analysis.ledger.options import TableConfig
from analysis.ledger.store import LedgerError


def resolve(table: Table, part: TableConfig, files: list[tuple[str, list[str]]]) -> list[dict[str, int]]:
    """Position of each canonical column in each file.

    Parameters
    ----------
    table : Table
        Contract.
    part : TableConfig
        Its part of ledger.toml: stated columns must be in every file; others are taken by name where a file has them.
    files : list of (str, list of str)
        Name and column names of each raw file, those of joins included.

    Returns
    -------
    list of dict
        One a file: canonical column -> position.

    Raises
    ------
    LedgerError
        A stated column is missing or stands twice in a header, or the table lacks a required column.
    """
    found = [_positions(table, part, file, names) for file, names in files]
    for (file, names), positions in zip(files, found, strict=True):
        _require(table, part, {*positions, *part.constants}, file, names)
    return found


def _positions(table: Table, part: TableConfig, file: str, names: list[str]) -> dict[str, int]:
    positions = {}
    where = f"tables.{table.name}"
    for canonical in table.names:
        if canonical in part.constants or part.columns.get(canonical) == "":
            continue
        source = part.columns.get(canonical, canonical)
        if canonical not in part.columns and source in part.columns.values():
            continue  # it is another canonical column's source
        if source not in names:
            if canonical not in part.columns:
                continue
            raise LedgerError(f"{where}.columns.{canonical}: {file} has no column {source}; {nearest(source, [n for n in names if n])}")
        if names.count(source) > 1:
            raise LedgerError(
                f"{where}.columns.{canonical}: the header of {file} has {source} {names.count(source)} times; rename all but one"
            )
        positions[canonical] = names.index(source)
    return positions


def _require(table: Table, part: TableConfig, given: set[str], file: str, names: list[str]) -> None:
    where = f"tables.{table.name}"
    # an order line without a customer is an anonymous sale, but a table of them without the column is none
    needed = ("customer_id", *table.required) if table.name == "order_lines" else table.required
    for column in needed:
        if column not in given:
            near = nearest(column, [name for name in names if name])
            raise LedgerError(f'{where}: {file} has no column {column}; state its name: columns = {{{column} = "..."}}; {near}')
    if table.either and not any(set(group) <= given for group in table.either):
        groups = ", or ".join(" and ".join(group) for group in table.either)
        raise LedgerError(f"{where}: {file} lacks {groups}; state one of them in columns; known: {', '.join(n for n in names if n)}")
