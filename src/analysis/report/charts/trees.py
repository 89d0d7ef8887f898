"""A decision tree, drawn from its root downwards, one question a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.report.charts.axes import AXIS_SIZE
from analysis.report.charts.canvas import Canvas
from analysis.report.charts.chart import Drawing, Given, chart
from analysis.report.charts.series import label_values, series_roles
from analysis.report.charts.theme import measure, shorten
from analysis.report.words import format_value, label_level, words
from analysis.report.words.numbers import is_blank

NEEDED = ("node", "parent", "depth", "side", "feature", "limit", "class", "is_leaf", "share_customers", "share_right")
LINE, INDENT = 19.0, 20.0
BOLD = 1.1
"""How much wider bold letters are."""
TABLE = ("rule", "class", "count_customers", "share_customers", "count_held_out", "count_right", "share_right")


@chart
def tree(given: Given, *, levels: str, features: str, units: dict[str, str] | None = None, order: Sequence[str] = ()) -> Drawing:
    """Questions indented below those that lead to them, and each answer with its share of customers and of right answers.

    Parameters
    ----------
    given : Given
        One row a node, each before those below it, with the columns `NEEDED`; `parent` is -1 for the root, `side` is ``at_most`` or
        ``above``, `share_right` may be blank. Besides the drawing, the answers are listed with their whole rule.
    levels, features : str
        Namespaces of the classes and of the features in the catalogue.
    units : dict, optional
        How a feature's limits are written (default: as a number).
    order : sequence of str, optional
        Classes in the order of their colours, where another chart has coloured them.
    """
    frame = given.need(*NEEDED)
    nodes = frame.to_dict("records")
    asked = [_write_condition(node, features, units or {}) for node in nodes]
    rules = write_rules(frame, features, units)
    leaves = [node for node in nodes if node["is_leaf"]]
    roles = series_roles(list(dict.fromkeys([*order, *sorted({str(node["class"]) for node in leaves})])))

    def draw(width: float) -> str:
        return _draw_tree(width, nodes, asked, levels, roles)

    table = frame.assign(rule=rules)[frame["is_leaf"].astype(bool)]
    table = table[[column for column in TABLE if column in table]].reset_index(drop=True)
    alt = " ".join(
        words("common.alt.rule", rule=rule, label=label, share=node["share_customers"])
        for rule, label, node in zip(table["rule"], label_values(table["class"].tolist(), levels), leaves, strict=True)
    )
    return Drawing(draw, alt, {"rule": "text"}, {"class": levels}, table)


def write_rules(frame: pd.DataFrame, features: str, units: dict[str, str] | None = None) -> list[str]:
    """The conditions that lead to each node, in words: of several on one side of a feature the tightest."""
    nodes = frame.to_dict("records")
    by_number = {node["node"]: node for node in nodes}
    rules = []
    for node in nodes:
        tightest: dict[tuple[str, str], dict[str, Any]] = {}
        at = node
        while at["parent"] in by_number:
            # from below upwards: what is asked later lies within what was asked before
            tightest.setdefault((at["feature"], at["side"]), at)
            at = by_number[at["parent"]]
        parts = [_write_condition(one, features, units or {}) for one in reversed(tightest.values())]
        rules.append("; ".join(parts) or words("common.chart.everyone"))
    return rules


def _write_condition(node: dict[str, Any], features: str, units: dict[str, str]) -> str:
    if not node["side"]:
        return words("common.chart.everyone")
    limit = format_value(node["limit"], units.get(node["feature"], "number"))
    return words(f"common.chart.{node['side']}", feature=label_level(features, node["feature"]), limit=limit)


def _draw_tree(width: float, nodes: list[dict[str, Any]], asked: list[str], levels: str, roles: dict[str, str]) -> str:
    answers = {node["node"]: _write_answer(node, levels) for node in nodes if node["is_leaf"]}
    # An answer that does not fit beside its figures stands above them.
    fits = {
        node["node"]: 46
        + INDENT * node["depth"]
        + measure(answers[node["node"]][0], AXIS_SIZE * BOLD)
        + measure(answers[node["node"]][1], AXIS_SIZE)
        <= width
        for node in nodes
        if node["is_leaf"]
    }
    lines = [(2 if fits[node["node"]] else 3) if node["is_leaf"] else 1 for node in nodes]
    canvas = Canvas(width, LINE * sum(lines) + 8, (0, 0, 0, 0))
    canvas.scale((0, width), (0, canvas.height))
    at = canvas.height - 12
    heights: dict[Any, float] = {}
    for node, text, count in zip(nodes, asked, lines, strict=True):
        x = 8 + INDENT * node["depth"]
        heights[node["node"]] = at
        if node["parent"] in heights:
            canvas.line([x - INDENT + 4, x - INDENT + 4, x - 3], [heights[node["parent"]] - 8, at, at], role="axis", width=1, round=False)
        canvas.text(x, at, shorten(text, width - x - 4, AXIS_SIZE), size=AXIS_SIZE, role="ink" if node["side"] else "soft")
        if node["is_leaf"]:
            label, more = answers[node["node"]]
            canvas.box(x, at - LINE - 5, 10, 10, role=roles[str(node["class"])])
            told = shorten(label, width - x - 20, AXIS_SIZE * BOLD)
            canvas.text(x + 16, at - LINE, told, size=AXIS_SIZE, role="ink", bold=True)
            beside = x + 24 + measure(told, AXIS_SIZE * BOLD) if fits[node["node"]] else x + 16
            canvas.text(beside, at - LINE * (count - 1), more, size=AXIS_SIZE)
        at -= LINE * count
    return canvas.to_svg()


def _write_answer(node: dict[str, Any], levels: str) -> tuple[str, str]:
    key = "common.chart.leaf" if is_blank(node["share_right"]) else "common.chart.leaf_graded"
    return label_level(levels, node["class"]), words(key, share=node["share_customers"], right=node["share_right"])
