"""Cleaning in one process: starting three costs a company of a few hundred customers more than it saves.

That several processes make the same ledger as one is the test of `analysis.ledger.worker`.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from analysis.contracts import LEDGER
from analysis.ledger import Ledger, build


def build_alone(folder: Path) -> Ledger:
    """The clean ledger of a source, as `analysis.ledger.build_ledger` makes it."""
    with patch.object(build, "MANY_TABLES", len(LEDGER)):
        return build.build_ledger(folder)
