from __future__ import annotations

import pandas as pd
import pytest

from analysis.segments import maps
from analysis.segments.audit import always_empty, audit_cells, audit_map, list_reversed
from analysis.segments.maps import Grid, Segment, SegmentMap

GRID = Grid((10.0, 20.0), (1.0, 1.0), (10.0, 20.0), "spend_total", "thirds")


@pytest.mark.parametrize(("name", "count"), [("eleven", 125), ("klaviyo", 27), ("eight", 8)])
def test_shipped_maps_leave_no_cell_open_and_none_doubled(name, count):
    row = audit_map(maps.load(name), None).iloc[0]
    assert (row["count_cells"], row["count_unassigned"], row["count_double"]) == (count, 0, 0)


def test_gap_and_overlap_are_found():
    one, two = Segment("one", frozenset({(1, 1, 1), (1, 1, 2)})), Segment("two", frozenset({(1, 1, 2)}), ("earlier",))
    cells = audit_cells(SegmentMap("trial", 2, (one, two))).set_index("cell")
    assert cells["is_unassigned"].sum() == 6
    assert list(cells.index[cells["is_double"]]) == ["112"]
    assert cells.loc["112", "segments"] == "one, two"


def test_segment_of_one_side_leaves_the_other_open():
    cells = audit_cells(SegmentMap("trial", 1, (Segment("new", frozenset({(1, 1, 1)}), ("recent",)),)))
    assert list(cells["is_unassigned"]) == [True]
    assert list(cells["is_double"]) == [False]


def test_score_that_one_value_swallows_is_unreachable():
    assert GRID.reached() == {"r": {1, 2, 3}, "f": {1, 3}, "m": {1, 2, 3}}
    assert audit_map(maps.load("klaviyo"), GRID)["count_unreachable"].iloc[0] == 9


def test_one_published_cell_is_worse_than_a_lower_one():
    found = list_reversed(maps.load("klaviyo"))
    assert found.to_dict("records") == [
        {"map": "klaviyo", "cell": "231", "segment": "at_risk", "lower_cell": "221", "lower_segment": "needs_attention"}
    ]
    assert list_reversed(maps.load("eight")).empty


def test_class_that_was_filled_once_is_not_always_empty():
    months = {"2020-01": pd.Series(["vip", "vip"]), "2020-02": pd.Series(["ordinary", "vip"])}
    table = always_empty(months, ("vip", "ordinary", "potential")).set_index("class")
    assert table.loc["ordinary", "count_months_empty"] == 1
    assert not table.loc["vip", "is_always_empty"]
    assert table.loc["potential", "is_always_empty"]


def test_no_months_say_nothing():
    assert not always_empty({}, ("vip",))["is_always_empty"].any()
