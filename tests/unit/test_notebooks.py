"""Notebooks read as prose: a question, a call or two, an answer; every text, level and function that they name exists."""

import ast
import importlib
import inspect
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from analysis import run
from analysis.report import charts, show
from analysis.report.words import has_words
from analysis.report.words.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.stem: json.loads(path.read_text(encoding="utf-8"))["cells"] for path in PATHS}
FILES = {"write_metrics": "metrics.json", "write_totals": "totals.json"}
NAMESPACES = {key.split(".")[1] for key in catalogue("en") if key.startswith("levels.")}
SPOKEN = {"note": 1, "sentence": 0, "status": 0, "verdict": 1}
"""Displays of a single text: the place of its key among the arguments."""
TITLED = {"table", "portraits"} | (set(charts.__all__) - {"draw_sparkline"})
"""Displays with a name, whose texts lie below it."""


def source(cell):
    return "".join(cell["source"])


def code(name):
    return [cell for cell in NOTEBOOKS[name] if cell["cell_type"] == "code"]


def calls(name):
    """Calls of ``show.*`` and ``charts.*``: function and call."""
    for cell in code(name):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("show", "charts"):
                yield node.func.attr, node


def texts(node):
    """Literal texts within a call."""
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def argument(node, place):
    given = node.args[place] if len(node.args) > place else None
    return given.value if isinstance(given, ast.Constant) else None


each = pytest.mark.parametrize("name", NOTEBOOKS)


def test_the_notebooks_are_those_of_the_reports_contents():
    assert sorted(NOTEBOOKS) == sorted(notebook.name for notebook in run.CONTENTS.notebooks)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_committed_notebook_is_clean(path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / ".ci")
    import check

    assert list(check.check_notebook(path)) == []


@each
def test_it_begins_with_its_title_and_its_question(name):
    first = NOTEBOOKS[name][0]
    title, _, question = source(first).partition("\n")
    assert first["cell_type"] == "markdown"
    assert re.fullmatch(r"# \w.*", title)
    assert question.strip().endswith("?")


@each
def test_its_parameters_are_source_and_period_and_nothing_that_is_a_decision(name):
    cell = NOTEBOOKS[name][1]
    assert cell["metadata"].get("tags") == ["parameters"]
    values = {part.targets[0].id: ast.literal_eval(part.value) for part in ast.parse(source(cell)).body}
    assert list(values) == ["source", "period"]
    assert re.fullmatch(r"\d{4}-\d{2}", values["period"])


@each
def test_no_number_is_written_into_a_cell(name):
    for cell in code(name):
        numbers = [
            part.value for part in ast.walk(ast.parse(source(cell))) if isinstance(part, ast.Constant) and type(part.value) in (int, float)
        ]
        assert set(numbers) <= {-1, 0, 1}, f"{cell['id']}: thresholds belong into params.toml"


@each
def test_every_cell_has_an_id_of_its_own_that_a_translator_can_name(name):
    ids = [cell["id"] for cell in NOTEBOOKS[name]]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", ident) for ident in ids)


@each
def test_every_section_is_headed_and_holds_something(name):
    kinds = [cell["cell_type"] for cell in NOTEBOOKS[name]]
    headings = [source(cell) for cell in NOTEBOOKS[name][1:] if cell["cell_type"] == "markdown"]
    assert all(text.startswith("## ") for text in headings)
    assert kinds[-1] == "code"
    assert ("markdown", "markdown") not in list(pairwise(kinds))


@each
def test_every_display_has_its_title(name):
    for function, call in calls(name):
        if function in TITLED:
            key = argument(call, 1)
            assert key, f"{name}: {ast.unparse(call)} has no literal name"
            assert has_words(f"{key}.title"), key
            assert function == "table" or has_words(f"{key}.caption"), key


@each
def test_every_single_text_exists(name):
    for function, call in calls(name):
        if function in SPOKEN and (key := argument(call, SPOKEN[function])):
            assert has_words(key), key


@each
def test_every_namespace_of_levels_exists(name):
    for function, call in calls(name):
        named = [text.removeprefix("level:") for text in texts(call) if text.startswith("level:")]
        named += [part.value.value for part in call.keywords if part.arg in ("levels", "row_levels", "column_levels")]
        assert set(named) <= NAMESPACES, f"{function}: {set(named) - NAMESPACES}"


def test_no_two_displays_share_a_name():
    names = [argument(call, 1) for name in NOTEBOOKS for function, call in calls(name) if function in TITLED]
    assert len(names) > 40
    assert sorted(names) == sorted(set(names))


@each
def test_what_it_calls_exists_and_takes_what_it_is_given(name):
    modules = {}
    for cell in code(name):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    modules[alias.asname or alias.name] = find(node.module, alias.name)
    for cell in code(name):
        for node in ast.walk(ast.parse(source(cell))):
            if not isinstance(node, ast.Call):
                continue
            function = resolve(node.func, modules)
            if function is not None and not any(isinstance(part, ast.Starred) for part in node.args):
                given = [part.arg for part in node.keywords]
                if None not in given:
                    inspect.signature(function).bind(*node.args, **dict.fromkeys(given))


def find(module, name):
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        return importlib.import_module(f"{module}.{name}")


def resolve(node, modules):
    """The function that a call names, where it comes from an import; None for methods of what was computed."""
    if isinstance(node, ast.Name):
        return modules.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
        return getattr(modules[node.value.id], node.attr)
    return None


@each
def test_it_reads_and_writes_what_the_contents_say(name):
    listed = next(notebook for notebook in run.CONTENTS.notebooks if notebook.name == name)
    found = {"read": set(), "write": set()}
    for cell in code(name):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                method, of_month = node.func.attr, ast.unparse(node.func.value) == "month"
                if of_month and method in ("read", "write"):
                    found[method].add(f"{node.args[0].value}.parquet")
                if of_month and method in FILES:
                    found["write"].add(FILES[method])
                if of_month and method == "write_list":
                    files = {f"lists/{node.args[0].value}.{kind}" for kind in ("csv", "xlsx")}
                    found["write"] |= {"lists/"} if "lists/" in listed.writes else files
    assert found["write"] == set(listed.writes)
    written = {file for notebook in run.CONTENTS.notebooks for file in notebook.writes}
    assert set(listed.reads) <= found["read"] & written


def test_every_kind_of_display_that_needs_words_is_known_here():
    others = {"Card", "Display", "Missing", "TableData", "cards", "columns", "missing", "parameters", "reasons", "remarks", "style"}
    functions = {name for name in show.__all__ if not name.endswith("MIME")}
    assert functions - others == set(SPOKEN) | {"table", "portraits"}
