"""What the driver calls of the other packages, by name, so that it imports them only in the process that needs them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Say = Callable[[str], None]


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
        (merged notebooks by name, folder, source, title, period): writes a month's pages into the folder.
    index : str
        (manifests): the text of ``reports/index.html``.
    """

    simulate: str
    fetch: str = f"{__name__}:fetch_raw"
    clean: str = f"{__name__}:clean_ledger"
    pages: str = "analysis.report.pages:build_pages"
    index: str = "analysis.report.index:build_index"


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
