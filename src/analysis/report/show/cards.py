"""KPI cards: value, change, interval, twelve months, and the definition behind a fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from analysis.report.show.display import Display, escape
from analysis.report.words import format_value, has_words, words
from analysis.report.words.numbers import format_number, format_points, is_blank

UNITS = {
    "money": "money",
    "number": "number",
    "count": "integer",
    "integer": "integer",
    "share": "percent",
    "percent": "percent",
    "days": "days",
}
"""Unit of a KPI -> how it is written."""


@dataclass(frozen=True)
class Card:
    """A KPI of one period.

    Attributes
    ----------
    name : str
        Its texts are ``kpi.<name>``: ``.title``, ``.definition``, ``.formula``, and optionally ``.numerator``,
        ``.denominator``, ``.population``.
    value : float or None
        This period.
    unit : str
        One of money, number, count (or integer), share (or percent; 0 to 1), days.
    previous : float or None
        The period before; the change is against it.
    low, high : float or None
        Interval of an estimate.
    history : sequence of float, or of (month, value) pairs
        Up to twelve periods, oldest first, this one last.
    numerator, denominator : float or None
        What a rate is made of.
    better : str
        "higher", "lower" or "" (neither): which way is good news.
    level : float or None
        The interval's probability (for example 0.8).
    href : str
        The chapter that explains it, for example "churn.html#retention".
    """

    name: str
    value: float | None
    unit: str = "number"
    previous: float | None = None
    low: float | None = None
    high: float | None = None
    history: Sequence[Any] = ()
    numerator: float | None = None
    denominator: float | None = None
    better: str = "higher"
    level: float | None = None
    href: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"card {self.name}: unit {self.unit} is not known; known: {', '.join(UNITS)}")
        if self.better not in ("higher", "lower", ""):
            raise ValueError(f"card {self.name}: better is {self.better!r}; write higher, lower or an empty text")


def cards(items: Iterable[Any], *, better: Mapping[str, str] | None = None, href: Mapping[str, str] | None = None) -> Display:
    """Cards side by side.

    Parameters
    ----------
    items : iterable of Card, or of objects or mappings with the same fields
        Fields that an object lacks have the defaults of `Card`.
    better, href : mapping, optional
        Name of a KPI -> which way is good news ("higher", "lower", ""), and the page that explains it.
    """
    known = [as_card(item, better or {}, href or {}) for item in items]
    html = f"<div class=cards>{''.join(_card(card) for card in known)}</div>"
    return Display("cards", html, ", ".join(card.name for card in known), kpis=tuple(_kpi(card) for card in known))


def as_card(item: Any, better: Mapping[str, str], href: Mapping[str, str]) -> Card:
    """`item` as a `Card`."""
    if not isinstance(item, Card):
        given = (
            item
            if isinstance(item, Mapping)
            else {field.name: getattr(item, field.name) for field in fields(Card) if hasattr(item, field.name)}
        )
        item = Card(**{field.name: given[field.name] for field in fields(Card) if field.name in given})
    return replace(item, better=better.get(item.name, item.better), href=href.get(item.name, item.href))


def write_value(value: Any, unit: str, compact: bool = True) -> str:
    """A KPI's value: large numbers shortened."""
    if UNITS[unit] in ("money", "number", "integer") and not is_blank(value):
        whole = UNITS[unit] == "integer" or abs(float(value)) >= 100
        short = compact and abs(float(value)) >= 10_000
        return format_number(value, None if short or not whole else 0, short)
    return format_value(value, UNITS[unit])


def describe_change(card: Card) -> tuple[str, str, str]:
    """The change against the period before: in words, its way ("up", "down", "same"), and its tone ("good", "bad", "same")."""
    if is_blank(card.value) or is_blank(card.previous):
        return words("common.card.no_previous"), "same", "same"
    value, previous = float(card.value or 0), float(card.previous or 0)
    difference = value - previous
    if UNITS[card.unit] == "percent":
        size = format_points(abs(difference))
        still = abs(difference) < 0.0005
    elif previous == 0:
        size, still = write_value(abs(difference), card.unit), difference == 0
    else:
        size = format_value(abs(difference / previous), "percent")
        still = abs(difference / previous) < 0.0005
    if still:
        return words("common.card.same"), "same", "same"
    way = "up" if difference > 0 else "down"
    tone = "same" if not card.better else "good" if (way == "up") == (card.better == "higher") else "bad"
    return words(f"common.card.{way}", size=size, previous=write_value(previous, card.unit)), way, tone


def _kpi(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": words(f"kpi.{card.name}.title"),
        "value": None if is_blank(card.value) else float(card.value or 0),
        "text": write_value(card.value, card.unit),
        "unit": card.unit,
        "change": describe_change(card)[0],
    }


def _values(card: Card) -> list[float | None]:
    return [point[1] if isinstance(point, tuple | list) else point for point in card.history]


def _card(card: Card) -> str:
    from analysis.report.charts.sparkline import draw_sparkline

    change, way, tone = describe_change(card)
    interval = ""
    if not is_blank(card.low) and not is_blank(card.high):
        span = words("common.number.interval", low=write_value(card.low, card.unit), high=write_value(card.high, card.unit))
        level = words("common.card.interval_at", interval=span, level=format_value(card.level, "percent0")) if card.level else span
        interval = f"<p class=interval>{escape(level)}</p>"
    title = escape(words(f"kpi.{card.name}.title"))
    if card.href:
        title = f'<a href="{escape(card.href)}">{title}</a>'
    spark = draw_sparkline(_values(card), UNITS[card.unit])
    return (
        f"<div class=card><p class=name>{title}</p><p class=value>{escape(write_value(card.value, card.unit))}</p>"
        f'<p class="change {tone} {way}">{escape(change)}</p>{interval}{spark}{_definition(card)}</div>'
    )


def _definition(card: Card) -> str:
    rows = []
    for part in ("definition", "formula", "population"):
        if part == "definition" or has_words(f"kpi.{card.name}.{part}"):
            rows.append((words(f"common.card.{part}"), words(f"kpi.{card.name}.{part}")))
    for part, value in (("numerator", card.numerator), ("denominator", card.denominator)):
        if not is_blank(value):
            named = words(f"kpi.{card.name}.{part}") if has_words(f"kpi.{card.name}.{part}") else ""
            number = format_value(value, "money" if card.unit == "money" else "number")
            rows.append((words(f"common.card.{part}"), f"{number} {named}".strip()))
    listed = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in rows)
    return f"<details><summary>{escape(words('common.card.how'))}</summary><dl>{listed}</dl></details>"
