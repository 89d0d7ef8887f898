"""What stands on the page where a stage had nothing to give."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from analysis.contracts import Missing
from analysis.report.show.display import Display
from analysis.report.show.notes import missing, note


def or_gap(draw: Callable[..., Display]) -> Callable[..., Display]:
    """`draw`, which takes a table first, made to accept what stands for a table that cannot be.

    What the source lacks (`analysis.contracts.Missing`) becomes the line that says so; None (there are too few data for an
    answer) becomes a note.
    """

    @wraps(draw)
    def drawn(frame: Any, *args: Any, **kwargs: Any) -> Display:
        if frame is None:
            return note("info", "common.too_few")
        if isinstance(frame, Missing):
            return missing(frame)
        return draw(frame, *args, **kwargs)

    return drawn
