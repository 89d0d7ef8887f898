"""Why something would run, without running it."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.driver import keys, publish
from analysis.driver.hashes import Memo
from analysis.driver.months import Request, make_basis
from analysis.driver.plan import Plan
from analysis.driver.prepare import find_stale
from analysis.driver.records import read_record

SHOWN = 6  # reasons a step; more are counted


def explain(request: Request) -> int:
    """Print, for every step of the wanted months, whether it is fresh or which ingredients changed."""
    memo = Memo(request.source.runs / "memo.json")
    code = keys.code_hashes(memo)
    stale = find_stale(request.project, request.source, code, memo)
    _tell(request, f"{request.source.name}")
    _tell_step(request, "ledger", stale[1] if stale else [], "would be made")
    if read_record(request.source.runs / "ledger.json") is None:
        _tell(request, "  every notebook runs after it")
        return 0
    if stale:
        _tell(request, "  as long as the clean ledger comes out as it is:")
    basis, _ = make_basis(request, memo, code)
    for period in basis.wanted:
        _tell(request, f"{request.source.name} {period}")
        for step, words, why in judge(Plan(basis, period)):
            _tell_step(request, step, why, words)
        if publish.staging(request.project, request.source, period).exists():
            _tell(request, "  a run that did not end has left files; the next run removes them")
    memo.save()
    return 0


def judge(plan: Plan) -> Iterator[tuple[str, str, list[str]]]:
    """Per step of a month: its name, what would happen to it, and why (empty where it is fresh).

    What a stale notebook would write is not known before it runs: those after it are judged as if it wrote the same.
    """
    stale: set[str] = set()
    for notebook in plan.basis.contents.notebooks:
        before = plan.basis.contents.upstream(notebook)
        missing = [name for name in before if name not in plan.done]
        if missing:
            yield notebook.name, "would run", [f"it reads what {', '.join(missing)} has not written yet"]
            continue
        record, why = plan.find(notebook)
        if record is not None:
            plan.done[notebook.name] = record
        if why:
            stale.add(notebook.name)
            yield notebook.name, "would run", why
        else:
            changing = [name for name in before if name in stale]
            stale.update([notebook.name] if changing else [])
            yield notebook.name, "would run only if", [f"{name} writes other tables" for name in changing]
    if stale or not plan.is_executed:
        yield "report", "would be rendered", ["notebooks would run"]
    else:
        yield "report", "would be rendered", plan.explain_report()


def _tell_step(request: Request, step: str, why: list[str], words: str) -> None:
    if not why:
        _tell(request, f"  {step:<14} fresh")
        return
    more = [f"and {len(why) - SHOWN} more"] if len(why) > SHOWN else []
    for number, reason in enumerate([*why[:SHOWN], *more]):
        _tell(request, f"  {step:<14} {words}: {reason}" if number == 0 else f"  {'':<14} {'':<{len(words)}}  {reason}")


def _tell(request: Request, line: str) -> None:
    print(line, file=request.stream)
