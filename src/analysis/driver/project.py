"""The folders of a project, and the sources in it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from analysis.driver.errors import RunError
from analysis.period import Period

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


@dataclass(frozen=True)
class Source:
    """A company: ``data/<name>``."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """``data/<name>``."""
        return self.root / "data" / self.name

    @property
    def raw(self) -> Path:
        """Raw files."""
        return self.folder / "raw"

    @property
    def clean(self) -> Path:
        """The clean ledger."""
        return self.folder / "clean"

    @property
    def runs(self) -> Path:
        """Executed notebooks and the records of what was made from what."""
        return self.folder / ".runs"

    @property
    def lock(self) -> Path:
        """Held by whatever writes below this folder."""
        return self.folder / ".lock"

    def derived(self, period: Period) -> Path:
        """A month's customer-level tables."""
        return self.folder / "derived" / str(period)

    def run(self, period: Period) -> Path:
        """A month's executed notebooks and records."""
        return self.runs / str(period)


@dataclass(frozen=True)
class Project:
    """A checkout (or a copy for a test): ``notebooks/``, ``data/``, ``reports/``."""

    root: Path

    @property
    def notebooks(self) -> Path:
        """The chapters."""
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        """What is published."""
        return self.root / "reports"

    @property
    def lock_file(self) -> Path:
        """The pinned versions."""
        return self.root / "requirements.lock"

    def sources(self) -> list[str]:
        """Names of the folders that hold a ``ledger.toml``."""
        return sorted(path.parent.name for path in (self.root / "data").glob("*/ledger.toml"))

    def source(self, name: str) -> Source:
        """The source called `name`; otherwise one line with the nearest name."""
        known = self.sources()
        if name in known:
            return Source(self.root, name)
        if not _NAME.fullmatch(name):
            raise RunError(f"SOURCE={name!r} is not a source's name; use lower-case letters, digits and _, one of: {', '.join(known)}")
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}; to add one, make data/{name}/ledger.toml"
        raise RunError(f"there is no source {name} (data/{name}/ledger.toml does not exist); {hint}")

    def published(self, source: Source, period: Period) -> Path:
        """Where a month's report stands."""
        return self.reports / source.name / str(period)
