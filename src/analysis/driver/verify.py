"""Run a month again elsewhere, from the raw files on, and compare every byte."""

from __future__ import annotations

import dataclasses
import filecmp
import io
import shutil
import sys
import tempfile
from pathlib import Path

from analysis import archive
from analysis.driver import publish
from analysis.driver.errors import RunError
from analysis.driver.hashes import list_files
from analysis.driver.months import Request, run
from analysis.driver.prepare import Facts
from analysis.driver.project import Project, Source
from analysis.period import Period


def verify(request: Request) -> int:
    """Compare what is published, and the tables behind it, with a second run; returns 0 when all bytes agree.

    Raises
    ------
    RunError
        The month has not been published.
    """
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        again = _copy(request, Path(folder).resolve())
        report = io.StringIO()
        chosen: set[Period] = set()

        def choose(facts: Facts) -> list[Period]:
            periods = request.choose(facts)
            for period in periods:
                if not (request.project.published(request.source, period) / publish.MANIFEST).is_file():
                    raise RunError(f"{request.source.name} {period} has not been published; run: {request.command.format(period=period)}")
            chosen.update(periods)
            return periods

        code = run(dataclasses.replace(again, choose=choose, stream=report))
        if code:
            print(report.getvalue(), end="", file=sys.stderr)
            return code
        found = []
        for period in sorted(chosen):
            found += _compare("clean", request.source.clean, again.source.clean)
            found += _compare("derived", request.source.derived(period), again.source.derived(period))
            found += _compare("report", request.project.published(request.source, period), again.project.published(again.source, period))
            words = "identical" if not found else f"{len(found)} files differ"
            print(f"{request.source.name} {period}: {words}", file=request.stream)
    for line in found:
        print(f"  {line}", file=request.stream)
    return 1 if found else 0


def _copy(request: Request, root: Path) -> Request:
    """The same request on a project that shares notebooks and raw files with the first, and nothing that was made."""
    source = Source(root, request.source.name)
    source.folder.mkdir(parents=True)
    for shared in (request.project.notebooks, request.project.lock_file):
        if shared.exists():
            (root / shared.name).symlink_to(shared)
    for path in request.source.folder.iterdir():
        if path.name not in ("clean", "derived") and not path.name.startswith("."):
            if path.name == archive.FOLDER:
                # copied, for the second run issues its forecast, too
                shutil.copytree(path, source.folder / path.name)
            elif path.is_dir():
                (source.folder / path.name).symlink_to(path)
            else:
                shutil.copyfile(path, source.folder / path.name)
    return dataclasses.replace(request, project=Project(root), source=source, links=request.project)


def _compare(label: str, one: Path, other: Path) -> list[str]:
    """Files that differ between two folders, a line each; the manifest holds run times and is left out."""
    names = [{name for name in list_files(folder) if name != publish.MANIFEST} for folder in (one, other)]
    found = [f"{label}/{name} is {'not made again' if name in names[0] else 'new'}" for name in sorted(names[0] ^ names[1])]
    _, different, errors = filecmp.cmpfiles(one, other, sorted(names[0] & names[1]), shallow=False)
    return found + [f"{label}/{name} differs" for name in [*different, *errors]]
