from __future__ import annotations

import pandas as pd
import pytest

from analysis.history.disclosure import hide_small, small_groups


def hidden(min_cell: int = 5, **counts: int) -> set[str]:
    return set(small_groups(pd.Series(counts), min_cell))


@pytest.mark.parametrize(("size", "expected"), [(4, True), (5, False)])
def test_group_of_exactly_the_smallest_size_stands_alone(size, expected):
    assert ("a" in hidden(a=size, b=3, c=3, d=100)) is expected


def test_lone_small_group_takes_the_next_one_with_it():
    assert hidden(a=3, b=40, c=100) == {"a", "b"}


def test_small_groups_that_are_many_together_hide_no_other():
    assert hidden(a=3, b=2, c=100) == {"a", "b"}


def test_empty_group_is_not_hidden():
    assert hidden(a=0, b=10) == set()


def test_only_values_are_blanked():
    table = pd.DataFrame({"class": ["a", "b", "c"], "n": [3, 4, 100], "revenue": [1.0, 2.0, 3.0]})
    shown = hide_small(table, "n", ["revenue"], 5)
    assert shown["n"].tolist() == [3, 4, 100]
    assert shown["revenue"].isna().tolist() == [True, True, False]
