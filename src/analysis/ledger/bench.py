"""What cleaning works with: an engine, what the source says, and what is already clean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from analysis.ledger.config import SourceConfig

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.params import LedgerParams


@dataclass
class Bench:
    """A place to work on one source.

    Attributes
    ----------
    connection : ibis backend
        An engine of its own.
    config : SourceConfig
        The source's ledger.toml.
    params : LedgerParams
        Limits of the rules.
    clean : dict
        Canonical name -> kept rows in canonical columns, for rules that look at another table.
    """

    connection: Any
    config: SourceConfig
    params: LedgerParams
    clean: dict[str, ir.Table] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The source's time zone."""
        return ZoneInfo(self.config.zone)

    @property
    def last_day(self) -> date | None:
        """The stated last day of the data, inclusive."""
        return self.config.covered_until or self.config.observed_on

    def keep(self, rows: ir.Table, name: str) -> ir.Table:
        """`rows` computed once, as a table of that name."""
        return self.connection.create_table(name, rows, temp=True)

    def load(self, rows: list[dict[str, Any]], schema: dict[str, str], name: str) -> ir.Table:
        """A small table of Python values."""
        import ibis
        import pyarrow as pa

        return self.connection.create_table(name, pa.Table.from_pylist(rows, ibis.schema(schema).to_pyarrow()), temp=True)

    def ask(self, rows: ir.Table, values: dict[str, ir.Value]) -> dict[str, Any]:
        """One row of totals as Python values; counts and sums of nothing are 0."""
        found = rows.aggregate(**values).to_pyarrow().to_pylist()[0]
        return {name: 0 if value is None and values[name].type().is_numeric() else value for name, value in found.items()}
