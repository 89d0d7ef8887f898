"""The page's style sheet and script, as they stand in every page."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "template"


@cache
def read_style() -> str:
    """The style sheet without line breaks and indents, which nothing in it depends on."""
    return re.sub(r"\s*\n\s*", "", (TEMPLATES / "page.css").read_text(encoding="utf-8").strip())


@cache
def read_script() -> str:
    """The one script of a page: it sorts and searches long tables, which can be read without it."""
    return re.sub(r"\s*\n\s*", "\n", (TEMPLATES / "page.js").read_text(encoding="utf-8").strip())


@cache
def content_policy() -> str:
    """The content security policy of every page: nothing is loaded, and the one script is named by its hash."""
    digest = base64.b64encode(hashlib.sha256(read_script().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
