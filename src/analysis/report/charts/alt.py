"""Sentences about a chart's data, for those who hear it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.report.words import format_number, format_value, words
from analysis.report.words.numbers import is_blank

MAX_PARTS = 8
MAX_MOVES = 5
Flow = tuple[Any, Any, float]
"""From a level, to a level, and how many."""


def describe_series(label: str, xs: Sequence[str], ys: Sequence[float], unit: str) -> str:
    """First, last, lowest, highest and trend of one series; `xs` are written positions."""
    known = [(x, float(y)) for x, y in zip(xs, ys, strict=True) if not is_blank(y)]
    if not known:
        return words("common.alt.no_values", label=label)
    low, high = min(known, key=lambda point: point[1]), max(known, key=lambda point: point[1])
    return words(
        "common.alt.series",
        label=label,
        first=format_value(known[0][1], unit), first_at=known[0][0],
        last=format_value(known[-1][1], unit), last_at=known[-1][0],
        low=format_value(low[1], unit), low_at=low[0],
        high=format_value(high[1], unit), high_at=high[0],
        trend=words(f"common.alt.{find_trend([y for _, y in known])}"),
    )  # fmt: skip


def find_trend(values: Sequence[float]) -> str:
    """rising, falling or level: a fitted line's change over the span, against the values' own size."""
    if len(values) < 3:
        return "flat"
    slope = float(np.polyfit(np.arange(len(values)), np.asarray(values, float), 1)[0]) * (len(values) - 1)
    size = float(np.mean(np.abs(values))) or 1.0
    return "rising" if slope > 0.05 * size else "falling" if slope < -0.05 * size else "flat"


def describe_parts(labels: Sequence[str], values: Sequence[float], unit: str, most: int = MAX_PARTS) -> str:
    """Labels with their values, the first `most` of them."""
    parts = [
        words("common.alt.part", label=label, value=format_value(value, unit))
        for label, value in list(zip(labels, values, strict=True))[:most]
    ]
    more = words("common.alt.more", count=len(labels) - most) if len(labels) > most else ""
    return "; ".join(parts) + (f"; {more}" if more else "") + "."


def describe_moves(labels: Mapping[Any, str], flows: Sequence[Flow]) -> str:
    """How many stayed where they were, and the largest moves."""
    moved = sorted(((count, labels.get(a, str(a)), labels[b]) for a, b, count in flows if a != b), reverse=True)
    largest = "; ".join(words("common.alt.move", count=format_number(c, 0), before=a, after=b) for c, a, b in moved[:MAX_MOVES])
    stayed = format_number(sum(c for a, b, c in flows if a == b), 0)
    return words("common.alt.moves", stayed=stayed, total=format_number(sum(c for *_, c in flows), 0), moves=largest or "–")
