import fcntl
import shutil

import pytest

from analysis.ledger import place as places
from analysis.ledger.build import build_ledger
from analysis.ledger.place import Place
from analysis.ledger.store import LedgerError
from raw_source import clean

LINES = "customer_id,ordered_at,amount\nC1,2024-02-01,5"


def test_nothing_is_made_twice(tmp_path):
    clean(tmp_path, {"order_lines": LINES})
    told = []
    build_ledger(tmp_path, progress=told.append)
    assert told == []


@pytest.mark.parametrize("change", ["raw", "said", "limits"])
def test_what_it_is_made_from_makes_it_anew(tmp_path, change):
    before = clean(tmp_path, {"order_lines": LINES}).facts["key"]
    if change == "raw":
        after = clean(tmp_path, {"order_lines": LINES + "\nC1,2024-02-02,6"})
    elif change == "said":
        after = clean(tmp_path, {"order_lines": LINES}, zone="Europe/London")
    else:
        after = clean(tmp_path, {"order_lines": LINES}, more="[params.ledger]\noutlier_factor = 50\n")
    assert after.facts["key"] != before


def test_a_run_that_was_killed_between_the_renames_is_mended(tmp_path):
    before = (clean(tmp_path, {"order_lines": LINES}).folder / "ledger.json").read_bytes()
    shutil.move(tmp_path / "clean", tmp_path / ".clean-old")
    (tmp_path / ".clean-staging-left").mkdir()
    assert (build_ledger(tmp_path).folder / "ledger.json").read_bytes() == before
    assert [path.name for path in tmp_path.glob(".clean-*")] == [".clean-lock"]


def test_a_run_that_fails_leaves_the_ledger_whole(tmp_path):
    ledger = clean(tmp_path, {"order_lines": LINES})
    before = {path.name: path.read_bytes() for path in ledger.folder.iterdir()}
    with pytest.raises(LedgerError):
        clean(tmp_path, {"order_lines": "customer_id,amount\nC1,5"})
    assert {path.name: path.read_bytes() for path in ledger.folder.iterdir()} == before


def test_one_writer_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "WAIT_SECONDS", 0)
    with (tmp_path / ".clean-lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="another process is still cleaning this source"), Place(tmp_path).writing():
            pass


def test_a_second_run_gives_the_same_bytes(tmp_path):
    ledger = clean(tmp_path / "one", {"order_lines": LINES})
    again = clean(tmp_path / "two", {"order_lines": LINES})
    for path in ledger.folder.iterdir():
        assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name
