"""March of a tiny shop, opened once."""

import pytest

from analysis.month import open_month
from tiny_source import write_source


@pytest.fixture(scope="package")
def month(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_source(folder)
    return open_month("shop", "2020-03", folder)
