"""Segments by cut-offs that hold."""

from analysis.period import Period


def test_cut_offs_are_those_of_the_base_month(month):
    assert month.cutoffs.period == "2020-01"  # at its end, the third buyer has ordered
    assert month.at(Period.parse("2020-02")).cutoffs == month.cutoffs


def test_groups_are_found_by_customer(month):
    assert set(month.groups("rfm_segment").index) == set("abcdefghip")
