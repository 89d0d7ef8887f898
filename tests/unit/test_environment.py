"""The set-up: one source of truth for versions, and the checks that hold the house rules."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / ".ci"


@pytest.fixture
def ci(monkeypatch):
    """The scripts of .ci, as modules."""
    monkeypatch.syspath_prepend(CI)
    import check
    import environment

    return {"check": check, "environment": environment}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_conda_users_get_the_versions_of_the_lock(ci):
    locked = {tuple(pin.split("==")) for pin in re.findall(r"^([^\s#]+==[^\s\\]+)", read("requirements.lock"), flags=re.MULTILINE)}
    conda = {tuple(pin.split("==")) for pin in re.findall(r'^      - "([^\s"]+==[^\s"]+)', read("environment.yml"), flags=re.MULTILINE)}
    assert conda == locked
    assert read("environment.yml") == ci["environment"].make_environment(read("requirements.lock"))


def test_every_pin_has_a_hash():
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", read("requirements.lock"), flags=re.MULTILINE))
    assert all("--hash=sha256:" in block for block in blocks if block.strip())


def test_every_direct_dependency_is_locked():
    project = tomllib.loads(read("pyproject.toml"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[\[<>=! ]", line)[0].replace("_", "-").lower() for line in wanted}
    locked = set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", read("requirements.lock"), flags=re.MULTILINE))
    assert names <= locked


def test_this_environment_holds_the_locked_versions():
    locked = dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", read("requirements.lock"), flags=re.MULTILINE))
    for name in ("pandas", "duckdb", "ibis-framework", "papermill", "nbconvert", "lifelines", "ruff", "pytest"):
        assert importlib.metadata.version(name) == locked[name]


def test_make_alone_prints_help_one_line_a_target():
    run = subprocess.run(["make", "-C", str(ROOT), "--no-print-directory"], capture_output=True, text=True, check=True)
    targets = [line.split()[1] for line in run.stdout.splitlines()]
    assert {"help", "report", "test", "check", "lab", "backfill", "explain", "verify", "data", "clean", "lock"} <= set(targets)
    assert len(targets) == len(set(targets))
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), flags=re.MULTILINE)[1].split()
    assert set(phony) == {*targets, "setup", "environment"}


def write(path, *cells, **changes):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5, **changes}
    path.write_text(json.dumps(content))
    return path


def code(source, ident="a", tags=(), outputs=(), count=None):
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "id": ident, "metadata": metadata, "source": source, "outputs": list(outputs), "execution_count": count}


PARAMETERS = code("source = 'demo'", "p", ["parameters"])


def test_clean_notebook_passes(ci, tmp_path):
    path = write(tmp_path / "a.ipynb", PARAMETERS, code("show.table(month.read('customers'), 'customers.all')"))
    assert list(ci["check"].check_notebook(path)) == []


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ([PARAMETERS, code("1", count=1)], "cell a has outputs; clear them before you commit"),
        ([PARAMETERS, code("def f():\n    return 1")], "cell a line 1 holds logic (FunctionDef); move it into src/analysis"),
        ([PARAMETERS, code("x\nfor a in b:\n    a")], "cell a line 2 holds logic (For); move it into src/analysis"),
        ([PARAMETERS, code("[a for a in b]")], "cell a line 1 holds logic (ListComp); move it into src/analysis"),
        ([PARAMETERS, code("frame.groupby('a').sum()")], "cell a line 1 computes (groupby); move it into src/analysis"),
        ([PARAMETERS, code("a\n" * 9)], "cell a has 9 lines; a cell is a call or two (at most 8 lines)"),
        ([code("source = find()", "p", ["parameters"])], "cell p line 1 of the parameters is not a literal"),
        ([code("1")], "has not exactly one cell tagged parameters"),
    ],
)
def test_notebook_that_is_not_clean(ci, tmp_path, cells, complaint):
    assert list(ci["check"].check_notebook(write(tmp_path / "a.ipynb", *cells))) == [complaint]


@pytest.mark.parametrize(
    ("line", "is_found"), [("open('/ho" + "me/me/x')", True), ("see /wo" + "rk/main", True), ("src/analysis/work/x", False)]
)
def test_place_on_one_machine_is_found(ci, line, is_found):
    assert bool(ci["check"].MACHINE.search(line)) == is_found


def test_python_is_new_enough():
    assert sys.version_info >= (3, 11)
