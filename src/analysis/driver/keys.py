"""The ingredients of each step: what its outputs depend on, group by group, and in words what changed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import analysis
from analysis.driver.graph import Contents
from analysis.driver.hashes import Memo, hash_data, hash_text
from analysis.driver.notebook import headings, prose, tags, text
from analysis.driver.project import Project, Source
from analysis.driver.records import Ingredients, Record

PACKAGE = Path(analysis.__file__).parent
PREPARATION = ("ledger", "contracts", "period.py")
ONLY_RENDERING = ("template/", "assembly.py", "checks.py", "dress.py", "index.py", "page.py", "prose.py", "sheets.py")
RENDERING = tuple(f"report/{name}" for name in ONLY_RENDERING)
NOT_ANALYSIS = ("driver/", "demo/", "__main__.py", "run.py", "report/coverage.toml")


def code_hashes(memo: Memo) -> dict[str, str]:
    """Hash of every file of the package, by path."""
    return {name: digest for name, digest in memo.hash_folder(PACKAGE).items() if not name.endswith((".pyc", ".md"))}


def versions(project: Project, memo: Memo) -> dict[str, str]:
    """Python and the pinned packages."""
    lock = memo.hash_file(project.lock_file) if project.lock_file.is_file() else "none"
    return {"python": ".".join(map(str, sys.version_info[:3])), project.lock_file.name: lock}


def of_simulation(code: dict[str, str]) -> Ingredients:
    """The demo company's raw files: the simulation's own code (it has a seed of its own)."""
    return {"code": {name: digest for name, digest in code.items() if name.startswith("demo/")}}


def of_ledger(project: Project, source: Source, code: dict[str, str], memo: Memo) -> Ingredients:
    """The clean ledger: raw files, what ``ledger.toml`` says, the cleaning's code and parameters."""
    params = tomllib.loads((PACKAGE / "params.toml").read_text(encoding="utf-8"))
    return {
        "raw files": memo.hash_folder(source.raw),
        "source": {"ledger.toml": hash_data(_without_analysis(source.folder / "ledger.toml"))},
        "parameters": {"[ledger]": hash_data(params.get("ledger", {}))},
        "code": {name: digest for name, digest in code.items() if name.startswith(PREPARATION)},
        "versions": versions(project, memo),
    }


def _without_analysis(path: Path) -> Any:
    """What ``ledger.toml`` says, less the parameters and codebooks of later stages (as text where it is not TOML)."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return path.read_bytes().hex()
    own = said.get("params")
    if isinstance(own, dict):
        said["params"] = {section: part for section, part in own.items() if section == "ledger"}
    return {name: part for name, part in said.items() if name not in ("codebook", "entered_code")}


def of_execution(
    content: dict[str, Any],
    parameters: dict[str, str],
    tables: dict[str, str],
    common: Ingredients,
) -> Ingredients:
    """A notebook's run: its code (not outputs, ids or prose), parameters, tables read, and what all notebooks share."""
    cells = [cell for cell in content["cells"] if cell.get("cell_type") == "code"]
    code = {f"cell {number}": hash_data([text(cell), sorted(tags(cell))]) for number, cell in enumerate(cells, 1)}
    return {"cells": code, "parameters": parameters, "tables read": tables, **common}


def place_cells(why: list[str], content: dict[str, Any]) -> list[str]:
    """The same reasons; a cell is named with the heading under which it stands."""
    under = headings(content)
    stands = [heading for heading, cell in zip(under, content["cells"], strict=True) if cell.get("cell_type") == "code"]
    names = {f"cell {number}": f"cell {number} under “{heading}”" for number, heading in enumerate(stands, 1) if heading}
    found = []
    for reason in why:
        group, _, words = reason.partition(": ")
        name, _, change = words.rpartition(" ")
        found.append(f"{group}: {names[name]} {change}" if group == "cells" and name in names else reason)
    return found


def shared_by_notebooks(
    project: Project,
    source: Source,
    ledger: Record,
    code: dict[str, str],
    language: str,
    memo: Memo,
) -> Ingredients:
    """What every notebook of a source depends on."""
    analysis_code = {name: digest for name, digest in code.items() if not name.startswith((*NOT_ANALYSIS, *RENDERING))}
    return {
        "clean ledger": ledger.outputs,
        "source": {"ledger.toml": memo.hash_file(source.folder / "ledger.toml")},
        "code": analysis_code,
        "versions": versions(project, memo),
        "language": {"REPORT_LANG": language},
    }


def of_rendering(
    contents: Contents,
    notebooks: dict[str, dict[str, Any]],
    executed: dict[str, Record],
    code: dict[str, str],
    neighbours: dict[str, str],
    common: Ingredients,
) -> Ingredients:
    """The pages: executed notebooks, their prose, links to other months, the template and the rest of the report's code."""
    return {
        "executed notebooks": {name: record.facts["executed"] for name, record in executed.items()},
        "tables": {name: digest for record in executed.values() for name, digest in record.outputs.items()},
        "prose": {name: hash_data(prose(content)) for name, content in notebooks.items()},
        "code": {name: digest for name, digest in code.items() if name.startswith(("report/", "driver/publish.py", "driver/tools.py"))},
        "links to": neighbours,
        "contents": {"chapters": hash_text(" ".join(notebook.name for notebook in contents.notebooks))},
        **{group: common[group] for group in ("source", "versions", "language")},
    }


def differences(old: Ingredients, new: Ingredients) -> list[str]:
    """Which ingredients changed, one phrase each; empty when none did."""
    found = []
    for group in [*new, *(group for group in old if group not in new)]:
        before, after = old.get(group, {}), new.get(group, {})
        for name in sorted({*before, *after}):
            if name not in after:
                found.append(f"{group}: {name} is gone")
            elif name not in before:
                found.append(f"{group}: {name} is new")
            elif before[name] != after[name]:
                short = max(len(before[name]), len(after[name])) <= 20
                found.append(f"{group}: {name} " + (f"was {before[name] or 'empty'}, is {after[name] or 'empty'}" if short else "changed"))
    return found
