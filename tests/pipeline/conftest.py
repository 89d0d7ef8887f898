import shutil

import pytest

import small_company
from handed_over import SEPTEMBER, hand_over, simulate, tell_twice
from small_project import SmallProject
from undoing import Undoing

CUSTOMERS = 400


@pytest.fixture
def project(tmp_path):
    """A small project in which nothing has run yet."""
    made = SmallProject(tmp_path / "project")
    made.make()
    return made


@pytest.fixture(scope="session")
def once_published(tmp_path_factory):
    made = SmallProject(tmp_path_factory.mktemp("published") / "project")
    made.make()
    made.steps("report")
    return made


@pytest.fixture
def published(once_published, tmp_path):
    """A small project whose last whole month is published."""
    shutil.copytree(once_published.root, tmp_path / "project")
    return SmallProject(tmp_path / "project")


@pytest.fixture(scope="session")
def undoing(tmp_path_factory):
    """Raw tables of a demo company without dirt, in which September undoes what was known in August."""
    tables = simulate(tmp_path_factory.mktemp("company"), CUSTOMERS, "none")
    return Undoing(hand_over(tables, SEPTEMBER.as_of))


@pytest.fixture(scope="session")
def told(undoing, tmp_path_factory):
    """Its August, as known at the end of August and again a month later."""
    return tell_twice(tmp_path_factory.mktemp("told"), undoing.tables)


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """The demo company, small and with hostile words, published with the real notebooks."""
    return small_company.publish(tmp_path_factory.mktemp("company"), "demo", small_company.PERIOD)
