"""Indicators and reasons of the analysis as cards and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from analysis.report.show.cards import Card, cards
from analysis.report.show.display import Display
from analysis.report.words import words

UNITS = {"money": "money", "count": "integer", "share": "percent"}
"""Unit of an indicator -> way of writing a card's value."""
LOWER_IS_BETTER = frozenset({"lapse_rate"})


class MetricLike(Protocol):
    """An indicator of a month; see `analysis.metrics.Metric`."""

    name: str
    value: float | None
    previous: float | None
    unit: str
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    history: Sequence[tuple[str, float | None]]


class ReasonLike(Protocol):
    """A reason of a verdict: a key and the numbers of its sentence."""

    key: str
    fields: dict[str, Any]


def indicators(metrics: Iterable[Any]) -> Display:
    """Cards of indicators; texts are ``kpi.<name>``."""
    return cards(_as_card(metric) for metric in metrics)


def reasons(prefix: str, found: Iterable[Any]) -> list[str]:
    """Sentences ``<prefix>.<key>`` of a verdict's reasons."""
    return [words(f"{prefix}.{reason.key}", **reason.fields) for reason in found]


def _as_card(metric: MetricLike) -> Card:
    return Card(
        metric.name,
        metric.value,
        UNITS[metric.unit],
        previous=metric.previous,
        low=metric.low,
        high=metric.high,
        history=tuple(value for _, value in metric.history),
        numerator=metric.numerator,
        denominator=metric.denominator,
        better="lower" if metric.name in LOWER_IS_BETTER else "higher",
    )
