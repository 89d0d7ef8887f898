"""Reasons of a verdict as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from analysis.report.words import words


class ReasonLike(Protocol):
    """A reason: a key, and the numbers of its sentence."""

    key: str
    fields: dict[str, Any]


def reasons(prefix: str, found: Iterable[ReasonLike]) -> list[str]:
    """Sentences ``<prefix>.<key>`` of `found`."""
    return [words(f"{prefix}.{reason.key}", **reason.fields) for reason in found]
