"""What stands on the page where a stage had nothing to give."""

import pandas as pd
import pytest

from analysis.contracts import Missing
from analysis.report import charts, show
from analysis.report.show import Display
from analysis.report.show.gaps import or_gap


@or_gap
def draw(frame, name, *, loud=False):
    """Draw it."""
    return Display("table", f"{name} {len(frame)} {loud}")


def test_a_table_is_drawn_with_all_that_was_said():
    assert draw(pd.DataFrame({"x": [1, 2]}), "t", loud=True).html == "t 2 True"


def test_an_empty_table_is_a_table():
    assert draw(pd.DataFrame({"x": []}), "t").html == "t 0 False"


def test_what_the_source_lacks_is_named():
    shown = draw(Missing("surveys", ("score",), ("A27",)), "t")
    assert "score" in shown.plain
    assert "surveys" in shown.plain
    assert "A27" in shown.plain


def test_too_few_data_are_a_note():
    shown = draw(None, "t")
    assert (shown.kind, shown.html.count("<strong>")) == ("text", 1)
    assert shown.table is None


def test_a_drawing_keeps_its_name_and_its_docstring():
    assert (draw.__name__, draw.__doc__) == ("draw", "Draw it.")


@pytest.mark.parametrize("function", [show.table, *(getattr(charts, name) for name in charts.__all__ if name != "draw_sparkline")])
def test_every_display_of_a_table_takes_a_gap(function):
    assert "surveys" in function(Missing("surveys"), "t").plain
