"""A notebook file as plain data: its code, its prose, its parameters. Standard library only."""

from __future__ import annotations

import ast
import difflib
import json
from pathlib import Path
from typing import Any

from analysis.driver.errors import RunError

Cell = dict[str, Any]


def load(path: Path) -> dict[str, Any]:
    """The notebook's JSON; one line when it is not one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path.name} is missing in {path.parent.name}/") from None
    except ValueError as error:
        raise RunError(f"{path.name} is not a notebook: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise RunError(f"{path.name} is not a notebook: it has no cells")
    return content


def text(cell: Cell) -> str:
    """A cell's source as one string."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def tags(cell: Cell) -> list[str]:
    """A cell's tags."""
    return cell.get("metadata", {}).get("tags", [])


def heading(cell: Cell) -> str | None:
    """The last heading of a Markdown cell, without its marks."""
    if cell.get("cell_type") != "markdown":
        return None
    lines = [line for line in text(cell).splitlines() if line.startswith("#") and line.lstrip("#").startswith(" ")]
    return lines[-1].lstrip("#").strip() if lines else None


def headings(notebook: dict[str, Any]) -> list[str]:
    """For every cell, the heading under which it stands ("" before the first)."""
    found, current = [], ""
    for cell in notebook["cells"]:
        current = heading(cell) or current
        found.append(current)
    return found


def prose(notebook: dict[str, Any]) -> list[str]:
    """The text of every Markdown cell."""
    return [text(cell) for cell in notebook["cells"] if cell.get("cell_type") == "markdown"]


def parameters(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    """Names and defaults that the cell tagged ``parameters`` assigns; all must be literals.

    Raises
    ------
    RunError
        There is no such cell, or it does something other than assign literals.
    """
    cells = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code" and "parameters" in tags(cell)]
    if len(cells) != 1:
        raise RunError(f"{name}: {len(cells)} cells are tagged parameters; there must be one")
    found: dict[str, Any] = {}
    try:
        for node in ast.parse(text(cells[0])).body:
            if not (isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
                raise ValueError("line " + str(node.lineno))
            found[node.targets[0].id] = ast.literal_eval(node.value)
    except (SyntaxError, ValueError) as error:
        raise RunError(f"{name}: the parameters cell may only assign literals ({error})") from None
    return found


def check_parameters(given: dict[str, dict[str, Any]], wanted: dict[str, str], extra: dict[str, str]) -> None:
    """Refuse a parameter that no notebook has, before any kernel starts.

    Parameters
    ----------
    given : dict
        Per notebook, the parameters that its cell declares, with their defaults.
    wanted : dict
        What every notebook must take (source, period).
    extra : dict
        What the command line adds; at least one notebook must take each.
    """
    for name, declared in given.items():
        for key in wanted:
            if key not in declared:
                raise RunError(f"{name}: its parameters cell has no {key}; it has: {', '.join(declared)}")
    everywhere = sorted({key for declared in given.values() for key in declared})
    for key in extra:
        if key not in everywhere:
            near = difflib.get_close_matches(key, everywhere, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(everywhere)}"
            raise RunError(f"no notebook has a parameter {key}; {hint}")


def merge(current: dict[str, Any], executed: dict[str, Any]) -> dict[str, Any]:
    """The notebook as it is written now, with the outputs of its executed copy.

    Code cells agree by position (the execute key holds them equal); prose may have changed since.
    """
    outputs = [cell for cell in executed["cells"] if cell["cell_type"] == "code" and "injected-parameters" not in tags(cell)]
    merged = json.loads(json.dumps(current))
    for cell in merged["cells"]:
        cell["source"] = text(cell)
    code = [cell for cell in merged["cells"] if cell["cell_type"] == "code"]
    for cell, run in zip(code, outputs, strict=True):
        cell["outputs"], cell["execution_count"] = run["outputs"], run["execution_count"]
    merged["metadata"] = executed["metadata"]
    return merged


def without_times(executed: dict[str, Any]) -> dict[str, Any]:
    """The executed notebook without papermill's times, paths and versions: the same run gives the same bytes."""
    stripped = json.loads(json.dumps(executed))
    stripped["metadata"].pop("papermill", None)
    for cell in stripped["cells"]:
        for noise in ("papermill", "execution"):
            cell["metadata"].pop(noise, None)
        if "injected-parameters" in tags(cell):
            cell["id"] = "injected-parameters"
    return stripped
