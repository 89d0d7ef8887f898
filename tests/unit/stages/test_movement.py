"""Classes beside those of the month before."""

from analysis.stages import compare_segments


def test_classes_are_compared_with_those_of_the_month_before(month):
    table = compare_segments(month, "lifecycle_stage").set_index("class")
    assert table["count_before"].sum() == table["count_customers"].sum() == 10
    assert table.loc["prospect", ["count_before", "count_customers"]].tolist() == [4, 2]
