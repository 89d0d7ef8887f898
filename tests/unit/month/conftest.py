"""March of a tiny shop."""

import pytest

from analysis.month import open_month
from tiny_source import write_source


@pytest.fixture(scope="package")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_source(folder)
    return folder


@pytest.fixture
def month(root):
    return open_month("shop", "2020-03", root)
