"""Content hashes, with a memo that spares reading big files again."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

BIG = 1 << 16  # files below this size are always read


def hash_text(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_data(data: Any) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hash_text(json.dumps(data, sort_keys=True, ensure_ascii=False, default=str))


def write_atomically(path: Path, text: str) -> None:
    """Write a text so that a reader, or a killed run, sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


class Memo:
    """Hashes of files, remembered by size, times and inode.

    Parameters
    ----------
    path : Path
        The JSON file that keeps them between runs; a damaged one counts as empty.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self.known: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.known = {}
        self.is_changed = False

    def hash_file(self, path: Path) -> str:
        """SHA-256 of a file's content."""
        stat = os.stat(path)
        if stat.st_size < BIG:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        seen = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        entry = self.known.get(str(path))
        if entry is None or entry[:4] != seen:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            entry = self.known[str(path)] = [*seen, digest]
            self.is_changed = True
        return entry[4]

    def hash_folder(self, folder: Path) -> dict[str, str]:
        """Hash of every file below `folder`, by relative path; names that begin with a dot are left out."""
        return {name: self.hash_file(folder / name) for name in list_files(folder)}

    def save(self) -> None:
        """Keep what was learnt; files that are gone are forgotten."""
        if self.is_changed:
            self.known = {name: entry for name, entry in self.known.items() if os.path.exists(name)}
            write_atomically(self.path, json.dumps(self.known))
            self.is_changed = False


def list_files(folder: Path) -> list[str]:
    """Relative paths of the files below `folder`, sorted; empty when there is none; dot-names are left out."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        found += [os.path.relpath(os.path.join(parent, name), folder) for name in files if not name.startswith(".")]
    return sorted(found)
