"""Outputs of a step: whose file is whose."""

from analysis.driver.hashes import Memo
from analysis.driver.records import hash_outputs


def test_a_folders_files_are_outputs_but_for_those_of_others(tmp_path):
    (tmp_path / "lists").mkdir()
    for name in ("watch.csv", "review.csv"):
        (tmp_path / "lists" / name).write_text(name)
    memo = Memo(tmp_path / "memo")
    own = hash_outputs(("lists/",), tmp_path, memo, ("lists/review.csv",))
    assert list(own) == ["lists/watch.csv"]
    assert list(hash_outputs(("lists/review.csv",), tmp_path, memo, ("lists/",))) == ["lists/review.csv"]
