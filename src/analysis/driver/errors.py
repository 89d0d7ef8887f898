"""Errors that end a run with one line."""

from __future__ import annotations


class RunError(ValueError):
    """Something that the person who runs the report can put right; the message is one line and says how."""


def one_line(text: str, width: int = 300) -> str:
    """`text` with all white space folded into single spaces, cut at `width` characters."""
    folded = " ".join(text.split())
    return folded if len(folded) <= width else folded[: width - 1] + "…"
