"""Finding raw files and opening them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from analysis.ledger.options import FileConfig
from analysis.ledger.store import LedgerError

_ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "fixed", ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel", ".xls": "excel",
    ".ods": "excel", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip


def find(part: FileConfig, folder: Path, where: str) -> list[Path]:
    """Files that `part` names: all matches, by name, of its first pattern that has any.

    Raises
    ------
    LedgerError
        None does; says what to do.
    """
    for pattern in part.file:
        paths = sorted(path for path in folder.glob(pattern) if path.is_file())
        if paths:
            return paths
    wanted = " or ".join(part.file)
    raise LedgerError(f"{where}: no file {wanted} in {folder.name}/; put it there, or: make data SOURCE={folder.name}")


def format_of(part: FileConfig, path: Path, where: str) -> str:
    """Format of a raw file: stated, or by its ending (before ``.gz``)."""
    if part.format:
        return part.format
    ending = (Path(path.stem).suffix if path.suffix == ".gz" else path.suffix).lower()
    if ending not in _ENDINGS:
        raise LedgerError(f'{where}: the ending of {path.name} names no format; state format = "csv" (or tsv, fixed, excel, parquet)')
    return _ENDINGS[ending]


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Say in one line why `file` cannot be read."""
    try:
        yield
    except PermissionError:
        raise LedgerError(f"{file}: no permission to read it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LedgerError(f"{file}: the gz file is truncated or damaged; bring it again ({error})") from None
    except OSError as error:
        raise LedgerError(f"{file}: cannot be read: {error.strerror or error}") from None


def open_bytes(path: Path) -> BinaryIO:
    """Bytes of a file, unpacked where it ends in ``.gz``."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
