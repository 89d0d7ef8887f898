"""What was issued is kept: beside every report that is published, through repeats, verification and cleaning."""

import json
from dataclasses import replace

import pytest

from analysis.archive import keep
from analysis.period import Period
from small_project import FOLDER, WRITE


@pytest.fixture
def issuing(published):
    """A published project whose reports issue a table, and whose first chapter grades what was issued."""
    published.tools = replace(published.tools, issue="small_project:issue")
    published.contents_with("alone", reads_issued=True)
    published.write("alone", "# Alone, told again", "## Say", "source + period")
    assert published.steps() == ["report"]
    return published


def files(project):
    folder = project.source / "issued"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def manifest(project):
    return json.loads(project.page(name="manifest.json").read_text())


def keep_earlier(project, covered_until, number="1"):
    """An issue of the month before."""
    ready = project.root / "ready"
    ready.write_text(number)
    keep(project.source, Period(2020, 2), ready, number, covered_until, {"horizon_days": 20})


def test_a_report_issues_what_it_forecasts_and_its_manifest_names_it(issuing):
    assert list(files(issuing)) == ["2020-03/forecasts.json", "2020-03/forecasts.parquet"]
    assert json.loads(files(issuing)["2020-03/forecasts.json"])["covered_until"] == "2020-04-15"
    assert manifest(issuing)["issued"]["file"] == "issued/2020-03/forecasts.parquet"


def test_the_same_numbers_published_again_are_issued_once(issuing):
    before = files(issuing)
    issuing.write("summary", "# Summary told otherwise", FOLDER, "(folder / 'metrics.json').write_text('[]')")
    assert issuing.steps() == ["report"]
    assert files(issuing) == before


def test_other_numbers_are_added_and_the_first_issue_stands(issuing):
    before = files(issuing)
    issuing.write("first", "# First", FOLDER, "## Write", WRITE % (7, "first"))
    issuing.steps()
    after = files(issuing)
    assert {name: after[name] for name in before} == before
    added = sorted(set(after) - set(before))
    assert [name.split("-")[2] for name in added] == ["2", "2"]
    assert manifest(issuing)["issued"]["file"] in {f"issued/{name}" for name in added}


def test_an_issue_of_an_earlier_month_is_an_input_of_the_chapter_that_grades_it(issuing):
    keep_earlier(issuing, "2020-02-29")
    code, output = issuing("explain")
    assert code == 0
    assert "issued: issued/2020-02/forecasts.parquet is new" in output
    assert issuing.steps() == ["alone", "report"]
    assert list(manifest(issuing)["inputs"]["issued"]) == ["issued/2020-02/forecasts.parquet", "issued/2020-02/forecasts.json"]


def test_an_issue_made_when_the_month_was_over_changes_nothing(issuing):
    keep_earlier(issuing, "2020-03-31")
    assert issuing("report")[1].startswith("up to date")


def test_verifying_sees_what_was_issued_and_adds_nothing(issuing):
    keep_earlier(issuing, "2020-02-29")
    issuing.steps()
    before = files(issuing)
    assert issuing("verify") == (0, "small 2020-03: identical\n")
    assert files(issuing) == before


def test_cleaning_leaves_it(issuing):
    before = files(issuing)
    code, output = issuing("clean")
    assert code == 0
    assert "issued forecasts and published reports stay" in output
    assert files(issuing) == before


def test_a_report_that_is_not_published_issues_nothing(project):
    project.tools = replace(project.tools, issue="small_project:issue")
    project.write("summary", "# The disk is full", FOLDER, "(folder / 'metrics.json').write_text('[]')")
    assert project("report")[0] == 1
    assert files(project) == {}


def test_a_damaged_archive_stops_the_run_in_one_line(issuing, capsys):
    keep_earlier(issuing, "2020-02-29")
    (issuing.source / "issued" / "2020-02" / "forecasts.parquet").unlink()
    assert issuing("report")[0] == 1
    assert capsys.readouterr().err.count("\n") == 1
