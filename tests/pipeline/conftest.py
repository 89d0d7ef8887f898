import shutil

import pytest

from small_project import SmallProject


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
