"""A run that has something to do: prepare the ledger, execute what is stale, publish what is whole."""

from __future__ import annotations

import sys
import time
from functools import cached_property
from pathlib import Path

from analysis.driver import keys, publish
from analysis.driver.errors import RunError, StepError, explain_error
from analysis.driver.execute import run_notebook
from analysis.driver.graph import Share
from analysis.driver.hashes import Memo
from analysis.driver.jobs import Failure, Job
from analysis.driver.months import Request, make_basis
from analysis.driver.plan import Plan
from analysis.driver.pool import Event, Pool
from analysis.driver.prepare import find_stale, prepare
from analysis.driver.progress import Progress
from analysis.driver.queue import Queue
from analysis.driver.shares import work_share
from analysis.driver.tools import Wrote


class Run:
    """One run under the source's lock."""

    def __init__(self, request: Request, progress: Progress):
        self.request, self.progress = request, progress
        self.memo = Memo(request.source.runs / "memo.json")
        self.pool = Pool(request.source.runs / "error.log")
        self.seconds: dict[tuple[str, str], float] = {}
        self.shared_seconds: dict[str, float] = {}
        self.broken: list[str] = []
        self._began = time.monotonic()
        self.plans: dict[str, Plan] = {}

    def publish(self) -> None:
        """Prepare, execute and publish what is stale of the wanted months; `conclude` tells what came of it."""
        request = self.request
        try:
            for period in publish.repair_all(request.project, request.source):
                self.progress.tell(f"cleaned up after a run of {period} that did not end")
            code = keys.code_hashes(self.memo)
            self.prepare()
            self.basis, self.facts = make_basis(request, self.memo, code)
            self.plans = {str(period): Plan(self.basis, period) for period in self.basis.wanted}
            self._execute(list(self.plans.values()))
            self._relink()
            self._index()
        finally:
            self.pool.stop()
            self.memo.save()

    def prepare(self) -> None:
        """Raw files and the clean ledger, in a process of their own while the fork server imports."""
        request, step = self.request, "ledger"
        if find_stale(request.project, request.source, keys.code_hashes(self.memo), self.memo) is None:
            return
        self.progress.begin(step)
        self.pool.warm_up()  # notebooks will have to run
        self.pool.start(step, prepare, request.project, request.source, request.tools, fresh=True)
        while self.pool.is_busy:
            for event in self.pool.events():
                if event.kind == "said":
                    self.progress.say(step, event.value)
                elif event.kind == "failed":
                    self.progress.end(step, "failed")
                    raise StepError(_in_one_line(event.value))
                else:
                    self.shared_seconds = event.value["seconds"]
                    self.progress.end(step, "ready", event.seconds)
        self.memo = Memo(request.source.runs / "memo.json")

    def _relink(self) -> None:
        """Render again the published months before and after, where all that changed is that they have a neighbour now."""
        wanted = self.basis.wanted
        for period in {wanted[0].previous, wanted[-1].shift(1)} if wanted else ():
            plan = Plan(self.basis, period)
            is_published = (self._page(plan).parent / publish.MANIFEST).is_file()
            if is_published and not plan.settle() and plan.explain_report():
                self.plans[str(period)] = plan
                self._execute([plan])

    def _execute(self, plans: list[Plan]) -> None:
        """Run what is stale, month by month as there is room, and publish each month that is whole."""
        queue = Queue(self.basis.contents)
        for plan in plans:
            queue.add(plan, plan.settle())
        if queue:
            self.pool.warm_up()
        for plan in plans:
            self._render_if_whole(plan)
        while queue or self.pool.is_busy:
            while self.pool.has_room and (item := queue.take()):
                self._start(*item)
            for event in self.pool.events():
                period, name = event.job
                plan = self.plans[period]
                if name == "report":
                    self._rendered(plan, event)
                elif name in self._shares:
                    self._shared(plan, event, queue)
                else:
                    queue.add(plan, self._executed(plan, name, event))
                    if event.kind != "said":
                        self._render_if_whole(plan)

    @cached_property
    def _shares(self) -> frozenset[str]:
        return frozenset(share.name for share in self.basis.contents.shares)

    def _start(self, plan: Plan, work: Share | Job) -> None:
        self.progress.begin(self._label(plan, work.name))
        key = (str(plan.period), work.name)
        if isinstance(work, Share):
            request = self.request
            self.pool.start(key, work_share, request.tools, work.name, request.project.root, request.source.name, str(plan.period))
        else:
            self.pool.start(key, run_notebook, work)

    def _shared(self, plan: Plan, event: Event, queue: Queue) -> None:
        """A share is over; what went wrong in it, the notebooks that need it will tell."""
        _, name = event.job
        if event.kind == "said":
            return
        queue.end(plan, name)
        self.seconds[str(plan.period), name] = event.seconds
        self.progress.end(self._label(plan, name), "done" if event.kind == "done" else "left to the chapters", event.seconds)

    def _executed(self, plan: Plan, name: str, event: Event) -> list:
        label = self._label(plan, name)
        if isinstance(event.value, Wrote):
            plan.written[event.value.name] = event.value.digest
            return plan.settle()
        if event.kind == "said":
            self.progress.say(label, event.value)
            return []
        self.seconds[str(plan.period), name] = event.seconds
        if event.kind == "failed":
            failure: Failure = event.value
            plan.fail(name, failure if failure.where.startswith(name) else Failure(f"{name} failed", failure.what, failure.copy))
            self.progress.end(label, "failed", event.seconds)
            return []
        event.value.facts["seconds"] = round(event.seconds, 3)
        plan.finish(name, event.value)
        self.progress.end(label, "executed", event.seconds)
        return plan.settle()

    def _render_if_whole(self, plan: Plan) -> None:
        if plan.is_executed and plan.explain_report():
            self.progress.begin(self._label(plan, "report"))
            job, is_cold = publish.rendering(plan, self.facts), not self.pool.is_warm
            self.pool.start((str(plan.period), "report"), publish.render, job, self.request.tools, fresh=is_cold)

    def _rendered(self, plan: Plan, event: Event) -> None:
        label = self._label(plan, "report")
        if event.kind == "said":
            self.progress.say(label, event.value)
            return
        self.seconds[str(plan.period), "report"] = event.seconds
        try:
            if event.kind == "failed":
                raise RunError(_in_one_line(event.value))
            mine = {name: seconds for (period, name), seconds in self.seconds.items() if period == str(plan.period)}
            publish.publish(plan, self.facts, self.shared_seconds | mine, event.value)
        except (RunError, OSError) as error:
            publish.repair(publish.staging(self.request.project, self.request.source, plan.period), self._page(plan).parent)
            self.progress.end(label, "failed", event.seconds)
            what = f"{self.request.source.name} {plan.period} was not published: {explain_error(error)}"
            self.broken.append(f"{what}; the previous report stands")
        else:
            self.progress.end(label, "published", event.seconds)

    def _index(self) -> None:
        project = self.request.project
        if publish.is_index_fresh(project, self.memo) or not publish.manifests(project, self.memo):
            return
        is_cold = not self.pool.is_warm
        self.pool.start("index", publish.rebuild_index, project, self.request.tools, self.request.language, fresh=is_cold)
        while self.pool.is_busy:
            for event in self.pool.events():
                if event.kind == "failed":
                    self.broken.append(f"reports/index.html was not built: {_in_one_line(event.value)}")

    def conclude(self) -> int:
        """Say what was published, or in four lines what went wrong first; returns the exit code."""
        seconds = time.monotonic() - self._began
        root = self.request.project.root
        for plan in (self.plans[str(period)] for period in self.basis.wanted):
            page = self._page(plan)
            if not plan.failed and page.is_file() and not plan.explain_report():
                self.progress.tell(f"published {page.relative_to(root)}" + (f" ({seconds:.1f} s)" if len(self.basis.wanted) == 1 else ""))
        failures = [(plan, name) for plan in self.plans.values() for name in plan.failed]
        if failures:
            plan, name = failures[0]
            self._tell_failure(plan, plan.failed[name], [f"{p.period} {n}" if p is not plan else n for p, n in failures[1:]])
        for line in self.broken:
            print(line, file=sys.stderr)
        return 1 if failures or self.broken else 0

    def _tell_failure(self, plan: Plan, failure: Failure, others: list[str]) -> None:
        """Exactly four lines: where, what, the executed copy, the command to run again."""
        more = f" (and so did {', '.join(others)})" if others else ""
        copy = Path(failure.copy)
        shown = copy.relative_to(self.request.project.root) if copy.is_relative_to(self.request.project.root) else copy
        lines = (
            f"{self.request.source.name} {plan.period}: {failure.where}{more}",
            failure.what,
            f"executed copy: {shown if failure.copy else 'none'}",
            f"run again: {self.request.command.format(period=plan.period)}",
        )
        print("\n".join(lines), file=sys.stderr, flush=True)

    def _page(self, plan: Plan) -> Path:
        return self.request.project.published(self.request.source, plan.period) / publish.INDEX

    def _label(self, plan: Plan, name: str) -> str:
        return name if len(self.basis.wanted) <= 1 and plan.period in self.basis.wanted else f"{plan.period} {name}"


def _in_one_line(failure: Failure) -> str:
    return failure.what + (f" (details: {failure.copy})" if failure.copy else "")
