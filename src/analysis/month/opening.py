"""Open a month by the names of its source and period."""

from __future__ import annotations

import os
from pathlib import Path

from analysis.month.month import Month
from analysis.period import Period, PeriodError


def project_root() -> Path:
    """The checkout that holds ``data/`` and ``notebooks/``: `ANALYSIS_ROOT` if set, else where this package lives."""
    return Path(os.environ.get("ANALYSIS_ROOT") or Path(__file__).resolve().parents[3])


def open_month(source: str, period: str, root: Path | None = None) -> Month:
    """The month of a source.

    Raises
    ------
    PeriodError
        The period is not written YYYY-MM, or the data do not cover it to its last day.
    LedgerError
        The source has no clean ledger yet.
    """
    folder = (root or project_root()) / "data" / source
    month = Month(folder, Period.parse(period))
    last = Period.last_covered(month.ledger.covered_until)
    if month.period > last:
        end = month.ledger.covered_until
        raise PeriodError(f"{source}: the data end on {end}, so {period} is not covered to its last day; the last whole month is {last}")
    return month
