import json
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from analysis.report import show
from analysis.report.show.display import DISPLAY_MIME, KPI_MIME, TABLE_MIME

from .conftest import NASTY


def nasty_table():
    return pd.DataFrame({"name": NASTY, "x": [1.0, 2.5, np.nan, -4.0, 1e6]})


def test_everything_from_data_is_escaped(say):
    frame = nasty_table().rename(columns={"x": "<img src=x onerror=alert(1)>"})
    html = show.table(frame, "chart", columns={"<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>"}).html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 1


def test_a_named_index_is_a_column_and_its_name_is_labelled(say):
    frame = pd.Series([1, 2], index=pd.Index(["<i>", "b"], name="name"), name="x").to_frame()
    data = show.table(frame, "chart").table
    assert data.columns == ("Name", "X")
    assert data.rows == (("<i>", 1), ("b", 2))


def test_a_column_without_label_is_named(say):
    with pytest.raises(KeyError, match=r"no label for the column zz of chart: add columns\.zz or chart\.columns\.zz"):
        show.table(pd.DataFrame({"zz": [1]}), "chart")


def test_numbers_stand_flush_right_and_rows_have_heads(say):
    html = show.table(pd.DataFrame({"name": ["a"], "x": [1234.5]}), "chart").html
    assert "<th scope=row>a</th>" in html
    assert re.search(r"<td class=n[^>]*>1,23[45]</td>", html)
    assert "<caption>Title</caption>" in html


@pytest.mark.parametrize(("rows", "cut"), [(4, False), (5, False), (6, True)])
def test_rows_above_the_most_are_cut_with_a_sentence(say, rows, cut):
    shown = show.table(pd.DataFrame({"name": [f"n{i}" for i in range(rows)]}), "chart", max_rows=5)
    assert ("tables/chart.csv." in shown.html) == cut
    assert shown.html.count("scope=row") == min(rows, 5)
    assert len(shown.table.rows) == rows


@pytest.mark.parametrize(("rows", "searchable"), [(10, False), (11, True)])
def test_tables_above_ten_rows_can_be_searched(say, rows, searchable):
    assert ("data-search" in show.table(pd.DataFrame({"name": ["n"] * rows}), "chart").html) == searchable


def test_an_empty_table_says_so(say):
    shown = show.table(pd.DataFrame({"name": []}), "chart")
    assert "nothing to list" in shown.html
    assert "<table" not in shown.html


def test_the_bundle_holds_plain_json_and_no_address(say):
    frame = pd.DataFrame(
        {"name": ["a"], "x": [np.int64(3)], "y": [Decimal("1.50")], "at_risk": [pd.Timestamp("2016-01-31")], "low": [pd.NA]}
    )
    bundle = show.table(frame, "chart")._repr_mimebundle_()
    assert json.loads(json.dumps(bundle[TABLE_MIME]))["rows"] == [["a", 3, 1.5, "2016-01-31", None]]
    assert bundle["text/plain"] == "<table: chart>"
    assert bundle[DISPLAY_MIME] == {"kind": "table"}


def test_levels_are_translated_and_data_levels_stay(say):
    say("levels.tier", vip="Best customers")
    data = show.table(pd.DataFrame({"name": ["VIP", "上海"]}), "chart", formats={"name": "level:tier"}).table
    assert data.rows == (("Best customers",), ("上海",))


def test_unknown_format_is_named(say):
    with pytest.raises(ValueError, match=r"chart: mony is not a way to write column x; known: .*money"):
        show.table(pd.DataFrame({"x": [1]}), "chart", formats={"x": "mony"})
    with pytest.raises(ValueError, match="chart: there is no column y; columns: x"):
        show.table(pd.DataFrame({"x": [1]}), "chart", formats={"y": "money"})


def card(**given):
    return show.cards([{"name": "k", "value": 110.0, "previous": 100.0, "unit": "count", **given}]).html


@pytest.fixture
def kpi(say):
    say("kpi.k", title="Buyers", definition="Who bought.", formula="count")


@pytest.mark.parametrize(
    ("given", "text", "css"),
    [
        ({}, "up 10.0% from 100", "good up"),
        ({"better": "lower"}, "up 10.0% from 100", "bad up"),
        ({"better": ""}, "up 10.0% from 100", "same up"),
        ({"value": 90.0}, "down 10.0% from 100", "bad down"),
        ({"value": 100.0}, "unchanged", "same same"),
        ({"previous": None}, "no earlier month", "same same"),
        ({"value": None}, "no earlier month", "same same"),
        ({"value": 0.5, "previous": 0.48, "unit": "share"}, "up 2.0 pp from 48.0%", "good up"),
        ({"previous": 0.0}, "up 110 from 0", "good up"),
    ],
)
def test_a_change_is_told_in_words_and_not_only_in_colour(kpi, given, text, css):
    html = card(**given)
    assert text in html
    assert f'class="change {css}"' in html


def test_a_card_opens_its_definition_with_numerator_and_denominator(kpi):
    html = card(unit="share", value=0.5, numerator=5, denominator=10, low=0.4, high=0.6, level=0.95)
    assert "<details>" in html
    assert "Who bought." in html
    assert "<dt>Numerator</dt><dd>5</dd>" in html
    assert "40.0% to 60.0% (95% interval)" in html


def test_a_card_takes_an_object_with_the_same_fields_and_pairs_of_history(kpi):
    from types import SimpleNamespace

    item = SimpleNamespace(name="k", value=3.0, previous=2.0, unit="count", history=(("2016-09", 2.0), ("2016-10", None), ("2016-11", 3.0)))
    shown = show.cards([item])
    assert "The last 3 months: lowest 2, highest 3, now 3." in shown.html
    assert shown._repr_mimebundle_()[KPI_MIME][0]["text"] == "3"


def test_unknown_unit_is_named(kpi):
    with pytest.raises(ValueError, match="unit euros is not known; known: money"):
        card(unit="euros")


def test_what_is_missing_takes_one_line_with_table_columns_and_requirements():
    shown = show.missing(show.Missing("surveys", ("score",), ("A27", "C10")))
    assert shown.plain == "This section needs score in the table surveys, which this source does not have. Waiting for it: A27, C10."
    assert shown.html.count("<p") == 1


def test_notes_and_verdicts_say_their_kind_and_refuse_others(say):
    say("t", text="Rows <add> up.")
    assert "<strong>Take care.</strong> Rows &lt;add&gt; up." in show.note("warn", "t.text").html
    verdict = show.verdict("stop", "t.text", reasons=["<b>"])
    assert "<li>&lt;b&gt;</li>" in verdict.html
    assert verdict._repr_mimebundle_()[DISPLAY_MIME]["status"] == "Rows <add> up."
    with pytest.raises(ValueError, match="loud is not a kind"):
        show.note("loud", "t.text")
    with pytest.raises(ValueError, match="ok is not a level"):
        show.verdict("ok", "t.text")


def test_parameters_are_all_listed():
    shown = show.parameters([("rfm", "base_period", ""), ("value", "discount_rate", 0.1)])
    assert shown.table.rows == (("rfm", "base_period", ""), ("value", "discount_rate", "0.1"))
