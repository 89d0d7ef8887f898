import pytest

from analysis.driver import notebook
from analysis.driver.errors import RunError


def code(text, *tags, outputs=(), count=None):
    return {"cell_type": "code", "source": text, "metadata": {"tags": list(tags)}, "outputs": list(outputs), "execution_count": count}


def prose(text):
    return {"cell_type": "markdown", "source": text, "metadata": {}}


def of(*cells):
    return {"cells": list(cells), "metadata": {}}


def test_parameters_are_the_names_that_the_tagged_cell_assigns():
    assert notebook.parameters(of(code("other = 1"), code("source = 'demo'\nlimit = -2", "parameters")), "x") == {
        "source": "demo",
        "limit": -2,
    }


@pytest.mark.parametrize("text", ["source = make()", "import os", "a = b = 1", "x.y = 1", "source ="])
def test_parameters_are_literals(text):
    with pytest.raises(RunError, match="01: the parameters cell may only assign literals"):
        notebook.parameters(of(code(text, "parameters")), "01")


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_cell_is_tagged(count):
    with pytest.raises(RunError, match=f"{count} cells are tagged parameters"):
        notebook.parameters(of(*[code("a = 1", "parameters")] * count), "01")


def test_heading_of_a_cell_is_the_last_one_above_it():
    content = of(code("1"), prose("# Title\n\ntext\n## Part ##tail"), code("2"), prose("#no heading"), code("3"))
    assert notebook.headings(content) == ["", "Part ##tail", "Part ##tail", "Part ##tail", "Part ##tail"]


def test_merge_takes_prose_from_the_notebook_and_outputs_from_its_executed_copy():
    executed = of(
        prose("old"), code("a = 1", "parameters", count=1), code("a = 2", "injected-parameters", count=2), code("a", outputs=["2"], count=3)
    )
    merged = notebook.merge(of(prose(["ne", "w"]), prose("more"), code("a = 1", "parameters"), code("a")), executed)
    assert [cell["source"] for cell in merged["cells"]] == ["new", "more", "a = 1", "a"]
    assert merged["cells"][-1]["outputs"] == ["2"]


def test_executed_copy_without_times_is_the_same_for_the_same_run():
    def run(second, ident):
        cell = code("a = 1", "injected-parameters")
        return {
            "cells": [
                cell | {"id": ident, "metadata": cell["metadata"] | {"papermill": {"start_time": second}, "execution": {"iopub": second}}}
            ],
            "metadata": {"papermill": {"duration": second}, "language_info": {"version": "3"}},
        }

    assert notebook.without_times(run(1, "a")) == notebook.without_times(run(2, "b"))


def test_what_is_no_notebook_is_told_in_one_line(tmp_path):
    path = tmp_path / "x.ipynb"
    with pytest.raises(RunError, match=r"x.ipynb is missing in "):
        notebook.load(path)
    for text in ("{", "[]", '{"cells": 1}'):
        path.write_text(text)
        with pytest.raises(RunError, match=r"x.ipynb is not a notebook"):
            notebook.load(path)
