"""Raw files -> one staged Parquet file a table; the contract is stated in `analysis.ledger.config`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.ledger.readers.formats import detect_formats, keep_detected
    from analysis.ledger.readers.staged import Malformed, Read, Staged
    from analysis.ledger.readers.staging import stage

__all__ = ["Malformed", "Read", "Staged", "detect_formats", "keep_detected", "stage"]

_HOMES = {
    "Malformed": "staged",
    "Read": "staged",
    "Staged": "staged",
    "detect_formats": "formats",
    "keep_detected": "formats",
    "stage": "staging",
}


def __getattr__(name: str) -> Any:
    # loaded on first use: whoever only looks for raw files (`readers.files`) must not wait for pyarrow
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
