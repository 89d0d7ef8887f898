"""Notebooks as a small graph: what each reads and writes, and what must be there before it, gives the order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Share:
    """Work that notebooks need, done before them in a process of its own, see `analysis.driver.shares`.

    Attributes
    ----------
    effort : int
        As of a `Notebook`; here it also stands for what waits for the share.
    after : tuple of str
        Shares that must be over before it.
    """

    name: str
    effort: int = 1
    after: tuple[str, ...] = ()


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
    after : tuple of str
        Shares that must be over before it.
    cell_timeout_seconds : int
        A cell that takes longer fails.
    """

    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    from_orders: tuple[str, ...] = ()
    reads_issued: bool = False
    effort: int = 1
    after: tuple[str, ...] = ()
    cell_timeout_seconds: int = 3600


@dataclass(frozen=True)
class Contents:
    """The report's chapters, in the order in which they are shown, and so that no chapter reads what a later one writes.

    `shares` come in an order in which no share waits for a later one.
    """

    notebooks: tuple[Notebook, ...]
    shares: tuple[Share, ...] = ()

    def __post_init__(self) -> None:
        known: set[str] = set()
        items: tuple[Share | Notebook, ...] = (*self.shares, *self.notebooks)
        for item in items:
            if lacking := [name for name in item.after if name not in known]:
                raise ValueError(f"{item.name} waits for {lacking[0]}, which is no share before it")
            if isinstance(item, Share):
                known.add(item.name)
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

    def ahead(self, item: Notebook | Share) -> list[Share]:
        """What must be over before `item`, directly or through other shares, in the order of `shares`."""
        wanted = set(item.after)
        for share in reversed(self.shares):
            if share.name in wanted:
                wanted |= set(share.after)
        return [share for share in self.shares if share.name in wanted]

    def upstream(self, notebook: Notebook) -> list[str]:
        """Names of the notebooks whose files `notebook` reads."""
        return sorted({self.writer[name] for name in notebook.reads})


def pick(name: str, hashes: dict[str, str]) -> dict[str, str]:
    """Of the hashes by path, those of the file `name`, or of the files in the folder ``name/``."""
    return {path: digest for path, digest in hashes.items() if path == name or (name.endswith("/") and path.startswith(name))}
