"""What staging tells about a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Malformed:
    """A raw row that cannot be split into cells: a reject with rule ``malformed_row``."""

    file: str
    line: int


@dataclass(frozen=True)
class Read:
    """How one raw file (or sheet) was read.

    Attributes
    ----------
    file : str
        As in ``_file``.
    rows : int
        Rows read, malformed ones included.
    encoding, delimiter : str
        Stated or detected; empty where the format has none.
    is_detected : bool
        Whether the encoding was found rather than stated.
    """

    file: str
    rows: int
    encoding: str = ""
    delimiter: str = ""
    is_detected: bool = False


@dataclass(frozen=True)
class Staged:
    """A table as staged.

    Attributes
    ----------
    table : str
        Canonical name.
    path : Path
        The Parquet file.
    columns : tuple of str
        Canonical columns that it holds.
    rows : int
        Rows of the Parquet file.
    reads : tuple of Read
        One a raw file or sheet, in reading order.
    malformed : tuple of Malformed
        Rejects of reading.
    join_rates : dict
        Joined file -> (rows that found a partner, rows).
    """

    table: str
    path: Path
    columns: tuple[str, ...]
    rows: int
    reads: tuple[Read, ...]
    malformed: tuple[Malformed, ...] = ()
    join_rates: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Rows of the raw files: staged and malformed."""
        return self.rows + len(self.malformed)

    @property
    def files(self) -> tuple[str, ...]:
        """Raw files that were read, as in ``_file``."""
        return tuple(read.file for read in self.reads)
