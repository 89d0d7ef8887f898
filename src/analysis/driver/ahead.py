"""Parts of a notebook's work that other processes do while it runs.

What they make is kept where the notebook will look for it first, see `analysis.memo`. A part that fails leaves the work,
and the telling of what went wrong, to the notebook.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from analysis.driver.jobs import Job
from analysis.driver.parent import watch_parent
from analysis.driver.tools import Say


@dataclass(frozen=True)
class Part:
    """One part of the work of a notebook, counted from 0."""

    job: Job
    number: int

    @property
    def name(self) -> str:
        """As an event names it."""
        return f"{self.job.name}+{self.number}"


def work_ahead(part: Part, say: Say) -> None:
    """Do a part: `analysis.stages.work_ahead` of the notebook's source and period."""
    watch_parent()
    # imported by name: the machinery does not know what it runs
    work: Callable[..., None] = importlib.import_module("analysis.stages").work_ahead
    work(part.job.root, part.job.name, part.number, **part.job.parameters)
