"""Work that several notebooks need, or that one does in parts: done before them, each piece in a process of its own.

What a share makes is kept where notebooks look for it first, see `analysis.memo`. Without it they would wait for each
other, or one of them would do alone what four processors could do at once. A share that fails leaves the work, and the
telling of what went wrong, to the notebooks.
"""

from __future__ import annotations

from pathlib import Path

from analysis.driver.parent import watch_parent
from analysis.driver.tools import Say, Tools, find


def work_share(tools: Tools, name: str, root: Path, source: str, period: str, say: Say) -> None:
    """Do the share called `name` of a source's month."""
    watch_parent()
    find(tools.share)(root, source, period, name)
