"""What the driver calls of the other packages, by name, so that it imports them only in the process that needs them."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Wrote:
    """A running notebook has written a table: those that read it need not wait for the notebook's end."""

    name: str
    digest: str


Say = Callable[[str | Wrote], None]


@dataclass(frozen=True)
class Tools:
    """Functions as ``module:name``.

    Attributes
    ----------
    simulate : str
        (source folder): writes the demo company's raw files.
    fetch : str
        (source folder): brings missing raw files, or says in one line where they are.
    clean : str
        (source folder, say): writes ``clean/``.
    pages : str
        (merged notebooks by name, folder, `About`): writes a month's pages into the folder; returns facts for the manifest.
    issue : str
        (folder of a month's tables, file): writes what is to be issued into the file; returns what is said of it, or None
        where there is nothing to issue.
    share : str
        (root, source, period, name): does one piece of what a month's notebooks share.
    index : str
        (reports folder): the text of ``reports/index.html``.
    """

    simulate: str
    fetch: str = f"{__name__}:fetch_raw"
    clean: str = f"{__name__}:clean_ledger"
    pages: str = f"{__name__}:write_pages"
    index: str = f"{__name__}:write_index"
    share: str = "analysis.shares:work"
    issue: str = f"{__name__}:write_issue"


@dataclass(frozen=True)
class About:
    """What every page of a month states; dates as ISO text."""

    source: str
    title: str
    period: str
    as_of: str
    currency: str
    covered_until: str
    previous: str
    next: str


def find(name: str) -> Callable[..., Any]:
    """The function called ``module:name``."""
    module, function = name.split(":")
    return getattr(importlib.import_module(module), function)


def fetch_raw(folder: Path) -> None:
    """Bring the raw files that a source lacks from the folder in `DATA_MIRROR`."""
    from analysis.ledger.config import load_config
    from analysis.ledger.fetch import MIRROR, fetch, is_fetched

    config = load_config(folder)
    if not is_fetched(config, folder):
        mirror = os.environ.get(MIRROR)
        fetch(config, folder, Path(mirror) if mirror else None)


def clean_ledger(folder: Path, say: Say) -> None:
    """Make the clean ledger of a source."""
    from analysis.ledger.build import build_ledger

    build_ledger(folder, progress=say)


def write_pages(chapters: dict[str, dict[str, Any]], folder: Path, about: About) -> dict[str, Any]:
    """Render executed notebooks into `folder`; returns the indicators that the index of all reports shows."""
    from datetime import date

    from analysis.driver.grammar import import_nbformat
    from analysis.report.assembly import build_pages, collect_kpis, write_files
    from analysis.report.page import Metadata

    nbformat = import_nbformat()
    nodes = {name: nbformat.from_dict(chapter) for name, chapter in chapters.items()}
    days = {name: date.fromisoformat(getattr(about, name)) for name in ("as_of", "covered_until")}
    # No commit on the page: the same inputs and code give the same bytes. The manifest names it.
    write_files(build_pages(nodes, Metadata(**asdict(about) | days)), folder)
    return {"kpis": collect_kpis(nodes)}


def write_issue(derived: Path, path: Path) -> dict[str, Any] | None:
    """Write the month's forecast and watch list as they are to be issued; returns their digest and what is said of them."""
    totals = derived / "totals.json"
    said = json.loads(totals.read_text(encoding="utf-8")) if totals.is_file() else {}
    if not said:
        return None
    from analysis.forecast.issued import make_ready

    return said | {"digest": make_ready(derived / "scores.parquet", said, path, derived / "churn.parquet")}


def write_index(reports: Path) -> str:
    """The text of ``reports/index.html``."""
    from analysis.driver.grammar import import_nbformat
    from analysis.report.index import build_index

    import_nbformat()
    return build_index(reports)
