"""Every requirement has its place in the report, and every place exists."""

import io
import json
import re
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.contracts.ledger import LEDGER
from analysis.driver.coverage import LATER, Requirement, find_mistakes, print_coverage, read_chapters, read_requirements
from analysis.driver.errors import RunError
from analysis.driver.graph import Contents, Notebook
from analysis.driver.project import Project
from analysis.run import CONTENTS

ROOT = Path(__file__).resolve().parents[3]
COUNTS = {"A": 30, "B": 27, "C": 21, "D": 18, "E": 21, "X": 17}
"""Rows of the requirements by letter."""
BUILT = [
    *("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A12", "A13", "A19", "A21", "A22", "A23", "A30"),
    *("B1", "B2", "B3", "B4", "B5", "B17", "B18", "B20", "B21", "B22", "B25"),
    *("C1", "C2", "C3", "C4", "C5", "C6", "C9", "C13"),
    *("D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D14", "D15", "D16"),
    *("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E14", "E18", "E19", "E20"),
    *("X1", "X2", "X5", "X7", "X8", "X9", "X10", "X11", "X12", "X14", "X15", "X16"),
]
"""Requirements that must not be put off; a part of one may be."""


def targets():
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_every_requirement_is_listed_once_and_in_order():
    assert [row.ident for row in read_requirements()] == [f"{letter}{n}" for letter, count in COUNTS.items() for n in range(1, count + 1)]


def test_every_place_exists():
    chapters = read_chapters(Project(ROOT), CONTENTS)
    assert list(find_mistakes(read_requirements(), chapters, targets(), set(LEDGER))) == []


@pytest.mark.parametrize("ident", BUILT)
def test_what_is_built_is_not_put_off(ident):
    (row,) = [row for row in read_requirements() if row.ident == ident]
    assert not row.is_later
    assert [place for place in row.places if place.startswith(f"{LATER}0")] == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("09_none#cell", "no chapter 09_none"),
        ("01_one#none", "01_one has no cell none"),
        ("01_one", "is neither a cell"),
        ("command: make nothing", "no command make nothing"),
        ("command: run report", "no command run report"),
        ("missing: nothing", "no table nothing"),
    ],
)
def test_a_place_that_does_not_exist_is_named(place, said):
    (line,) = find_mistakes([Requirement("A1", "name", (place,))], {"01_one": {"cell"}}, {"report"}, {"points"})
    assert line.startswith("A1: ")
    assert said in line


def test_places_that_exist_are_no_mistake():
    row = Requirement("A1", "name", ("01_one#cell", "command: make report PERIOD=", "missing: points", "later: actions"))
    assert list(find_mistakes([row], {"01_one": {"cell"}}, {"report"}, {"points"})) == []


@pytest.mark.parametrize("text", ["[A1]\nname = 'x'\nplaces = []", "[A1]\nplaces = ['a#b']", "A1 = 3", "[A1"])
def test_a_row_without_name_or_places_is_one_line(tmp_path, text):
    path = tmp_path / "coverage.toml"
    path.write_text(text)
    with pytest.raises(RunError) as error:
        read_requirements(path)
    assert str(error.value).startswith("coverage.toml")
    assert "\n" not in str(error.value)


@pytest.fixture
def one(tmp_path, monkeypatch):
    """A project of one chapter with a section that needs points, and two requirements."""
    head = {"cell_type": "markdown", "id": "used", "metadata": {"tags": ["needs:points"]}, "source": "## Are points used?"}
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# One"}
    show = {"cell_type": "code", "id": "used-table", "metadata": {}, "source": "1"}
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_one.ipynb").write_text(json.dumps({"cells": [title, head, show]}))
    places = tmp_path / "coverage.toml"
    places.write_text("[A29]\nname = 'Loyalty'\nplaces = ['01_one#used-table']\n[A18]\nname = 'Care'\nplaces = ['later: actions']\n")
    monkeypatch.setattr("analysis.driver.coverage.read_requirements.__defaults__", (places,))
    return Project(tmp_path), Contents((Notebook("01_one"),))


def test_a_requirement_is_printed_with_the_heading_that_answers_it(one):
    stream = io.StringIO()
    assert print_coverage(*one, frozenset(), "demo", stream) == 0
    assert "A29  Loyalty\n       01_one#used-table  Are points used?\n" in stream.getvalue()
    assert "2 requirements: 1 answered, 1 to come later" in stream.getvalue()


def test_where_the_source_lacks_the_table_the_line_names_it(one):
    stream = io.StringIO()
    assert print_coverage(*one, {"points"}, "demo", stream) == 0
    assert "01_one#used-table  Missing in demo: points" in stream.getvalue()


def test_the_command_prints_every_requirement_of_this_project():
    stream = io.StringIO()
    assert main(["coverage"], root=ROOT, stream=stream) == 0
    assert len(re.findall(r"^[A-EX]\d+ ", stream.getvalue(), flags=re.MULTILINE)) == sum(COUNTS.values())
