import inspect
import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analysis.report import charts
from analysis.report.charts import trees
from analysis.report.charts.axes import spread_labels
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.ratios import log_ticks
from analysis.report.charts.theme import measure, shorten

from .conftest import NASTY

MONTHS = [f"2016-{month:02d}" for month in range(1, 13)]


def months(**more):
    return pd.DataFrame({"x": MONTHS, "y": np.arange(12.0) + 1, "low": np.arange(12.0), "high": np.arange(12.0) + 2, **more})


def pairs():
    return pd.DataFrame([(a, b, 10.0) for a in NASTY for b in NASTY], columns=["name", "group", "x"])


def flows():
    """Who went where in three months, through nasty levels; the first month knows no way, each later one has newcomers."""
    first = pd.DataFrame({"x": "2020-01", "name": None, "group": NASTY, "y": math.nan, "low": 30.0})
    later = [pairs().rename(columns={"x": "y"}).assign(x=month, low=70.0) for month in ("2020-02", "2020-03")]
    new = [pd.DataFrame({"x": month, "name": None, "group": NASTY, "y": 5.0, "low": 70.0}) for month in ("2020-02", "2020-03")]
    return pd.concat([first, *later, *new]).sort_values("x", kind="stable")


def ladder():
    """From 20 down, up, nowhere, and a last level."""
    return pd.DataFrame({"name": NASTY, "x": [math.nan, -8.0, 5.0, 0.0, math.nan], "y": [20.0, 12, 17, 17, 17]})


def hexagons():
    return pd.DataFrame({"x": [0.0, 1, 2, 3, 4], "y": 0.0, "low": 1.0, "at_risk": range(1, 6), "name": NASTY, "other": 9})


def questions():
    """One question about a nasty feature, with two nasty answers."""
    return pd.DataFrame(
        {
            **{"node": [0, 1, 2], "parent": [-1, 0, 0], "depth": [0, 1, 1], "side": ["", "at_most", "above"]},
            **{"feature": ["", NASTY[1], NASTY[1]], "limit": [math.nan, 7.0, 7.0], "class": [NASTY[0], NASTY[0], NASTY[2]]},
            **{"is_leaf": [False, True, True], "count_customers": [9, 5, 4], "share_customers": [1, 0.55, 0.45]},
            "share_right": [math.nan, 0.8, math.nan],
        }
    )


def every_chart():
    rows = pd.DataFrame({"name": NASTY, "x": [5.0, 4, 3, 2, 1], "low": [4.0, 3, 2, 1, 0.5], "high": [6.0, 5, 4, 3, 2]})
    step = pd.DataFrame({"x": [0.0, 10, 20], "y": [1, 0.6, 0.3], "low": 0.2, "high": 1.0, "at_risk": [9, 6, 3]})
    steps = pd.concat([step.assign(name=name) for name in NASTY[:3]])
    curve = pd.DataFrame({"x": [0.1, 0.5, 1.0], "y": [0.4, 0.8, 1.0], "low": [0.3, 0.7, 0.9], "high": [0.5, 0.9, 1.0]})
    bins = pd.DataFrame({"low": [0.0, 10, 20], "high": [10.0, 20, math.inf], "x": [3, 5, 1]})
    return {
        "line": lambda: charts.line(months(), "chart", x="x", y="y", low="low", high="high"),
        "lines": lambda: charts.line(pd.concat([months(name=name) for name in NASTY]), "chart", x="x", y="y", series="name", unit="money"),
        "bar": lambda: charts.bar(rows, "chart", label="name", value="x", low="low", high="high"),
        "dot_range": lambda: charts.dot_range(rows, "chart", label="name", value="x", low="low", high="high", observed="x"),
        "forest": lambda: charts.forest(rows, "chart", label="name", estimate="x", low="low", high="high"),
        "histogram": lambda: charts.histogram(bins, "chart", start="low", end="high", count="x", unit="days", mark=12),
        "survival": lambda: charts.survival(
            steps, "chart", time="x", survival="y", low="low", high="high", at_risk="at_risk", series="name"
        ),
        "lorenz": lambda: charts.lorenz(curve, "chart", share_customers="x", share_value="y"),
        "calibration": lambda: charts.calibration(curve, "chart", predicted="x", observed="y", low="low", high="high"),
        "heatmap": lambda: charts.heatmap(pairs(), "chart", row="name", column="group", value="x", unit="integer"),
        "alluvial": lambda: charts.alluvial(flows(), "chart", moment="x", before="name", after="group", count="y", size="low"),
        "transitions": lambda: charts.transitions(pairs(), "chart", before="name", after="group", count="x"),
        "hexmap": lambda: charts.hexmap(hexagons(), "chart", x="x", y="y", width="low", number="at_risk", group="name", count="other"),
        "tree": lambda: charts.tree(questions(), "chart", levels="tier", features="measure"),
        "waterfall": lambda: charts.waterfall(ladder(), "chart", label="name", change="x", total="y"),
    }


KINDS = list(every_chart())
WITHOUT_NAMES = ("line", "histogram", "lorenz", "calibration")


@pytest.mark.parametrize("kind", KINDS)
def test_same_bytes_twice(say, kind):
    draw = every_chart()[kind]
    assert draw().html == draw().html


@pytest.mark.parametrize("kind", KINDS)
def test_drawings_are_well_formed_bare_and_without_ids(say, kind):
    drawings = re.findall(r"<svg.*?</svg>", every_chart()[kind]().html, re.S)
    assert len(drawings) == 2  # for a page and for a phone
    for drawing in drawings:
        tags = {element.tag for element in ET.fromstring(drawing).iter()}
        assert tags <= {"svg", "path", "text"}
        assert " id=" not in drawing
        assert "url(" not in drawing
        assert "http" not in drawing
        assert "#100" not in drawing  # no stand-in colour is left


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_says_what_it_shows_and_carries_its_table(say, kind):
    shown = every_chart()[kind]()
    alt = re.search(r'role=img aria-label="([^"]+)"', shown.html)
    assert alt is not None
    assert len(alt[1]) > 40
    assert "<figcaption>Read this.</figcaption>" in shown.html
    assert "<details>" in shown.html
    assert shown.table.rows


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_NAMES])
def test_texts_from_data_are_escaped_and_survive(say, kind):
    html = every_chart()[kind]().html
    assert "<script" not in html
    assert "<b>" not in html
    drawn = "".join("".join(ET.fromstring(drawing).itertext()) for drawing in re.findall(r"<svg.*?</svg>", html, re.S))
    assert "quo" in drawn or "上" in drawn


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_table_is_a_sentence(say, kind):
    function = getattr(charts, "line" if kind == "lines" else kind)
    columns = {
        "line": {"x": "x", "y": "y"}, "lines": {"x": "x", "y": "y", "series": "name"}, "bar": {"label": "name", "value": "x"},
        "dot_range": {"label": "name", "value": "x", "low": "low", "high": "high"},
        "forest": {"label": "name", "estimate": "x", "low": "low", "high": "high"},
        "histogram": {"start": "low", "end": "high", "count": "x"},
        "survival": {"time": "x", "survival": "y"}, "lorenz": {"share_customers": "x", "share_value": "y"},
        "calibration": {"predicted": "x", "observed": "y"}, "heatmap": {"row": "name", "column": "group", "value": "x"},
        "alluvial": {"moment": "x", "before": "name", "after": "group", "count": "y", "size": "low"},
        "transitions": {"before": "name", "after": "group", "count": "x"},
        "hexmap": {"x": "x", "y": "y", "width": "low", "number": "at_risk", "group": "name", "count": "other"},
        "tree": dict.fromkeys(trees.NEEDED),
        "waterfall": {"label": "name", "change": "x", "total": "y"},
    }[kind]  # fmt: skip
    if kind == "tree":  # whose columns have fixed names
        frame, columns = pd.DataFrame(columns=list(columns)), {"levels": "tier", "features": "measure"}
    else:
        frame = pd.DataFrame({column: pd.Series(dtype=float) for column in columns.values()})
    assert "nothing to list" in function(frame, "chart", **columns).html


def test_flows_give_no_place_to_a_level_without_anyone(say):
    flows = pd.DataFrame({"name": ["unseen", "gone", "here"], "group": ["here", "here", "here"], "x": [5, 4, 3]})
    for drawing in re.findall(r"<svg.*?</svg>", charts.transitions(flows, "chart", before="name", after="group", count="x").html, re.S):
        texts = [element.text for element in ET.fromstring(drawing).iter() if element.tag == "text"]
        assert sorted(text for text in texts if text and text[-1].isdigit()) == ["gone 4", "here 12", "here 3", "unseen 5"]


def test_unknown_column_is_named(say):
    with pytest.raises(ValueError, match="chart: there is no column z; columns: x, y, low, high"):
        charts.line(months(), "chart", x="x", y="z")


def test_a_chart_tells_its_own_options_beside_what_all_charts_take():
    names = list(inspect.signature(charts.calibration).parameters)
    assert names == ["frame", "name", "words_key", "predicted", "observed", "low", "high", "unit", "formats", "fields"]


def test_a_misspelt_option_is_named(say):
    with pytest.raises(TypeError, match="unexpected keyword argument 'vlaue'"):
        charts.bar(months(), "chart", label="x", vlaue="y")


def test_a_chart_without_caption_is_refused(say):
    say("bare", title="Title")
    with pytest.raises(KeyError, match=r"no text bare\.caption"):
        charts.line(months(), "bare", x="x", y="y")


def test_alt_text_tells_first_last_extremes_and_trend(say):
    html = charts.line(months(), "chart", x="x", y="y").html
    assert "1 at Jan 2016, 12 at Dec 2016; lowest 1 at Jan 2016, highest 12 at Dec 2016; rising over the span." in html


def test_blanks_are_gaps(say):
    frame = months()
    frame.loc[[3, 11], ["y", "low", "high"]] = np.nan
    html = charts.line(frame, "chart", x="x", y="y", low="low", high="high").html
    assert "nan" not in html.lower().replace("nano", "")
    assert "11 at Nov 2016" in html


def test_a_survival_interval_may_be_blank_at_the_end(say):
    frame = pd.DataFrame({"x": [0.0, 5, 9], "y": [1, 0.5, 0.0], "low": [1, 0.3, np.nan], "high": [1, 0.7, np.nan]})
    html = charts.survival(frame, "chart", time="x", survival="y", low="low", high="high").html
    assert "half are gone by 5 days" in html
    assert "nan" not in html


def test_an_interval_that_crosses_one_is_grey(say):
    frame = pd.DataFrame({"name": ["a", "b"], "x": [1.1, 2.0], "low": [0.9, 1.5], "high": [1.3, 2.5]})
    html = charts.forest(frame, "chart", label="name", estimate="x", low="low", high="high").html
    assert "--s6" in html
    assert "--s1" in html


def test_matplotlib_never_sees_the_letters(say):
    canvas = Canvas(100, 50, (5, 5, 5, 5))
    canvas.scale((0, 1), (0, 1))
    canvas.text(0.5, 0.5, "上海$x_1$𐐷 <b>")
    assert all(ord(character) < 127 or character == "\u2014" for text in canvas.axes.texts for character in text.get_text())
    assert "上海$x_1$𐐷 &lt;b&gt;</text>" in canvas.to_svg()


def test_cjk_is_one_em_wide():
    assert measure("上海", 10) == 20
    assert measure("ab", 10) < 20


def test_shortened_text_fits():
    assert measure(shorten("A very long name of a category", 80), 12) <= 80
    assert shorten("short", 80) == "short"


def test_labels_move_apart_and_keep_their_order():
    placed = spread_labels([10.0, 11.0, 12.0], 8, 0, 100)
    assert placed == sorted(placed)
    assert all(b - a >= 7.9 for a, b in pairwise(placed))


@pytest.mark.parametrize(("low", "high", "count"), [(0.5, 3, 5), (0.9, 1.2, 5), (0.001, 1000, 7)])
def test_log_ticks_are_few_and_inside(low, high, count):
    ticks = log_ticks(low, high, count)
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(ticks)
    assert len(ticks) <= max(count, 7)


def test_a_sparkline_needs_two_values():
    assert charts.draw_sparkline([None, 3.0]) == ""
    assert charts.draw_sparkline([3.0, 3.0]).startswith("<svg")


def test_a_dot_is_drawn():
    canvas = Canvas(100, 100, (5, 5, 5, 5))
    canvas.scale((0, 1), (0, 1))
    canvas.dot(0.5, 0.5)
    assert re.search(r'<path d="M50 50h0" style="[^"]*stroke-linecap:round', canvas.to_svg()), "a path that only moves shows nothing"


def test_a_waterfall_writes_steps_with_their_sign_and_levels_without(say):
    html = charts.waterfall(ladder(), "chart", label="name", change="x", total="y", unit="integer").html
    drawn = ET.fromstring(re.search(r"<svg.*?</svg>", html, re.S)[0])
    written = [text for text in drawn.itertext() if text.strip() and text.strip("+−").isdigit()]
    assert [text for text in written if text[0] in "+−"] == ["−8", "+5"]
    assert written.count("20") >= 1


def test_a_waterfall_of_no_steps_is_two_levels(say):
    flat = pd.DataFrame({"name": ["a", "b"], "x": [math.nan, math.nan], "y": [5.0, 5.0]})
    assert "<svg" in charts.waterfall(flat, "chart", label="name", change="x", total="y").html


def test_each_answer_of_a_tree_is_listed_with_its_whole_rule(say):
    shown = charts.tree(questions(), "chart", levels="tier", features="measure")
    assert [row[0] for row in shown.table.rows] == [f"{NASTY[1]}: at most 7", f"{NASTY[1]}: above 7"]


def test_of_two_limits_on_one_side_the_later_and_tighter_one_is_the_rule():
    chain = {"node": [0, 1, 2], "parent": [-1, 0, 1], "side": ["", "at_most", "at_most"], "feature": ["", "x", "x"], "limit": [0, 9, 4]}
    assert trees.write_rules(pd.DataFrame(chain), "measure")[2] == "x: at most 4"


def test_an_answer_of_a_tree_that_is_not_graded_says_nothing_of_being_right(say):
    drawn = re.findall(r"<svg.*?</svg>", charts.tree(questions(), "chart", levels="tier", features="measure").html, re.S)[0]
    assert drawn.count("right for") == 1


def test_no_hexagon_reaches_past_the_drawing(say):
    html = charts.hexmap(hexagons(), "chart", x="x", y="y", width="low", number="at_risk", group="name", count="other").html
    for drawing in re.findall(r"<svg.*?</svg>", html, re.S):
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', drawing)[1])
        across = [float(x) for path in re.findall(r'd="([^"]+)"', drawing) for x in re.findall(r"[MLH](-?[\d.]+)", path)]
        assert 0 <= min(across) <= max(across) <= width
