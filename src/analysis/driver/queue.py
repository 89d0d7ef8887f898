"""What waits for a free processor, and what may start next. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.driver.graph import Contents, Notebook, Share
from analysis.driver.jobs import Job
from analysis.driver.plan import Plan


@dataclass
class Queue:
    """Notebooks that must run, and the shares that they wait for.

    A share is done once for a month, and only where a notebook that waits for it must run. Earlier months go first; within
    a month, of what may start, the largest effort.
    """

    contents: Contents
    _waiting: list[tuple[Plan, Share | Job]] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _over: set[tuple[str, str]] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, plan: Plan, jobs: list[Job]) -> None:
        """Notebooks of a month that must run now that the files which they read stand."""
        for job in jobs:
            for share in self.contents.ahead(self._notebook(job)):
                if (str(plan.period), share.name) not in self._seen:
                    self._seen.add((str(plan.period), share.name))
                    self._waiting.append((plan, share))
            self._waiting.append((plan, job))

    def end(self, plan: Plan, share: str) -> None:
        """A share is over, whatever came of it."""
        self._over.add((str(plan.period), share))

    def take(self) -> tuple[Plan, Share | Job] | None:
        """The next to start; None where all that waits needs a share that is not over yet."""
        ready = [item for item in self._waiting if self._is_ready(*item)]
        if not ready:
            return None
        chosen = min(ready, key=lambda item: (str(item[0].period), -self._item(item[1]).effort))
        self._waiting.remove(chosen)
        return chosen

    def _is_ready(self, plan: Plan, work: Share | Job) -> bool:
        return all((str(plan.period), name) in self._over for name in self._item(work).after)

    def _item(self, work: Share | Job) -> Share | Notebook:
        return work if isinstance(work, Share) else self._notebook(work)

    def _notebook(self, job: Job) -> Notebook:
        return next(notebook for notebook in self.contents.notebooks if notebook.name == job.name)
