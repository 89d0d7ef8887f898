import pytest

from demo_company import Company, make


@pytest.fixture(scope="session")
def clean(tmp_path_factory) -> Company:
    return make(tmp_path_factory.mktemp("clean"), 5000, dirt="none")


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Company:
    """Without dirt."""
    return make(tmp_path_factory.mktemp("small"), 800, dirt="none")


@pytest.fixture(scope="session")
def dirty(tmp_path_factory) -> Company:
    """The same as `small`, with dirt."""
    return make(tmp_path_factory.mktemp("dirty"), 800)
