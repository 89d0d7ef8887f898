"""Sections of a notebook that wait for a table: where a source lacks it, a line on the page says so. Standard library only.

A heading says what its section needs by tags: ``needs:order_lines`` names a canonical table, ``for:A22`` a requirement that
waits for it. On the title's cell the tags speak for the whole chapter. A company that leaves by ending contracts has its
orders neither forecast nor classed, so that ``needs:order_lines`` asks for a non-contractual one too. A section tagged
``last`` stays behind the empty ones.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from analysis.driver.notebook import Cell, tags, text

NEEDS, FOR, LAST = "needs:", "for:", "last"
CONTRACTUAL = "contractual"
"""Stands among what a source lacks where its order lines exist but are not what the section is about."""


def leave_out(notebook: dict[str, Any], lacking: Collection[str]) -> dict[str, Any]:
    """The notebook without the sections whose table is `lacking`.

    Of such a section the heading stays, and one cell that tells what is missing; these come after the sections that have
    something to show. A chapter whose title is tagged keeps its title, its parameters and that cell alone.

    Parameters
    ----------
    notebook : dict
        As read from its file; returned unchanged where nothing is left out.
    lacking : collection of str
        Canonical tables that the source does not give; `CONTRACTUAL`, see there.
    """
    cells = notebook["cells"]
    if not cells or not any(find_gaps(cell, lacking) for cell in cells):
        return notebook
    if gaps := find_gaps(cells[0], lacking):
        kept = [cell for cell in cells[1:] if "parameters" in tags(cell)]
        return {**notebook, "cells": [cells[0], *kept, _say(cells[0], gaps, lacking)]}
    shown: list[Cell] = []
    empty: list[Cell] = []
    last: list[Cell] = []
    for section in _sections(cells):
        if gaps := find_gaps(section[0], lacking):
            heading = text(section[0]).strip().split("\n")[0]
            empty += [{**section[0], "source": heading}, _say(section[0], gaps, lacking)]
        else:
            (last if LAST in tags(section[0]) else shown).extend(section)
    return {**notebook, "cells": [*shown, *empty, *last]}


def is_left_out(notebook: dict[str, Any], lacking: Collection[str]) -> bool:
    """Whether the whole chapter waits for a table."""
    return bool(notebook["cells"]) and bool(find_gaps(notebook["cells"][0], lacking))


def _sections(cells: list[Cell]) -> list[list[Cell]]:
    """Runs of cells, each from one Markdown cell to the next."""
    found: list[list[Cell]] = []
    for cell in cells:
        if cell.get("cell_type") == "markdown" or not found:
            found.append([])
        found[-1].append(cell)
    return found


def find_gaps(cell: Cell, lacking: Collection[str]) -> list[str]:
    """Tables that a heading's section needs and the source lacks."""
    if cell.get("cell_type") != "markdown":
        return []
    needed = [tag.removeprefix(NEEDS) for tag in tags(cell) if tag.startswith(NEEDS)]
    return [name for name in needed if name in lacking or (name == "order_lines" and CONTRACTUAL in lacking)]


def _say(heading: Cell, gaps: list[str], lacking: Collection[str]) -> Cell:
    """The cell that tells what is missing."""
    waiting = tuple(tag.removeprefix(FOR) for tag in tags(heading) if tag.startswith(FOR))
    if any(name in lacking for name in gaps):
        calls = ", ".join(f"show.Missing({json.dumps(name)}, (), {waiting!r})" for name in gaps if name in lacking)
        call = f"show.missing({calls})"
    else:
        call = 'show.note("info", "common.contractual")'
    source = f"from analysis.report import show\n\n{call}"
    ident = f"{heading.get('id', 'section')}-missing"
    return {"cell_type": "code", "id": ident, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
