"""Source -> clean ledger, with rejects, repairs and flags."""

from analysis.ledger.store import Ledger, LedgerError

__all__ = ["Ledger", "LedgerError"]
