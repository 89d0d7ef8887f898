import hashlib
from pathlib import Path

import pytest

from analysis.ledger.config import load_config
from analysis.ledger.fetch import fetch, is_fetched
from analysis.ledger.store import LedgerError

CONTENT = b"customer_id,ordered_at,amount\n1,2020-01-01,5\n"
TOML = f"""
title = "Shop"
currency = "GBP"
zone = "Europe/London"
home_country = "United Kingdom"
[fetch]
publisher = "the publisher (example.org)"
files = {{ "lines.csv" = "{hashlib.sha256(CONTENT).hexdigest()}" }}
[tables.order_lines]
file = ["raw/lines.csv", "raw/lines.xlsx"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "shop"
    folder.mkdir(parents=True)
    (folder / "ledger.toml").write_text(TOML)
    return folder


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    (tmp_path / "mirror" / "shop").mkdir(parents=True)
    (tmp_path / "mirror" / "shop" / "lines.csv").write_bytes(CONTENT)
    return tmp_path / "mirror"


def test_files_come_from_the_mirror(folder, mirror):
    config = load_config(folder)
    assert not is_fetched(config, folder)
    fetch(config, folder, mirror)
    assert (folder / "raw" / "lines.csv").read_bytes() == CONTENT
    assert is_fetched(config, folder)


def test_a_file_that_is_there_needs_no_mirror(folder, mirror):
    config = load_config(folder)
    fetch(config, folder, mirror)
    fetch(config, folder, None)


def test_the_publishers_own_file_counts_as_fetched(folder):
    (folder / "raw").mkdir()
    (folder / "raw" / "lines.xlsx").write_bytes(b"x")
    assert is_fetched(load_config(folder), folder)


def test_another_content_is_refused_and_replaces_nothing(folder, mirror):
    config = load_config(folder)
    (folder / "raw").mkdir()
    (folder / "raw" / "lines.csv").write_bytes(b"mine")
    (mirror / "shop" / "lines.csv").write_bytes(CONTENT[:-1])
    with pytest.raises(LedgerError, match=r"shop: lines.csv in DATA_MIRROR has SHA-256 .* nothing was replaced"):
        fetch(config, folder, mirror)
    assert [path.name for path in (folder / "raw").iterdir()] == ["lines.csv"]
    assert (folder / "raw" / "lines.csv").read_bytes() == b"mine"


def test_without_mirror_the_publisher_is_named(folder):
    with pytest.raises(LedgerError) as caught:
        fetch(load_config(folder), folder, None)
    assert str(caught.value) == "shop: DATA_MIRROR is not set; get lines.csv from the publisher (example.org) and put it into shop/raw/"


def test_a_file_that_the_mirror_lacks_is_named(folder, mirror):
    (mirror / "shop" / "lines.csv").unlink()
    with pytest.raises(LedgerError, match=r"DATA_MIRROR has no shop/lines.csv; get lines.csv from the publisher"):
        fetch(load_config(folder), folder, mirror)


def test_a_source_of_ones_own_says_where_the_files_belong(folder):
    text = TOML.replace(TOML[TOML.index("[fetch]") : TOML.index("[tables")], "")
    (folder / "ledger.toml").write_text(text)
    with pytest.raises(LedgerError, match=r"shop: ledger.toml has no \[fetch\]; put the files into shop/: raw/lines.csv"):
        fetch(load_config(folder), folder, None)
