"""A slow import that notebooks do not need."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SLOW = "rfc3987_syntax"


@contextmanager
def without_url_grammar() -> Iterator[None]:
    """Import jsonschema (which nbformat needs) within, without the grammar of international URLs.

    It builds that grammar when its package is there: 1.2 s for a format that no notebook has.
    """
    is_new = _SLOW not in sys.modules
    if is_new:
        sys.modules[_SLOW] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if is_new:
            del sys.modules[_SLOW]


def import_nbformat() -> Any:
    """The module nbformat."""
    with without_url_grammar():
        return importlib.import_module("nbformat")
