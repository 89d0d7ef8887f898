"""Errors that end a run with one line."""

from __future__ import annotations

import errno


class RunError(ValueError):
    """Something that the person who runs the report can put right; the message is one line and says how."""

    exit_code = 2


class StepError(RunError):
    """A step of the run failed; the message is one line."""

    exit_code = 1


def one_line(text: str, width: int = 300) -> str:
    """`text` with all white space folded into single spaces, cut at `width` characters."""
    folded = " ".join(text.split())
    return folded if len(folded) <= width else folded[: width - 1] + "…"


def explain_error(error: Exception) -> str:
    """An error of the system in words; any other as it stands."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full; free some space and run it again"
    if isinstance(error, OSError) and error.strerror:
        return one_line(error.strerror + (f": {error.filename}" if error.filename else ""))
    return one_line(str(error))
