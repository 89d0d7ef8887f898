"""A sentence that a page writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remark:
    """A sentence by its key, its fields, and the chapters that it touches."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)
    chapters: tuple[str, ...] = ()
