"""From executed notebooks to a published folder: built aside, checked, swapped in whole."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import archive
from analysis.driver.errors import RunError
from analysis.driver.hashes import Memo, write_atomically
from analysis.driver.lock import hold
from analysis.driver.notebook import load, merge
from analysis.driver.plan import MANIFEST, Plan
from analysis.driver.prepare import Facts
from analysis.driver.project import Project, Source
from analysis.driver.records import Record
from analysis.driver.swap import repair, swap
from analysis.driver.tools import About, Say, Tools, find
from analysis.period import Period

INDEX = "index.html"
MUST_HAVE = (INDEX,)
READY = "issue.parquet"
"""What is to be issued, beside the executed notebooks, until the report stands."""


@dataclass(frozen=True)
class Rendering:
    """What rendering a month needs to know: where to, from which notebooks as written and as executed."""

    folder: Path
    notebooks: dict[str, dict[str, Any]]
    run: Path
    derived: Path
    language: str
    about: About


def staging(project: Project, source: Source, period: Period) -> Path:
    """Where a month is built before it is published."""
    return project.reports / ".staging" / f"{source.name}-{period}"


def repair_all(project: Project, source: Source) -> list[str]:
    """Clean up after killed runs of a source; returns the months that were repaired."""
    folder = project.reports / ".staging"
    names = {path.name.removesuffix(".old") for path in folder.glob(f"{source.name}-????-??*")} if folder.is_dir() else set()
    periods = [Period.parse(name.removeprefix(f"{source.name}-")) for name in sorted(names)]
    return [str(period) for period in periods if repair(staging(project, source, period), project.published(source, period))]


def rendering(plan: Plan, facts: Facts) -> Rendering:
    """The job of rendering a month whose notebooks are all done."""
    basis = plan.basis
    about = About(
        source=basis.source.name,
        title=facts.title,
        period=str(plan.period),
        as_of=plan.period.as_of.isoformat(),
        currency=facts.currency,
        covered_until=facts.covered_until,
        **plan.neighbours(),
    )
    source, period = basis.source, plan.period
    return Rendering(
        staging(basis.project, source, period), basis.notebooks, source.run(period), source.derived(period), basis.language, about
    )


def render(job: Rendering, tools: Tools, say: Say) -> dict[str, Any]:
    """Build the pages in the staging folder; runs in a process of its own."""
    from analysis.driver.parent import watch_parent

    watch_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["REPORT_LANG"] = job.language
    say("rendering")
    job.folder.mkdir(parents=True)
    chapters = {name: merge(content, load(job.run / f"{name}.ipynb")) for name, content in job.notebooks.items()}
    facts = find(tools.pages)(chapters, job.folder, job.about) or {}
    return facts | {READY: find(tools.issue)(job.derived, job.run / READY)}


def publish(plan: Plan, facts: Facts, seconds: dict[str, float], rendered: dict[str, Any]) -> None:
    """Check what was rendered, write its manifest, swap it in, and keep the record."""
    basis, period = plan.basis, plan.period
    new, published = staging(basis.project, basis.source, period), basis.project.published(basis.source, period)
    missing = [name for name in MUST_HAVE if not (new / name).is_file()]
    if missing:
        raise RunError(f"{basis.source.name} {period}: rendering left out {', '.join(missing)}; the previous report stands")
    memo = basis.memo
    pages = memo.hash_folder(new)
    said = rendered.pop(READY, None)
    manifest = describe(plan, facts, pages, seconds) | rendered | {"issued": _name_issue(plan, said)}
    write_atomically(new / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    with hold(basis.project.reports / ".lock", "publishing"):
        swap(new, published)
    if said:
        # what stands published was promised; before the record, so that a killed run issues it the next time
        archive.keep(basis.source.folder, period, basis.source.run(period) / READY, said.pop("digest"), facts.covered_until, said)
    outputs = memo.hash_folder(published)
    Record(plan.rendering(), outputs).save(basis.source.run(period) / "report.json")


def _name_issue(plan: Plan, said: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the manifest says of the forecast that this report issues, or that stands as issued already."""
    if not said:
        return None
    folder, period = plan.basis.source.folder, plan.period
    name = archive.name_next(folder, period, said["digest"]) or archive.read_issues(folder, period)[-1].path.name
    return {"file": f"{archive.FOLDER}/{period}/{name}", "digest": said["digest"]}


def describe(plan: Plan, facts: Facts, pages: dict[str, str], seconds: dict[str, float]) -> dict[str, Any]:
    """The manifest: what was published, made from what, by what, how long it took. The only place for a clock."""
    from datetime import UTC, datetime

    basis = plan.basis
    rows = {name: count for record in plan.done.values() for name, count in record.facts.get("rows", {}).items()}
    tables = {name: digest for record in plan.done.values() for name, digest in record.outputs.items()}
    metrics = basis.source.derived(plan.period) / "metrics.json"
    return {
        "source": basis.source.name,
        "title": facts.title,
        "period": str(plan.period),
        "language": basis.language,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(basis.project.root),
        "versions": basis.common["versions"] | _packages(),
        "parameters": {"source": basis.source.name, "period": str(plan.period), **basis.extra},
        "inputs": {group: facts.record.ingredients.get(group, {}) for group in ("raw files", "source", "parameters")}
        | {"issued": plan.issued()},
        "clean": facts.record.outputs,
        "tables": {name: {"sha256": digest, "rows": rows.get(name)} for name, digest in sorted(tables.items())},
        "pages": pages,
        "seconds": {step: round(value, 3) for step, value in seconds.items()},
        "peak_megabytes": {
            "ledger": facts.record.facts.get("peak_megabytes"),
            **{name: record.facts.get("peak_megabytes") for name, record in plan.done.items()},
        },
        "metrics": json.loads(metrics.read_text(encoding="utf-8")) if metrics.is_file() else [],
    }


def _packages() -> dict[str, str]:
    """Installed versions of the packages that the project names itself; the lock file's hash stands for the rest."""
    import re
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        names = [re.split(r"[^A-Za-z0-9._-]", line)[0] for line in requires("analysis") or []]
        return {name: version(name) for name in names}
    except PackageNotFoundError:
        return {}


def _commit(root: Path) -> str | None:
    """The commit of the checkout, with a + where files differ from it; None without git."""
    import subprocess

    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=40", "--exclude=*"]
    try:
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip() or None if run.returncode == 0 else None


def manifests(project: Project, memo: Memo) -> dict[str, str]:
    """Hash of every published manifest, by path below ``reports/``."""
    found = sorted(project.reports.glob(f"*/????-??/{MANIFEST}"))
    return {str(path.relative_to(project.reports)): memo.hash_file(path) for path in found}


def is_index_fresh(project: Project, memo: Memo) -> bool:
    """Whether ``reports/index.html`` was built from the manifests that are there."""
    try:
        known = json.loads((project.reports / ".index.json").read_text(encoding="utf-8"))
        return known == {"manifests": manifests(project, memo), INDEX: memo.hash_file(project.reports / INDEX)}
    except (OSError, ValueError):
        return False


def rebuild_index(project: Project, tools: Tools, language: str, say: Say) -> None:
    """Build ``reports/index.html`` from all manifests; runs in a process of its own."""
    os.environ["REPORT_LANG"] = language
    say("index")
    memo = Memo(project.reports / ".unused")
    with hold(project.reports / ".lock", "building the index"):
        found = manifests(project, memo)
        write_atomically(project.reports / INDEX, find(tools.index)(project.reports))
        known = {"manifests": found, INDEX: memo.hash_file(project.reports / INDEX)}
        write_atomically(project.reports / ".index.json", json.dumps(known))
