"""What runs, and what does not."""

import json
import os
import subprocess
import sys

import pytest

from analysis.driver import pool
from small_project import FOLDER, WRITE

ALL = ["alone", "first", "second", "summary"]


def test_first_run_publishes_the_last_whole_month(project):
    code, output = project("report")
    assert code == 0
    assert "published reports/small/2020-03/index.html" in output  # April is covered to the 15th only
    manifest = json.loads(project.page(name="manifest.json").read_text())
    assert manifest["tables"]["first.parquet"]["rows"] == 1
    assert set(manifest["seconds"]) == {"ledger", "fetch", *ALL, "report"}
    assert manifest["pages"].keys() == {"index.html", *(f"{name}.html" for name in ALL)}
    assert (project.root / "reports" / "index.html").read_text() == "small/2020-03"


def test_second_run_does_nothing_and_imports_nothing_heavy(published):
    script = (
        "import sys; from pathlib import Path; from small_project import CONTENTS, HEAVY, TOOLS; from analysis.__main__ import main\n"
        "code = main(['report', '--source', 'small'], root=Path(sys.argv[1]), contents=CONTENTS, tools=TOOLS)\n"
        "print(code, [name for name in HEAVY if name in sys.modules])"
    )
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", script, str(published.root)], capture_output=True, text=True, env=here, check=True)
    assert run.stdout.splitlines() == ["up to date: reports/small/2020-03/index.html", "0 []"]


def test_notebook_that_writes_the_same_runs_alone(published):
    published.write("first", "# First", FOLDER, "## Write", WRITE % ("2 - 1", "first"))
    assert published.steps() == ["first", "report"]


def test_notebook_that_writes_otherwise_takes_its_readers_along(published):
    published.write("first", "# First", FOLDER, "## Write", WRITE % (7, "first"))
    assert published.steps() == ["first", "second", "summary", "report"]


def test_reader_of_a_table_does_not_wait_for_its_writers_last_cell(project):
    seen = "(folder / 'second.parquet').exists()"
    wait = f"import time\nend = time.monotonic() + 60\nwhile not {seen} and time.monotonic() < end: time.sleep(0.05)"
    project.write("first", "# First", FOLDER, WRITE % (1, "first"), wait, f"assert {seen}")
    project.steps()  # the first notebook would have failed without the second's table


def test_prose_is_rendered_without_a_run(published):
    published.write("alone", "# Alone at last", "## Say", "source + period")
    assert published.steps() == ["report"]
    assert "Alone at last" in published.page(name="alone.html").read_text()


def test_cell_outputs_and_ids_in_the_notebook_change_nothing(published):
    path = published.root / "notebooks" / "alone.ipynb"
    content = json.loads(path.read_text())
    content["cells"][-1] |= {"id": "other", "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}], "execution_count": 3}
    path.write_text(json.dumps(content))
    assert published("report") == (0, "up to date: reports/small/2020-03/index.html\n")


def test_raw_data_that_clean_to_the_same_run_no_notebook(project):
    project.steps()
    (project.source / "raw" / "sales.csv").write_text("sales\n")
    assert project.steps() == ["ledger"]


def test_touched_file_is_not_a_changed_file(published):
    os.utime(published.source / "raw" / "sales.csv", (1, 1))
    assert published.steps() == []


@pytest.mark.parametrize(("name", "steps"), [("first.parquet", ["first"]), ("lists/all.csv", ["second"])])
def test_table_that_was_altered_is_made_again(published, name, steps):
    (published.source / "derived" / "2020-03" / name).write_text("altered")
    assert published.steps() == steps


def test_page_that_was_removed_is_rendered_again(published):
    before = published.files()
    published.page(name="alone.html").unlink()
    assert published.steps() == ["report"]
    assert published.files().keys() == before.keys()


def test_language_is_an_ingredient(published):
    code, output = published("explain", "--language", "zh")
    assert code == 0
    assert "language: REPORT_LANG was en, is zh" in output


def test_extra_parameter_reaches_the_notebooks_that_declare_it(project):
    path = project.root / "notebooks" / "alone.ipynb"
    content = json.loads(path.read_text())
    content["cells"][1]["source"] += "\nlimit = '5'"
    content["cells"][-1]["source"] = "limit"
    path.write_text(json.dumps(content))
    project.steps("report", "--param", "limit=007")
    assert "'007'" in project.page(name="alone.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--param", "perod=1"], "no notebook has a parameter perod; did you mean period?"),
        (["--param", "period=1"], "--param period=1: write NAME=VALUE; source and period have options of their own"),
        (["--period", "2020-3"], "period '2020-3' is not a month; write it as YYYY-MM, for example 2016-10"),
    ],
)
def test_mistake_stops_before_anything_starts(project, capsys, monkeypatch, arguments, message):
    monkeypatch.setattr(pool.Pool, "start", lambda *_, **__: pytest.fail("a process was started"))
    assert project("report", *arguments) == (2, "")
    assert capsys.readouterr().err == message + "\n"


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ("2019-12", "2019-12 is before the data; small has 2020-01 to 2020-03"),
        ("2020-04", "2020-04 is not covered to its last day by the data; small has 2020-01 to 2020-03"),
    ],
)
def test_period_outside_the_data_is_refused_before_any_kernel(project, capsys, period, message):
    assert project("ledger")[0] == 0
    assert project("report", "--period", period)[0] == 2
    assert capsys.readouterr().err == message + "\n"
    assert not (project.source / "derived").exists()


def test_notebook_without_the_period_parameter_is_refused(project, capsys):
    path = project.root / "notebooks" / "alone.ipynb"
    path.write_text(path.read_text().replace("period =", "perod ="))
    assert project("report") == (2, "")
    assert capsys.readouterr().err == "alone: its parameters cell has no period; it has: source, perod\n"


def test_explain_names_the_ingredient_and_what_follows(published):
    published.write("first", "# First", FOLDER, "## Write", WRITE % (7, "first"))
    code, output = published("explain")
    assert code == 0
    assert output.splitlines() == [
        "small",
        "  ledger         fresh",
        "small 2020-03",
        "  alone          fresh",
        "  first          would run: cells: cell 3 under “Write” changed",
        "  second         would run only if: first writes other tables",
        "  summary        would run only if: first writes other tables",
        "                                    second writes other tables",
        "  report         would be rendered: notebooks would run",
    ]


def test_explain_before_the_first_run(project):
    assert project("explain") == (0, "small\n  ledger         would be made: it has not been made yet\n  every notebook runs after it\n")


def test_backfill_publishes_every_month_linked_to_its_neighbours(project):
    assert project("backfill", "--from", "2020-02")[0] == 0
    links = [json.loads(project.page(period).read_text()) for period in ("2020-02", "2020-03")]
    assert links == [["", "2020-02", "2020-03"], ["2020-02", "2020-03", ""]]
    assert not project.page("2020-01").exists()


def test_month_gains_a_link_when_its_neighbour_is_published(project):
    project.steps("report", "--period", "2020-02")
    assert "report" in project.steps("report", "--period", "2020-03")
    assert json.loads(project.page("2020-02").read_text()) == ["", "2020-02", "2020-03"]
    assert project.steps("report", "--period", "2020-02") == []


def test_backfill_the_wrong_way_round(project, capsys):
    project("ledger")
    assert project("backfill", "--from", "2020-03", "--to", "2020-01")[0] == 2
    assert capsys.readouterr().err == "FROM=2020-03 is after TO=2020-01\n"


def test_verify_finds_the_same_bytes(published):
    assert published("verify") == (0, "small 2020-03: identical\n")


def test_verify_names_what_differs(published):
    published.page(name="alone.html").write_text("altered")
    (published.source / "derived" / "2020-03" / "extra.csv").write_text("x")
    code, output = published("verify")
    assert code == 1
    assert output.splitlines() == ["small 2020-03: 2 files differ", "  derived/extra.csv is not made again", "  report/alone.html differs"]


def test_verify_needs_a_published_month(project, capsys):
    assert project("verify")[0] == 2
    assert capsys.readouterr().err == "small 2020-03 has not been published; run: make report SOURCE=small PERIOD=2020-03\n"


def test_clean_keeps_raw_files_and_reports(project):
    project.steps()
    published = project.files()
    assert project("clean")[0] == 0
    assert sorted(path.name for path in project.source.iterdir() if not path.name.startswith(".")) == ["ledger.toml", "raw"]
    assert project.files() == published
