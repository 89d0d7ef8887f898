"""Raw files -> one staged Parquet file a table; the contract is stated in `analysis.ledger.config`."""

from analysis.ledger.readers.formats import detect_formats, keep_detected
from analysis.ledger.readers.stage import stage
from analysis.ledger.readers.staged import Malformed, Read, Staged

__all__ = ["Malformed", "Read", "Staged", "detect_formats", "keep_detected", "stage"]
