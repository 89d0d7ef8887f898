import pytest

from analysis.driver import keys
from analysis.driver.hashes import Memo
from analysis.driver.project import Project


def cell(text, kind="code", **more):
    return {"cell_type": kind, "source": text, "metadata": {}, **more}


def key(*cells, parameters=None, tables=None):
    return keys.of_execution({"cells": list(cells)}, parameters or {}, tables or {}, {})


def test_outputs_ids_and_prose_are_no_ingredient_of_a_run():
    plain = key(cell("a"))
    assert key(cell("# words", "markdown"), cell("a", id="7", outputs=[1], execution_count=2)) == plain


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (key(cell("b")), "cells: cell 1 changed"),
        (key(cell("a"), cell("b")), "cells: cell 2 is new"),
        (key(), "cells: cell 1 is gone"),
        (key(cell("a"), parameters={"period": "2020-02"}), "parameters: period is new"),
        (key(cell("a"), tables={"customers.parquet": "0" * 64}), "tables read: customers.parquet is new"),
    ],
)
def test_what_changed_is_named(other, reason):
    assert keys.differences(key(cell("a")), other) == [reason]


def test_short_values_are_shown():
    assert keys.differences({"versions": {"python": "3.11.7"}}, {"versions": {"python": "3.12.1"}}) == [
        "versions: python was 3.11.7, is 3.12.1"
    ]


def test_cells_are_named_with_their_heading():
    content = {"cells": [cell("# Title\n## Part", "markdown"), cell("a")]}
    assert keys.place_cells(["cells: cell 1 changed", "cells: cell 9 is gone"], content) == [
        "cells: cell 1 under “Part” changed",
        "cells: cell 9 is gone",
    ]


@pytest.fixture
def source(tmp_path):
    (tmp_path / "data" / "shop" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "shop" / "ledger.toml").write_text('title = "Shop"\n[params.churn]\ninterval = 0.9\n')
    return Project(tmp_path).source("shop")


def ledger_key(source, code=None):
    return keys.of_ledger(Project(source.root), source, code or {}, Memo(source.root / "memo"))


def test_later_stages_parameters_do_not_touch_the_clean_ledger(source):
    before = ledger_key(source)
    (source.folder / "ledger.toml").write_text('title = "Shop"\n[params.churn]\ninterval = 0.8\n')
    assert ledger_key(source) == before
    (source.folder / "ledger.toml").write_text('title = "Shop"\n[params.ledger]\noutlier_factor = 9\n')
    assert ledger_key(source) != before


def test_codebooks_do_not_touch_the_clean_ledger(source):
    before = ledger_key(source)
    path = source.folder / "ledger.toml"
    path.write_text(path.read_text() + '[codebook]\nversion = "2"\n[entered_code]\nunique = true\n')
    assert ledger_key(source) == before


def test_code_of_the_analysis_does_not_touch_the_clean_ledger(source):
    assert ledger_key(source, {"churn/cox.py": "1"}) == ledger_key(source)
    assert ledger_key(source, {"ledger/rules.py": "1"}) != ledger_key(source)


def test_raw_files_are_ingredients_by_content(source):
    before = ledger_key(source)
    (source.raw / "sales.csv").write_text("1")
    assert keys.differences(before, ledger_key(source)) == ["raw files: sales.csv is new"]


def test_unreadable_ledger_toml_is_still_a_key(source):
    (source.folder / "ledger.toml").write_text("title = ")
    assert ledger_key(source) == ledger_key(source)


def test_every_file_of_the_package_is_hashed():
    code = keys.code_hashes(Memo(keys.PACKAGE / ".unused"))
    assert {"run.py", "params.toml", "driver/keys.py", "report/template/page.css"} <= code.keys()
    assert not [name for name in code if "__pycache__" in name]


def test_what_only_renders_is_there():
    code = keys.code_hashes(Memo(keys.PACKAGE / ".unused"))
    for name in keys.RENDERING:
        assert any(path.startswith(name) for path in code), name
