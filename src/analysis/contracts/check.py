"""Tables held to their promises, on every write and read.

Frames are checked by pandera schemas made from the contracts; tables of the clean ledger, which may be large, by one
aggregate that counts what breaks each promise. Nothing here shows a value: an error names table, column, rule and row.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any

from analysis.contracts.derived import DERIVED
from analysis.contracts.identities import IDENTITIES
from analysis.contracts.ledger import CLEAN_ONLY, LEDGER
from analysis.contracts.tables import Column, ContractError, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_KINDS = {"money": "decimal", "number": "floating", "integer": "integer", "date": "date", "time": "timestamp", "bool": "boolean"}


def check(name: str, rows: pd.DataFrame | ir.Table) -> None:
    """Hold a table to its contract.

    Parameters
    ----------
    name : str
        A name of `DERIVED` (frames, and the records of cleaning) or of `LEDGER` (Ibis tables of the clean ledger). A frame
        called ``customers`` is the derived table, an Ibis table of that name the canonical one.
    rows : pandas.DataFrame or ibis Table
        May carry further columns.

    Raises
    ------
    ContractError
        In one line: table, column, the broken rule, and the first row that breaks it, counted from 1.
    """
    if hasattr(rows, "iloc"):
        _check_frame(DERIVED[name] if name in DERIVED else _clean(name), rows)
    else:
        _check_table(_clean(name) if name in LEDGER else DERIVED[name], rows)


def check_columns(name: str, rows: ir.Table) -> None:
    """Hold only the columns and types of a clean table to its contract, without reading a row."""
    table = _clean(name) if name in LEDGER else DERIVED[name]
    types = rows.schema()
    for column in table.columns:
        if column.name not in types:
            raise ContractError(f"{table.name}.{column.name} is missing")
        dtype, kind = types[column.name], _KINDS.get(column.kind, "string")
        if not getattr(dtype, f"is_{kind}")():
            raise ContractError(f"{table.name}.{column.name} is {dtype}, not {column.kind}")


def check_customers(name: str, rows: pd.DataFrame, customers: Collection[str]) -> None:
    """Every one of `customers` exactly once in `rows`: no stage loses or invents one."""
    found = rows["customer_id"]
    if found.duplicated().any():
        raise ContractError(f"{name}.customer_id: a customer stands twice, again in row {int(found.duplicated().argmax()) + 1}")
    lost, new = len(set(customers) - set(found)), len(set(found) - set(customers))
    if lost or new:
        raise ContractError(f"{name}.customer_id: {lost} customers are lost and {new} are new")


def check_total(name: str, column: str, total: float, expected: float, tolerance: float = 0.005) -> None:
    """A sum of money is the one that it was a stage earlier, to within `tolerance` of the currency's unit."""
    if abs(float(total) - float(expected)) > tolerance:
        raise ContractError(f"{name}.{column} sums to {float(total):.2f}, not to the {float(expected):.2f} of the stage before")


@cache
def _clean(name: str) -> Table:
    """The contract of a table in ``clean/``: canonical columns and those that cleaning adds."""
    table = LEDGER[name]
    return Table(table.name, table.grain, table.key, (*table.columns, *CLEAN_ONLY.get(name, ())), table.known, (), table.identities)


def _check_frame(table: Table, rows: pd.DataFrame) -> None:
    from pandera.errors import SchemaError

    try:
        _schema(table.name, table).validate(rows.reset_index(drop=True))
    except SchemaError as error:
        raise ContractError(_in_words(table.name, error)) from None


@cache
def _schema(name: str, table: Table) -> Any:
    import pandera.pandas as pandera

    columns = {column.name: _column(column) for column in table.columns}
    # pandera names the second of two equal keys only when asked to
    identities = [
        pandera.Check(lambda rows, holds=IDENTITIES[sentence]: _holds(rows, holds), name=sentence, error=sentence)
        for sentence in table.identities
        if sentence in IDENTITIES
    ]
    return pandera.DataFrameSchema(columns, checks=identities, unique=list(table.key) or None, report_duplicates="exclude_first", name=name)


def _holds(rows: pd.DataFrame, holds: Any) -> Any:
    found = holds(rows)
    return found.fillna(True).astype(bool) if found.hasnans or found.dtype != bool else found


def _column(column: Column) -> Any:
    import pandera.pandas as pandera

    checks = [pandera.Check(lambda values, kind=column.kind: _has_kind(values, kind), name="kind", error=f"is no {column.kind}")]
    if column.closed:
        checks.append(pandera.Check.isin(column.closed, error=f"is none of {', '.join(column.closed)}"))
    if column.low is not None:
        checks.append(pandera.Check.ge(column.low, error=f"is below {column.low:g}"))
    if column.high is not None:
        checks.append(pandera.Check.le(column.high, error=f"is above {column.high:g}"))
    return pandera.Column(None, checks=checks, nullable=not column.required)


def _has_kind(values: pd.Series, kind: str) -> bool:
    """Whether a column's type can hold its kind; columns of objects are looked into."""
    from decimal import Decimal

    import pandas as pd

    kinds = pd.api.types
    if kind in ("number", "integer"):
        is_number = kinds.is_numeric_dtype(values.dtype) and not kinds.is_bool_dtype(values.dtype)
        return is_number and (kind == "number" or kinds.is_integer_dtype(values.dtype) or bool((values.dropna() % 1 == 0).all()))
    if kind == "bool":
        return kinds.is_bool_dtype(values.dtype) or kinds.infer_dtype(values, skipna=True) in ("boolean", "empty")
    if kind in ("date", "time"):
        return kinds.is_datetime64_any_dtype(values.dtype) or kinds.infer_dtype(values, skipna=True) in ("date", "datetime", "empty")
    if kind == "money":
        return kinds.is_numeric_dtype(values.dtype) or values.dropna().map(lambda value: isinstance(value, Decimal)).all()
    is_text = kinds.is_string_dtype(values.dtype) or isinstance(values.dtype, pd.CategoricalDtype)
    return is_text or kinds.infer_dtype(values, skipna=True) in ("string", "empty")


def _in_words(name: str, error: Any) -> str:
    """One line for pandera's first failure, without the value."""
    import pandas as pd

    where = getattr(error.schema, "name", None)
    cases = error.failure_cases
    if error.reason_code is not None and error.reason_code.name == "COLUMN_NOT_IN_DATAFRAME":
        return f"{name}.{cases} is missing"
    rows = cases["index"].dropna() if isinstance(cases, pd.DataFrame) and "index" in cases else pd.Series(dtype=int)
    at = f" (first in row {int(rows.min()) + 1})" if len(rows) else ""
    if error.reason_code is not None and error.reason_code.name == "DUPLICATES":
        columns = ", ".join(dict.fromkeys(cases["column"])) if isinstance(cases, pd.DataFrame) and "column" in cases else "the key"
        return f"{name}.{columns}: the key of another row{at}"
    if error.reason_code is not None and error.reason_code.name == "SERIES_CONTAINS_NULLS":
        return f"{name}.{where}: a required value is missing{at}"
    said = getattr(error.check, "error", None) or getattr(error.check, "name", None) or str(error.check)
    is_identity = said in IDENTITIES
    return f"{name}: it does not hold that {said}{at}" if is_identity else f"{name}.{where} {said}{at}"


def _check_table(table: Table, rows: ir.Table) -> None:
    check_columns(table.name, rows)
    broken = _promises(table, rows)
    counted = {f"p{number}": condition.sum() for number, (_, condition) in enumerate(broken)}
    if table.key and all(column.required for column in table.columns if column.name in table.key):
        counted["keys"] = rows.count() - _key(table, rows).nunique()
    if not counted:
        return
    found = rows.aggregate(**counted).to_pyarrow().to_pylist()[0]
    for number, (words, condition) in enumerate(broken):
        if found[f"p{number}"]:
            raise ContractError(f"{words} (first in row {_first(rows, condition)})")
    if found.get("keys"):
        raise ContractError(f"{table.name}.{', '.join(table.key)}: {found['keys']} rows have the key of another row")


def _promises(table: Table, rows: ir.Table) -> list[tuple[str, ir.BooleanValue]]:
    """What would break each promise of a table, in words and as a condition."""
    broken = []
    for column in table.columns:
        value, where = rows[column.name], f"{table.name}.{column.name}"
        if column.required:
            broken.append((f"{where}: a required value is missing", value.isnull()))
        if column.closed:
            broken.append((f"{where} is none of {', '.join(column.closed)}", value.notin(column.closed)))
        if column.low is not None:
            broken.append((f"{where} is below {column.low:g}", value < column.low))
        if column.high is not None:
            broken.append((f"{where} is above {column.high:g}", value > column.high))
    holding = [(sentence, IDENTITIES[sentence]) for sentence in table.identities if sentence in IDENTITIES]
    return broken + [(f"{table.name}: it does not hold that {sentence}", ~holds(rows)) for sentence, holds in holding]


def _key(table: Table, rows: ir.Table) -> ir.Value:
    import ibis

    parts = [rows[column].cast("string") for column in table.key]
    return parts[0] if len(parts) == 1 else ibis.literal("\x1f").join(parts)


def _first(rows: ir.Table, condition: ir.BooleanValue) -> int:
    import ibis

    numbered = rows.mutate(_is_broken=condition, _number=ibis.row_number())
    return int(numbered.filter(numbered._is_broken).aggregate(first=lambda t: t._number.min()).to_pyarrow().to_pylist()[0]["first"]) + 1
