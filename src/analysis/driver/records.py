"""What was made from what: one JSON record a step, written only after its outputs were verified."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.driver.hashes import Memo, list_files, write_atomically

Ingredients = dict[str, dict[str, str]]
"""Group (parameters, source code, tables read, ...) -> name -> content hash or value."""


@dataclass
class Record:
    """A step that ended well.

    Attributes
    ----------
    ingredients : dict
        Everything that its outputs depend on.
    outputs : dict
        Content hash by path relative to the folder of the outputs.
    facts : dict
        What is worth telling and changes nothing: seconds, peak memory, rows.
    """

    ingredients: Ingredients
    outputs: dict[str, str]
    facts: dict[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the record; from now on the step counts as done."""
        write_atomically(path, json.dumps(asdict(self), indent=0, ensure_ascii=False))


def read_record(path: Path) -> Record | None:
    """The record of a step, or None where it has not been made (a damaged record counts as none)."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_whole(record: Record, folder: Path, memo: Memo) -> bool:
    """Whether every output is still there with the content that was recorded."""
    try:
        return all(memo.hash_file(folder / name) == digest for name, digest in record.outputs.items())
    except OSError:
        return False


def hash_outputs(names: tuple[str, ...], folder: Path, memo: Memo, others: tuple[str, ...] = ()) -> dict[str, str]:
    """Hashes of the files `names` in `folder`; of a name that ends in ``/``, those of all files below it but `others`."""
    found: dict[str, str] = {}
    for name in names:
        paths = [name + inner for inner in list_files(folder / name)] if name.endswith("/") else [name]
        found |= {path: memo.hash_file(folder / path) for path in paths if path not in others}
    return found
