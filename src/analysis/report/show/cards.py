"""KPI cards: value, change, interval, twelve months, and the definition behind a fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.show.display import Display, escape
from analysis.report.words import format_interval, format_value, has_words, words
from analysis.report.words.numbers import format_number, format_points, is_blank

UNITS = ("money", "number", "integer", "percent", "days")


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
        One of money, number, integer, percent (a share, 0 to 1), days.
    previous : float or None
        The period before; the change is against it.
    low, high : float or None
        Interval of an estimate.
    history : sequence of float
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
    history: Sequence[float | None] = ()
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


def cards(items: Iterable[Card | Mapping[str, Any]]) -> Display:
    """Cards side by side. A mapping has the fields of `Card`; further keys are an error."""
    known = [item if isinstance(item, Card) else Card(**item) for item in items]
    return Display("cards", f"<div class=cards>{''.join(_card(card) for card in known)}</div>", ", ".join(card.name for card in known),
                   kpis=tuple(_kpi(card) for card in known))  # fmt: skip


def write_value(value: Any, unit: str, compact: bool = True) -> str:
    """A KPI's value: large numbers shortened."""
    if unit in ("money", "number", "integer") and not is_blank(value):
        whole = unit == "integer" or abs(float(value)) >= 100
        short = compact and abs(float(value)) >= 10_000
        return format_number(value, None if short or not whole else 0, short)
    return format_value(value, unit)


def describe_change(card: Card) -> tuple[str, str]:
    """The change against the period before in words, and whether it is good, bad or neither ("good", "bad", "same")."""
    if is_blank(card.value) or is_blank(card.previous):
        return words("common.card.no_previous"), "same"
    value, previous = float(card.value or 0), float(card.previous or 0)
    difference = value - previous
    if card.unit == "percent":
        size = format_points(abs(difference))
        still = abs(difference) < 0.0005
    elif previous == 0:
        size, still = write_value(abs(difference), card.unit), difference == 0
    else:
        size = format_value(abs(difference / previous), "percent")
        still = abs(difference / previous) < 0.0005
    if still:
        return words("common.card.same"), "same"
    way = "up" if difference > 0 else "down"
    tone = "same" if not card.better else "good" if (way == "up") == (card.better == "higher") else "bad"
    return words(f"common.card.{way}", size=size, previous=write_value(previous, card.unit)), tone


def _kpi(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": words(f"kpi.{card.name}.title"),
        "value": None if is_blank(card.value) else float(card.value or 0),
        "text": write_value(card.value, card.unit),
        "unit": card.unit,
        "change": describe_change(card)[0],
    }


def _card(card: Card) -> str:
    from analysis.report.charts.sparkline import draw_sparkline

    change, tone = describe_change(card)
    interval = ""
    if not is_blank(card.low) and not is_blank(card.high):
        span = (
            words("common.number.interval", low=write_value(card.low, card.unit), high=write_value(card.high, card.unit))
            if card.unit in ("money", "number", "integer")
            else format_interval(card.low, card.high, card.unit)
        )
        level = words("common.card.interval_at", interval=span, level=format_value(card.level, "percent0")) if card.level else span
        interval = f"<p class=interval>{escape(level)}</p>"
    title = escape(words(f"kpi.{card.name}.title"))
    if card.href:
        title = f'<a href="{escape(card.href)}">{title}</a>'
    return (
        f"<div class=card><p class=name>{title}</p><p class=value>{escape(write_value(card.value, card.unit))}</p>"
        f'<p class="change {tone}">{escape(change)}</p>{interval}{draw_sparkline(card.history, card.unit)}{_definition(card)}</div>'
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
