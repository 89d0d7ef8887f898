"""Which page, command or line of what is missing answers which requirement. Standard library only."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import analysis
from analysis.driver.errors import RunError
from analysis.driver.graph import Contents
from analysis.driver.notebook import Cell, headings, load
from analysis.driver.project import Project
from analysis.driver.sections import find_gaps

PLACES = Path(analysis.__file__).parent / "report" / "coverage.toml"
COMMAND, MISSING, LATER = "command: ", "missing: ", "later: "
"""How a place begins that is no cell of a chapter."""


@dataclass(frozen=True)
class Requirement:
    """A row of the requirements.

    Attributes
    ----------
    ident : str
        A letter and a number, for example ``"D14"``.
    name : str
        What it asks for, in a few words.
    places : tuple of str
        ``chapter#cell-id``, or a text that begins with `COMMAND`, `MISSING` or `LATER`.
    """

    ident: str
    name: str
    places: tuple[str, ...]

    @property
    def is_later(self) -> bool:
        """Whether nothing answers it yet."""
        return all(place.startswith(LATER) for place in self.places)


def read_requirements(path: Path = PLACES) -> list[Requirement]:
    """All requirements with their places, in the order of the file.

    Raises
    ------
    RunError
        The file is no TOML, or a row has no name or no places.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RunError(f"{path.name} cannot be read: {error}") from None
    found = []
    for ident, row in rows.items():
        if not isinstance(row, dict) or set(row) != {"name", "places"} or not row["places"]:
            raise RunError(f"{path.name}: {ident} needs a name and at least one of its places, and nothing else")
        found.append(Requirement(ident, row["name"], tuple(row["places"])))
    return found


def read_chapters(project: Project, contents: Contents) -> dict[str, dict[str, tuple[str, Cell]]]:
    """By chapter and cell id: the heading under which the cell stands, and the cell that opens its section."""
    chapters = {}
    for entry in contents.notebooks:
        notebook = load(project.notebooks / f"{entry.name}.ipynb")
        found, opening = {}, notebook["cells"][0]
        for cell, heading in zip(notebook["cells"], headings(notebook), strict=True):
            opening = cell if cell.get("cell_type") == "markdown" else opening
            found[cell.get("id", "")] = (heading, opening)
        chapters[entry.name] = found
    return chapters


def find_mistakes(
    rows: list[Requirement], chapters: Mapping[str, Collection[str]], commands: Collection[str], tables: Collection[str]
) -> Iterator[str]:
    """Places that do not exist, one line each.

    Parameters
    ----------
    chapters : mapping
        Ids of the cells of each chapter.
    commands : collection of str
        Names after ``make``.
    tables : collection of str
        Canonical tables.
    """
    for row in rows:
        for place in row.places:
            chapter, sign, cell = place.partition("#")
            if place.startswith(LATER):
                continue
            if place.startswith(COMMAND):
                words = place.removeprefix(COMMAND).split()
                if words[:1] != ["make"] or words[1:2] == [] or words[1] not in commands:
                    yield f"{row.ident}: there is no command {place.removeprefix(COMMAND)}"
            elif place.startswith(MISSING):
                if place.removeprefix(MISSING) not in tables:
                    yield f"{row.ident}: there is no table {place.removeprefix(MISSING)}"
            elif not sign:
                yield f"{row.ident}: {place} is neither a cell (chapter#cell-id) nor begins with {COMMAND}, {MISSING} or {LATER}"
            elif chapter not in chapters:
                yield f"{row.ident}: there is no chapter {chapter}"
            elif cell not in chapters[chapter]:
                yield f"{row.ident}: {chapter} has no cell {cell}"


def print_coverage(project: Project, contents: Contents, lacking: Collection[str], source: str, stream: TextIO) -> int:
    """Print every requirement with what answers it; where `source` lacks a section's table, that table.

    Returns
    -------
    int
        0; 1 where a place names a cell that is not there.
    """
    rows, chapters = read_requirements(), read_chapters(project, contents)
    broken = 0
    for row in rows:
        print(f"{row.ident:<4} {row.name}", file=stream)
        for place in row.places:
            chapter, sign, cell = place.partition("#")
            if not sign:
                print(f"       {place}", file=stream)
            elif cell not in chapters.get(chapter, {}):
                broken += 1
                print(f"       {place}: THERE IS NO SUCH CELL", file=stream)
            else:
                print(f"       {place}{_tell(*chapters[chapter][cell], chapters[chapter], lacking, source)}", file=stream)
    later = sum(row.is_later for row in rows)
    print(f"{len(rows)} requirements: {len(rows) - later} answered, {later} to come later", file=stream)
    return 1 if broken else 0


def _tell(heading: str, opening: Cell, cells: Mapping[str, tuple[str, Cell]], lacking: Collection[str], source: str) -> str:
    """The heading of a place, or the tables that it waits for."""
    _, title = next(iter(cells.values()))
    gaps = find_gaps(opening, lacking) or find_gaps(title, lacking)
    if gaps:
        return f"  Missing in {source}: {', '.join(gaps)}"
    return f"  {heading}" if heading else ""
