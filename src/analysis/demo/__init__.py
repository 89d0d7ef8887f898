"""The demo company: a seeded simulation with known truth, every canonical table, and realistic dirt.

Nothing of the analysis imports this package: it writes raw files, as a company would hand them over.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

CHUNK = 5000
"""Customers simulated at a time; memory does not depend on their number."""


def write_demo(
    folder: Path,
    customers: int = 5000,
    months: int = 36,
    seed: int = 1,
    dirt: Literal["default", "none"] = "default",
    truth: bool = True,
    truth_folder: Path | None = None,
) -> None:
    """Write the demo company's raw files."""
    from analysis.demo.calendar import make_calendar
    from analysis.demo.simulation import simulate
    from analysis.demo.writing import Writer

    calendar = make_calendar(months)
    writer, keys = Writer(Path(folder)), Counter()
    for chunk, first in enumerate(range(0, customers, CHUNK)):
        made = simulate(seed, chunk, first + 1, min(CHUNK, customers - first), calendar, keys)
        for name, table in made.tables.items():
            writer.append(name, table)
