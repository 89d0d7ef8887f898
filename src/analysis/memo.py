"""Tables that several notebooks and months need, made once.

A derived table is a pure function of (clean ledger, as_of, parameters, code). Its place on disk is named after a hash of
these, so what is found there is what would be made: nothing goes stale, and what is no longer asked for is swept away.
Notebooks that want the same table at the same time wait for the first of them instead of making it twice.
"""

from __future__ import annotations

import copy
import fcntl
import hashlib
import json
import os
import pickle
import shutil
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = ".memo"
USED = ".used"
"""Locked, shared, by every process that holds a memo, so that no other process sweeps it away."""


@cache
def hash_code() -> str:
    """Hash of this package's modules and parameters: another code may make another table."""
    root = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.toml")]):
        name = path.relative_to(root)
        if name.parts[0] not in ("report", "driver", "demo"):
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def _hash_libraries() -> str:
    """Hash of the versions of what a fitted model may hold objects of."""
    versions = [sys.version, *(version(name) for name in ("numpy", "pandas", "scipy", "scikit-learn"))]
    return hashlib.blake2b("\0".join(versions).encode(), digest_size=8).hexdigest()


class Memo:
    """The tables of one (ledger, parameters, code).

    Parameters
    ----------
    folder : Path
        Where all memos of the source are; made when first written to.
    ingredients : object
        What JSON can hold; besides the code, what the tables are made from.
    shelf : str
        Memos of one kind, which take each other's place.
    """

    def __init__(self, folder: Path, ingredients: Any, shelf: str = FOLDER):
        text = json.dumps([hash_code(), ingredients], sort_keys=True, default=str)
        self.folder = Path(folder) / shelf / hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        self._group = ""
        self._is_held = False

    def under(self, group: str) -> Memo:
        """The same memo for one group of entries, whose names begin with it."""
        part = copy.copy(self)
        part._group, part._is_held = f"{group}/", False
        return part

    @property
    def is_begun(self) -> bool:
        """Whether something lies there already."""
        return (self.folder / self._group).is_dir()

    def table(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The table `name` as it is read back from disk, made if it is not there."""

        def write(path: Path) -> None:
            pq.write_table(pa.Table.from_pandas(make(), preserve_index=False), path, compression="zstd")

        return pq.read_table(self._find(f"{name}.parquet", write)).to_pandas()

    def values(self, name: str, make: Callable[[], Any]) -> Any:
        """Plain values, as JSON holds them."""

        def write(path: Path) -> None:
            path.write_text(json.dumps(make()), encoding="utf-8")

        return json.loads(self._find(f"{name}.json", write).read_text(encoding="utf-8"))

    def model(self, name: str, make: Callable[[], Any]) -> Any:
        """A fitted model, as pickle holds it; it is read by nobody but the program that wrote it, on this machine."""

        def write(path: Path) -> None:
            path.write_bytes(pickle.dumps(make(), protocol=pickle.HIGHEST_PROTOCOL))

        return pickle.loads(self._find(f"{name}.{_hash_libraries()}.pickle", write).read_bytes())

    def keep_newest(self, count: int) -> None:
        """Throw away all but the `count` groups of entries (the part of their names before a slash) made last."""
        groups = [path for path in self.folder.glob("*") if path.is_dir()] if self.folder.is_dir() else []
        for path in sorted(groups, key=lambda p: (p.stat().st_mtime_ns, p.name))[: -count or None]:
            shutil.rmtree(path, ignore_errors=True)

    def _find(self, name: str, write: Callable[[Path], None]) -> Path:
        self._hold()
        path = self.folder / (self._group + name)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path):
                if not path.is_file():
                    # one name for all makers: what a killed one left is written over
                    part = path.with_name(f".{path.name}.part")
                    try:
                        write(part)
                        os.replace(part, path)
                    finally:
                        part.unlink(missing_ok=True)
        return path

    def _hold(self) -> None:
        """Keep the folder while this object lives; the first to come sweeps the others."""
        if self._is_held:
            return
        is_first = not self.folder.is_dir()
        while not self._is_held:
            self.folder.mkdir(parents=True, exist_ok=True)
            held = _open(self.folder / USED)
            if held is None:
                continue
            fcntl.flock(held, fcntl.LOCK_SH)
            # whoever swept the folder just before the lock took this file away with it
            self._is_held = os.fstat(held).st_nlink > 0
            if self._is_held:
                weakref.finalize(self, os.close, held)
            else:
                os.close(held)
        if is_first:
            for other in self.folder.parent.glob("*"):
                if other != self.folder:
                    _sweep(other)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time makes the file at `path`; a killed one lets go by dying."""
    with path.with_name(f".{path.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _sweep(folder: Path) -> None:
    """Remove the memo of another ledger, other parameters or other code, unless somebody still works with it."""
    held = _open(folder / USED)
    if held is None:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # out of sight at once: who asks for it again meanwhile finds nothing, not a half
        aside = folder.rename(folder.with_name(f".{folder.name}.{os.getpid()}"))
        shutil.rmtree(aside, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(held)


def _open(path: Path) -> int | None:
    """The file at `path`, made if it is not there; None where its folder is gone."""
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    except (FileNotFoundError, NotADirectoryError):
        return None
