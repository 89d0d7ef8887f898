"""Tables made once, whoever asks, and swept away when nobody will ask again."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pandas.testing as pdt
import pytest

from analysis import memo as module
from analysis.memo import FOLDER, Memo


def refuse():
    raise AssertionError("made a second time")


def files(folder):
    """Tables and values below `folder`, without locks."""
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file() and not path.name.startswith("."))


def hidden(folder):
    return sorted(path.name for path in Path(folder).rglob(".*") if path.is_file() and path.suffix != ".lock")


def test_a_table_is_made_once(tmp_path):
    memo = Memo(tmp_path, 1)
    first = memo.table("t", lambda: pd.DataFrame({"x": [1]}))
    pdt.assert_frame_equal(memo.table("t", refuse), first)


def test_who_has_the_same_ingredients_finds_it_whatever_their_order(tmp_path):
    Memo(tmp_path, {"a": 1, "b": 2}).values("v", lambda: [1, None, "x"])
    assert Memo(tmp_path, {"b": 2, "a": 1}).values("v", refuse) == [1, None, "x"]


@pytest.mark.parametrize("other", ["another ledger", "another parameter"])
def test_who_has_other_ingredients_makes_it(tmp_path, other):
    Memo(tmp_path, "one").values("v", lambda: 1)
    assert Memo(tmp_path, other).values("v", lambda: 2) == 2


def test_another_code_makes_it_anew(tmp_path, monkeypatch):
    Memo(tmp_path, 1).values("v", lambda: 1)
    monkeypatch.setattr(module, "hash_code", lambda: "of other modules")
    assert Memo(tmp_path, 1).values("v", lambda: 2) == 2


@pytest.mark.parametrize(
    ("changed", "matters"), [("history/x.py", True), ("params.toml", True), ("report/x.py", False), ("demo/x.py", False)]
)
def test_code_that_makes_no_table_does_not_matter(tmp_path, monkeypatch, changed, matters):
    monkeypatch.setattr(module, "__file__", str(tmp_path / "memo.py"))
    (tmp_path / changed).parent.mkdir(exist_ok=True)
    hashes = []
    for text in ("a = 1", "a = 2"):
        (tmp_path / changed).write_text(text)
        hashes.append(module.hash_code.__wrapped__())
    assert (hashes[0] != hashes[1]) == matters


def test_types_survive_the_disk(tmp_path):
    frame = pd.DataFrame(
        {
            "id": ["007", "8"],
            "days": pd.array([1, None], dtype="Int64"),
            "on": pd.to_datetime(["2020-01-01", None]),
            "share": [0.5, float("nan")],
            "is_it": [True, False],
            "text": ["a", None],
        }
    )
    pdt.assert_frame_equal(Memo(tmp_path, 1).table("t", lambda: frame), frame)


def test_first_and_later_readers_get_the_same(tmp_path):
    memo = Memo(tmp_path, 1)
    first = memo.table("t", lambda: pd.DataFrame({"x": [1, 2]}, index=[7, 9]))
    pdt.assert_frame_equal(memo.table("t", refuse), first)
    assert list(first.index) == [0, 1]


def test_a_maker_that_fails_leaves_nothing_and_may_try_again(tmp_path):
    memo = Memo(tmp_path, 1)
    with pytest.raises(ZeroDivisionError):
        memo.values("v", lambda: 1 / 0)
    assert files(tmp_path) == []
    assert memo.values("v", lambda: 3) == 3


def test_the_memo_of_another_ledger_is_swept(tmp_path):
    Memo(tmp_path, "old").values("2020-01/v", lambda: 1)
    gc.collect()
    Memo(tmp_path, "new").values("2020-01/v", lambda: 2)
    assert len(list((tmp_path / FOLDER).iterdir())) == 1


def test_a_memo_that_somebody_works_with_is_not_swept(tmp_path):
    old = Memo(tmp_path, "old")
    old.values("v", lambda: 1)
    Memo(tmp_path, "new").values("v", lambda: 2)
    assert old.values("v", refuse) == 1


def test_a_sweep_leaves_the_months_own_tables(tmp_path):
    Memo(tmp_path, "old").values("v", lambda: 1)
    (tmp_path / "2020-01").mkdir()
    (tmp_path / "2020-01" / "customers.parquet").touch()
    Memo(tmp_path, "new").values("v", lambda: 2)
    assert (tmp_path / "2020-01" / "customers.parquet").is_file()


PROCESS = """
import os, signal, sys, time
from pathlib import Path
import pandas as pd
from analysis import memo as module
folder, name = Path(sys.argv[1]), sys.argv[2]

def make():
    with (folder / "made").open("a") as log:
        log.write(name + "\\n")
    while not (folder / "go").exists():
        time.sleep(0.01)
    return pd.DataFrame({"by": [name]})

def die(table, path, **options):
    Path(path).write_bytes(b"half")
    (folder / "dying").touch()
    os.kill(os.getpid(), signal.SIGKILL)

if name == "killed":
    (folder / "go").touch()
    module.pq.write_table = die
(folder / ("asks_" + name)).touch()
print(module.Memo(folder / "derived", 1).table("t", make).loc[0, "by"])
"""


def start(folder, name):
    return subprocess.Popen([sys.executable, "-c", PROCESS, str(folder), name], stdout=subprocess.PIPE, text=True, env=os.environ)


def wait_for(path):
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.01)


def test_two_processes_that_want_the_same_table_make_it_once(tmp_path):
    with start(tmp_path, "first") as first, start(tmp_path, "second") as second:
        for path in (tmp_path / "asks_first", tmp_path / "asks_second", tmp_path / "made"):
            wait_for(path)
        time.sleep(0.1)  # time enough for the one that waits to make it, too, if nothing held it back
        (tmp_path / "go").touch()
        answers = {first.communicate()[0], second.communicate()[0]}
    assert len((tmp_path / "made").read_text().splitlines()) == 1
    assert answers == {(tmp_path / "made").read_text()}


def test_a_killed_maker_leaves_no_half_table_and_lets_go(tmp_path):
    with start(tmp_path, "killed") as killed:
        assert killed.wait() == -signal.SIGKILL
    assert (tmp_path / "dying").exists()
    assert files(tmp_path / "derived") == []
    made = Memo(tmp_path / "derived", 1).table("t", lambda: pd.DataFrame({"by": ["me"]}))
    assert made.loc[0, "by"] == "me"
    assert hidden(tmp_path / "derived") == [".used"]


def test_a_model_is_read_back_from_where_it_was_put(tmp_path):
    memo = Memo(tmp_path, 1)
    assert memo.model("m", lambda: {"slope": 2.5}) == {"slope": 2.5}
    assert memo.model("m", refuse) == {"slope": 2.5}


def test_groups_of_a_memo_do_not_see_each_other(tmp_path):
    memo = Memo(tmp_path, 1)
    memo.under("a").values("v", lambda: 1)
    assert not memo.under("b").is_begun
    assert memo.under("b").values("v", lambda: 2) == 2
    assert memo.under("a").is_begun


def test_only_the_newest_groups_are_kept(tmp_path):
    memo = Memo(tmp_path, 1)
    for second, group in enumerate("abc"):
        memo.under(group).values("v", lambda: 1)
        os.utime(memo.folder / group, (second, second))
    memo.keep_newest(2)
    assert [memo.under(group).is_begun for group in "abc"] == [False, True, True]


def test_shelves_do_not_sweep_each_other(tmp_path):
    Memo(tmp_path, 1, ".one").values("v", lambda: 1)
    Memo(tmp_path, 1, ".two").values("v", lambda: 2)
    assert Memo(tmp_path, 1, ".one").values("v", refuse) == 1
