"""What notebooks share is made before them, once, and only where one of them must run."""

import pytest

from small_project import FOLDER, WITH_SHARES


@pytest.fixture
def sharing(project):
    project.contents = WITH_SHARES
    return project


def told(project):
    return (project.source / "shares.txt").read_text().splitlines()


def test_shares_come_in_their_order_before_the_notebook_that_waits(sharing):
    path = "pathlib.Path(os.environ['ANALYSIS_ROOT'], 'data', source, 'shares.txt')"
    sharing.write("alone", "# Alone", "import os, pathlib", f"assert len({path}.read_text().splitlines()) == 2")
    steps = sharing.steps()
    assert steps.index("early") < steps.index("late") < steps.index("alone")
    assert told(sharing) == ["early 2020-03", "late 2020-03"]


def test_shares_are_not_made_for_notebooks_that_stand(sharing):
    sharing.steps()
    sharing.write("summary", "# Summary", FOLDER, "(folder / 'metrics.json').write_text('[]')", "1 + 1")
    assert sharing.steps() == ["summary", "report"]
    assert len(told(sharing)) == 2


def test_a_share_that_breaks_off_leaves_its_work_to_the_notebook(sharing):
    (sharing.source / "raw" / "sales.csv").write_text("SALES no early\n")
    code, output = sharing("report")
    assert code == 0
    assert "left to the chapters" in output
    assert "published reports/small/2020-03/index.html" in output
    assert told(sharing) == ["late 2020-03"]
