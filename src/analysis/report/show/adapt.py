"""Reasons and remarks of the analysis as sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from analysis.report.show.display import Display, escape
from analysis.report.words import words


class ReasonLike(Protocol):
    """A reason: a key, and the numbers of its sentence."""

    key: str
    fields: dict[str, Any]
    chapters: tuple[str, ...]


def reasons(prefix: str, found: Iterable[ReasonLike]) -> list[str]:
    """Sentences ``<prefix>.<key>`` of `found`, each with the chapters that it touches.

    A field that is a tuple of reasons is filled with their sentences.
    """
    sentences = []
    for reason in found:
        text = _write(prefix, reason)
        touched = ", ".join(words(f"common.chapter.{chapter}") for chapter in reason.chapters)
        sentences.append(f"{text} {words('common.touches', chapters=touched)}" if touched else text)
    return sentences


def _write(prefix: str, reason: ReasonLike) -> str:
    fields = {
        name: "".join(_write(prefix, part) for part in value) if isinstance(value, tuple) else value
        for name, value in reason.fields.items()
    }
    return words(f"{prefix}.{reason.key}", **fields)


def remarks(prefix: str, found: Iterable[ReasonLike]) -> Display:
    """The same sentences as a list; nothing where there are none."""
    sentences = reasons(prefix, found)
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return Display("text", f"<ul>{items}</ul>" if items else "", " ".join(sentences))
