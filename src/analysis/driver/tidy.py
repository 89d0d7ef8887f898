"""Raw files on request, and the removal of what a run can make again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TextIO

from analysis.driver.lock import hold
from analysis.driver.prepare import DEMO, SIMULATED
from analysis.driver.project import Project, Source
from analysis.driver.tools import Tools, find

MADE = ("clean", "derived", ".runs", ".clean-staging", ".clean-old")


def bring(source: Source, tools: Tools, stream: TextIO) -> int:
    """Raw files of a source: fetched, or simulated for the demo company; those that are there stay."""
    with hold(source.lock, "bringing raw files", lambda line: print(line, file=stream, flush=True)):
        if source.name == DEMO:
            if not source.raw.is_dir():
                find(tools.simulate)(source.folder)
        else:
            find(tools.fetch)(source.folder)
    print(f"data/{source.name}/raw is complete", file=stream)
    return 0


def clean(project: Project, sources: list[Source], stream: TextIO) -> int:
    """Remove clean ledgers, derived tables, executed notebooks and records; raw files, issued files and reports stay.

    The demo company's raw files go too where a run simulated them.
    """
    for source in sources:
        with hold(source.lock, "cleaning up"):
            made = [source.folder / name for name in MADE]
            if (source.runs / SIMULATED).is_file():
                made += [source.raw, source.folder / "truth"]
            for path in made:
                _remove(path)
    _remove(project.reports / ".staging")
    print("removed what a run can make again; raw files, issued forecasts and published reports stay", file=stream)
    return 0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
