import pytest

from analysis.driver.errors import RunError, explain_error, one_line
from analysis.driver.project import Project


@pytest.fixture
def project(tmp_path):
    for name in ("demo", "northwind"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "ledger.toml").write_text("")
    (tmp_path / "data" / "unfinished").mkdir()
    return Project(tmp_path)


def test_source_is_a_folder_with_a_ledger(project):
    assert project.sources() == ["demo", "northwind"]
    assert project.source("demo").folder == project.root / "data" / "demo"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nortwind", "there is no source nortwind (data/nortwind/ledger.toml does not exist); did you mean northwind?"),
        ("unfinished", "known: demo, northwind; to add one, make data/unfinished/ledger.toml"),
        ("../demo", "SOURCE='../demo' is not a source's name; use lower-case letters, digits and _, one of: demo, northwind"),
        ("", "SOURCE='' is not a source's name"),
        ("demo/../demo", "is not a source's name"),
    ],
)
def test_other_names_are_refused_with_a_hint(project, name, hint):
    with pytest.raises(RunError) as error:
        project.source(name)
    assert hint in str(error.value)


def test_one_line_folds_and_cuts():
    assert one_line("a\n\n  b\tc") == "a b c"
    assert one_line("x" * 301) == "x" * 299 + "…"


def test_full_disk_is_told_in_words():
    assert explain_error(OSError(28, "No space left on device", "/page")) == "the disk is full; free some space and run it again"
    assert explain_error(PermissionError(13, "Permission denied", "page")) == "Permission denied: page"
    assert explain_error(ValueError("a\nb")) == "a b"
