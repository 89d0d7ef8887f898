"""What a process is asked to do, and what it says when it could not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.driver.records import Ingredients


@dataclass(frozen=True)
class Job:
    """What one notebook's run needs to know.

    Attributes
    ----------
    path : Path
        The notebook.
    content : dict or None
        What is run in its place, where the source lacks what a section needs.
    run : Path
        Folder of the executed copy ``<name>.ipynb``, the record ``<name>.json`` and, after a failure, ``<name>.failed.ipynb``.
    derived : Path
        Folder into which the notebook writes `writes`.
    others : tuple of str
        Files that other notebooks write there, also below a folder among `writes`.
    """

    name: str
    path: Path
    run: Path
    derived: Path
    root: Path
    writes: tuple[str, ...]
    parameters: dict[str, Any]
    ingredients: Ingredients
    environment: dict[str, str]
    cell_timeout_seconds: int
    content: dict[str, Any] | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Why a step ended badly: where, what, and which file shows more (empty where none does)."""

    where: str
    what: str
    copy: str = ""
