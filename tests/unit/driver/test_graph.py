import pytest

from analysis.driver.graph import Contents, Notebook, Share
from analysis.run import CONTENTS
from analysis.shares import GRADED, SHARES


def test_what_a_notebook_reads_is_written_before_it():
    with pytest.raises(ValueError, match=r"b reads t.parquet, which no notebook before it writes"):
        Contents((Notebook("b", reads=("t.parquet",)), Notebook("a", writes=("t.parquet",))))


def test_a_table_has_one_writer():
    with pytest.raises(ValueError, match=r"t.parquet is written by both a and b"):
        Contents((Notebook("a", writes=("t.parquet",)), Notebook("b", writes=("t.parquet",))))


def test_upstream_names_the_writers():
    contents = Contents((Notebook("a", writes=("x", "y")), Notebook("b", writes=("z",)), Notebook("c", reads=("x", "y", "z"))))
    assert contents.upstream(contents.notebooks[2]) == ["a", "b"]


def test_the_report_ends_with_its_summary():
    assert CONTENTS.notebooks[-1].name == "summary"


def test_a_notebook_waits_for_shares_through_others_too():
    shares = (Share("deep"), Share("middle", after=("deep",)), Share("other"))
    contents = Contents((Notebook("a", after=("middle",)),), shares)
    assert [share.name for share in contents.ahead(contents.notebooks[0])] == ["deep", "middle"]


def test_a_share_that_nobody_declares_is_refused():
    with pytest.raises(ValueError, match="a waits for nothing, which is no share before it"):
        Contents((Notebook("a", after=("nothing",)),))


def test_a_share_may_not_wait_for_a_later_one():
    with pytest.raises(ValueError, match="early waits for late, which is no share before it"):
        Contents((), (Share("early", after=("late",)), Share("late")))


def test_every_share_of_the_report_can_be_made():
    names = {share.name for share in CONTENTS.shares}
    assert {name for name in names if not name.startswith(GRADED)} == set(SHARES)
