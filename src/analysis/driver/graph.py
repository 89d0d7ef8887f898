"""Notebooks as a small graph: what each reads and writes gives the order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Notebook:
    """A chapter.

    Attributes
    ----------
    name : str
        File name without ``.ipynb``.
    reads, writes : tuple of str
        Files in ``data/<source>/derived/<period>/``; a name that ends in ``/`` is a folder.
    from_orders : tuple of str
        Of `writes`, those that exist only where orders are forecast; a contractual source has none.
    reads_issued : bool
        Whether it reads what was issued in earlier months, see `analysis.archive`.
    effort : int
        Roughly how much work it is: of those that may start, the one with the most starts first.
    parts_ahead : int
        Parts of its work that other processes do while it runs, see `analysis.driver.ahead`.
    cell_timeout_seconds : int
        A cell that takes longer fails.
    """

    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    from_orders: tuple[str, ...] = ()
    reads_issued: bool = False
    effort: int = 1
    parts_ahead: int = 0
    cell_timeout_seconds: int = 3600


@dataclass(frozen=True)
class Contents:
    """The report's chapters, in the order in which they are shown, and so that no chapter reads what a later one writes."""

    notebooks: tuple[Notebook, ...]

    def __post_init__(self) -> None:
        written: dict[str, str] = {}
        for notebook in self.notebooks:
            for name in notebook.reads:
                if name not in written:
                    raise ValueError(f"{notebook.name} reads {name}, which no notebook before it writes")
            for name in notebook.writes:
                if name in written:
                    raise ValueError(f"{name} is written by both {written[name]} and {notebook.name}")
                written[name] = notebook.name

    @cached_property
    def writer(self) -> dict[str, str]:
        """Which notebook writes a file."""
        return {name: notebook.name for notebook in self.notebooks for name in notebook.writes}

    def upstream(self, notebook: Notebook) -> list[str]:
        """Names of the notebooks whose files `notebook` reads."""
        return sorted({self.writer[name] for name in notebook.reads})


def pick(name: str, hashes: dict[str, str]) -> dict[str, str]:
    """Of the hashes by path, those of the file `name`, or of the files in the folder ``name/``."""
    return {path: digest for path, digest in hashes.items() if path == name or (name.endswith("/") and path.startswith(name))}
