"""Where a source's clean ledger lives: one writer at a time, content-addressed, replaced whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.ledger.store import FACTS, LedgerError

if TYPE_CHECKING:
    from analysis.ledger.config import SourceConfig
    from analysis.params import LedgerParams

WAIT_SECONDS = 600
_HASHES, _STAGING = ".raw-hashes.json", ".clean-staging-"


class Place:
    """The folder of a source.

    Parameters
    ----------
    folder : Path
        ``data/<source>``.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.clean = self.folder / "clean"
        self._old = self.folder / ".clean-old"

    def built_key(self) -> str | None:
        """Content key of the clean ledger that is there; None when there is none."""
        try:
            return json.loads((self.clean / FACTS).read_text(encoding="utf-8")).get("key")
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def key(self, config: SourceConfig, params: LedgerParams) -> str:
        """What the clean ledger is made from: raw files, what ledger.toml says, limits of the rules, and this code."""
        raw = {path.relative_to(self.folder).as_posix(): digest for path, digest in self._hash(list_raw(config, self.folder)).items()}
        said = config.model_dump(mode="json", exclude={"params", "fetch"})
        made_from = [raw, said, params.model_dump(mode="json"), code_hash()]
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """An empty folder to build in, while no other process writes this source.

        Raises
        ------
        LedgerError
            Another process has been writing for longer than `WAIT_SECONDS`.
        """
        with (self.folder / ".clean-lock").open("w") as lock:
            self._wait(lock)
            self._recover()
            # a name of its own: what a killed run left behind may still be writing
            staging = Path(tempfile.mkdtemp(dir=self.folder, prefix=_STAGING))
            try:
                yield staging
            finally:
                shutil.rmtree(staging, ignore_errors=True)

    def publish(self, made: Path) -> None:
        """Put `made` in the place of the clean ledger: two renames; `_recover` completes what a kill between them leaves."""
        if self.clean.exists():
            os.replace(self.clean, self._old)
        os.replace(made, self.clean)
        shutil.rmtree(self._old, ignore_errors=True)

    def _recover(self) -> None:
        if self._old.exists() and not self.clean.exists():
            os.replace(self._old, self.clean)
        for left in (self._old, *self.folder.glob(f"{_STAGING}*")):
            shutil.rmtree(left, ignore_errors=True)

    def _wait(self, lock) -> None:  # type: ignore[no-untyped-def]
        until = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise LedgerError(
                        f"{self.folder.name}: another process is still cleaning this source; try again when it has ended"
                    ) from None
                time.sleep(0.2)

    def _hash(self, paths: list[Path]) -> dict[Path, str]:
        """SHA-256 of files; those unchanged in size and time since the last look are not read again."""
        known_path = self.folder / _HASHES
        try:
            known = json.loads(known_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            known = {}
        found, seen = {}, {}
        for path in paths:
            stat = path.stat()
            name, mark = path.relative_to(self.folder).as_posix(), [stat.st_size, stat.st_mtime_ns]
            digest = known[name][1] if name in known and known[name][0] == mark else file_hash(path)
            found[path], seen[name] = digest, [mark, digest]
        if seen != known:
            part = known_path.with_name(f"{_HASHES}.{os.getpid()}")
            part.write_text(json.dumps(seen, indent=1, sort_keys=True), encoding="utf-8")
            os.replace(part, known_path)
        return found


def list_raw(config: SourceConfig, folder: Path) -> list[Path]:
    """Raw files that a ledger.toml names, each once, by name.

    Raises
    ------
    LedgerError
        One of its patterns matches no file.
    """
    from analysis.ledger.readers.files import find

    parts = [(f"files.{name}", part) for name, part in config.files.items()]
    for name, table in config.tables.items():
        if table.file:
            parts.append((f"tables.{name}", table))
        parts += [(f"tables.{name}.joins (number {n})", join) for n, join in enumerate(table.joins, 1)]
    return sorted({path for where, part in parts for path in find(part, folder, where)})


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_hash() -> str:
    """Hash of the code that makes a clean ledger: this package and the contracts."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted([*(root / "ledger").rglob("*.py"), *(root / "contracts").rglob("*.py")]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
