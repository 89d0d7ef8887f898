"""Bringing the raw files of a public source from a mirror, checked by SHA-256."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from analysis.ledger.config import SourceConfig
from analysis.ledger.store import LedgerError

MIRROR = "DATA_MIRROR"
"""Environment variable that names the mirror: a folder of folders, one a source, with its files."""
RAW = "raw"


def is_fetched(config: SourceConfig, folder: Path) -> bool:
    """Whether every table (and every file that a query or a join reads) finds a raw file, wherever it came from."""
    folder = Path(folder)
    parts = [*config.files.values(), *(part for part in config.tables.values() if part.file)]
    parts += [join for table in config.tables.values() for join in table.joins]
    return all(any(path.is_file() for pattern in part.file for path in folder.glob(pattern)) for part in parts)


def fetch(config: SourceConfig, folder: Path, mirror: Path | None) -> None:
    """Bring the files that ``[fetch]`` names into ``raw/``.

    A file that is there with the right content stays; each other one is copied beside its place, checked, and then put
    there in one step, so that an interrupted run leaves no half of a file.

    Parameters
    ----------
    config : SourceConfig
        The source's ledger.toml.
    folder : Path
        ``data/<source>``.
    mirror : Path or None
        Holds ``<source>/<file>``; usually the value of the environment variable `MIRROR`.

    Raises
    ------
    LedgerError
        One line: nothing says where the files are, there is no mirror, it lacks a file, or one has another content.
    """
    folder = Path(folder)
    part = config.fetch
    if part is None:
        files = sorted({pattern for table in config.tables.values() for pattern in table.file})
        raise LedgerError(f"{folder.name}: ledger.toml has no [fetch]; put the files into {folder.name}/: {', '.join(files)}")
    for name, digest in part.files.items():
        target = folder / RAW / name
        if target.is_file() and digest_of(target) == digest:
            continue
        if mirror is None or not (mirror / folder.name / name).is_file():
            place = f"{MIRROR} is not set" if mirror is None else f"{MIRROR} has no {folder.name}/{name}"
            raise LedgerError(f"{folder.name}: {place}; get {name} from {part.publisher} and put it into {folder.name}/{RAW}/")
        _copy(mirror / folder.name / name, target, digest, folder.name)


def _copy(source: Path, target: Path, digest: str, name: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as copy, source.open("rb") as original:
            shutil.copyfileobj(original, copy, 1 << 20)
        found = digest_of(Path(beside))
        if found != digest:
            raise LedgerError(f"{name}: {source.name} in {MIRROR} has SHA-256 {found[:12]}..., not {digest[:12]}...; nothing was replaced")
        os.chmod(beside, 0o644)
        os.replace(beside, target)
    except OSError as error:
        raise LedgerError(f"{name}: {source.name} could not be copied: {error.strerror or error}") from None
    finally:
        Path(beside).unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
