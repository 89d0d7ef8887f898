"""What every table of the project promises: grain, key, columns, units, identities, and when each column becomes known."""

from analysis.contracts.derived import DERIVED
from analysis.contracts.ledger import LEDGER
from analysis.contracts.tables import Column, ContractError, Missing, Table

__all__ = ["DERIVED", "LEDGER", "Column", "ContractError", "Missing", "Table"]
