import pytest

from analysis.driver.graph import Contents, Notebook
from analysis.run import CONTENTS


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
