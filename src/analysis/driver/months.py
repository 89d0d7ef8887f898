"""What somebody asks for, and whether there is anything to do. Standard library only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TextIO

from analysis.driver import keys, publish
from analysis.driver.errors import RunError
from analysis.driver.graph import Contents
from analysis.driver.hashes import Memo
from analysis.driver.lock import hold
from analysis.driver.notebook import check_parameters, parameters
from analysis.driver.plan import Basis, Plan, load_notebooks
from analysis.driver.prepare import Facts, find_stale, read_facts
from analysis.driver.project import Project, Source
from analysis.driver.records import read_record
from analysis.driver.sections import leave_out
from analysis.driver.tools import Tools
from analysis.period import Period

Choose = Callable[[Facts], list[Period]]


@dataclass
class Request:
    """What somebody asked for.

    Attributes
    ----------
    choose : callable
        From the facts of the ledger to the months that are wanted; refuses months that cannot be.
    command : str
        What to run again after a failure, with ``{period}``.
    links : Project, optional
        Where published months are looked up that pages link to; `project` by default.
    """

    project: Project
    source: Source
    contents: Contents
    tools: Tools
    choose: Choose
    command: str
    language: str = "en"
    extra: dict[str, str] = field(default_factory=dict)
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    links: Project | None = None


def run(request: Request) -> int:
    """Publish the wanted months; returns the exit code.

    Raises
    ------
    RunError, PeriodError
        One line, before any kernel starts.
    """
    notebooks = load_notebooks(request.project, request.contents)
    declared = {name: parameters(content, name) for name, content in notebooks.items()}
    check_parameters(declared, {"source": "", "period": ""}, request.extra)
    fresh = _find_fresh(request)
    if fresh is not None:
        _tell_fresh(request, fresh)
        return 0
    from analysis.driver.progress import Progress
    from analysis.driver.running import Run

    with _holding(request):
        with Progress(request.stream) as progress:
            work = Run(request, progress)
            work.publish()
        return work.conclude()


def make_ledger(request: Request) -> int:
    """Make raw files and the clean ledger where they are missing or stale, and nothing else."""
    memo = Memo(request.source.runs / "memo.json")
    if find_stale(request.project, request.source, keys.code_hashes(memo), memo) is not None:
        from analysis.driver.progress import Progress
        from analysis.driver.running import Run

        with _holding(request), Progress(request.stream) as progress:
            Run(request, progress).prepare()
    return 0


def _holding(request: Request) -> AbstractContextManager[None]:
    return hold(request.source.lock, f"a run of {request.source.name}", lambda line: print(line, file=request.stream, flush=True))


def make_basis(request: Request, memo: Memo, code: dict[str, str]) -> tuple[Basis, Facts]:
    """What all months share, once the clean ledger is fresh."""
    record = read_record(request.source.runs / "ledger.json")
    if record is None:
        raise RunError(f"{request.source.name}: the clean ledger has no record; run: make report SOURCE={request.source.name}")
    notebooks = load_notebooks(request.project, request.contents)
    declared = {name: parameters(content, name) for name, content in notebooks.items()}
    common = keys.shared_by_notebooks(request.project, request.source, record, code, request.language, memo)
    facts = read_facts(request.source, record)
    notebooks = {name: leave_out(content, facts.lacking) for name, content in notebooks.items()}
    basis = Basis(
        project=request.project,
        source=request.source,
        contents=request.contents,
        notebooks=notebooks,
        declared=declared,
        extra=request.extra,
        language=request.language,
        code=code,
        common=common,
        memo=memo,
        links=request.links or request.project,
        wanted=tuple(request.choose(facts)),
        lacking=facts.lacking,
    )
    return basis, facts


def _find_fresh(request: Request) -> list[Period] | None:
    """The wanted months when nothing is to be done for any of them; None otherwise."""
    memo = Memo(request.source.runs / "memo.json")
    code = keys.code_hashes(memo)
    try:
        if find_stale(request.project, request.source, code, memo) is not None:
            return None
        basis, _ = make_basis(request, memo, code)
        periods = list(basis.wanted)
        for period in periods:
            plan = Plan(basis, period)
            if plan.settle() or plan.explain_report() or publish.staging(request.project, request.source, period).exists():
                return None
        return periods if publish.is_index_fresh(request.project, memo) else None
    finally:
        memo.save()


def _tell_fresh(request: Request, periods: list[Period]) -> None:
    for period in periods:
        page = request.project.published(request.source, period) / publish.INDEX
        print(f"up to date: {page.relative_to(request.project.root)}", file=request.stream)
