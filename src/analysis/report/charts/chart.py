"""What every chart is made of: title, two drawings, alt text, caption, and its table behind a fold."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pandas as pd

from analysis.report.charts.theme import NARROW, WIDE
from analysis.report.show.display import Display, anchor, build_table, escape
from analysis.report.show.gaps import or_gap
from analysis.report.show.tables import render_table
from analysis.report.words import has_words, words

TABLE_ROWS = 16


@dataclass(frozen=True)
class Texts:
    """The words of one chart: `key` with the fields of its texts."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)

    def get(self, part: str) -> str:
        """The text ``<key>.<part>``, or an empty one."""
        return words(f"{self.key}.{part}", **self.fields) if has_words(f"{self.key}.{part}") else ""

    def need(self, part: str) -> str:
        """The text ``<key>.<part>``; an error where English lacks it."""
        return words(f"{self.key}.{part}", **self.fields)


@dataclass(frozen=True)
class Given:
    """What a chart is made from: the finished table, its name on the page, and its words."""

    frame: pd.DataFrame
    name: str
    texts: Texts

    def need(self, *columns: str | None) -> pd.DataFrame:
        """The table; an error that names the first of these columns that it does not have (None stands for no column)."""
        for column in columns:
            if column is not None and column not in self.frame.columns:
                raise ValueError(f"{self.name}: there is no column {column}; columns: {', '.join(map(str, self.frame.columns))}")
        return self.frame


@dataclass(frozen=True)
class Drawing:
    """What one kind of chart makes of a table.

    Attributes
    ----------
    draw : function of a width in CSS pixels
        Returns the SVG; called for a page and for a phone.
    alt : str
        What the chart shows, as sentences made from its data.
    kinds : dict
        Column -> how the table behind the fold writes it.
    levels : dict
        Column (None: no such column) -> namespace of its levels in the catalogue (None: as the data have them).
    table : DataFrame, optional
        What is shown behind the fold and published as CSV, if not the given table as it stands.
    """

    draw: Callable[[float], str]
    alt: str
    kinds: dict[str, str]
    levels: dict[str | None, str | None] = field(default_factory=dict)
    table: pd.DataFrame | None = None


def chart(plan: Callable[..., Drawing]) -> Callable[..., Display]:
    """A chart of a finished table, from the function that plans its drawing: ``plan(given, *, <options of its own>)``.

    What it returns takes, besides these options, what all charts take:

    frame : DataFrame
        The table; what says that there is none is shown as such (see `analysis.report.show.gaps`).
    name : str
        Unique on the page; its CSV is named after it.
    words_key : str, optional
        Where its texts are (default: `name`): ``.title`` and ``.caption`` (what to read) are needed; ``.x`` and ``.y`` name the axes.
    formats : dict, optional
        Column -> how the table behind the fold writes it, where the chart does not know.
    fields : dict, optional
        Fields of the texts.
    """

    @wraps(plan)
    def show(
        frame: pd.DataFrame,
        name: str,
        words_key: str | None = None,
        *,
        formats: dict[str, str] | None = None,
        fields: dict[str, Any] | None = None,
        **options: Any,
    ) -> Display:
        given = Given(frame, name, Texts(words_key or name, fields or {}))
        return _build(given, plan(given, **options), formats or {})

    # editors and JupyterLab show the options beside what all charts take
    common = inspect.signature(show, follow_wrapped=False).parameters.values()
    own = [option for option in inspect.signature(plan).parameters.values() if option.kind is option.KEYWORD_ONLY]
    named = [part for part in common if part.kind is not part.VAR_KEYWORD]
    show.__signature__ = inspect.Signature(sorted([*own, *named], key=lambda part: part.kind))  # type: ignore[attr-defined]
    return or_gap(show)


def _build(given: Given, drawing: Drawing, formats: dict[str, str]) -> Display:
    name, texts = given.name, given.texts
    title, caption = texts.need("title"), texts.need("caption")
    levels = {column: f"level:{namespace}" for column, namespace in drawing.levels.items() if column and namespace}
    table = given.frame if drawing.table is None else drawing.table
    data = build_table(table, name, texts.key, title, {**drawing.kinds, **formats, **levels})
    if not data.rows:
        return Display("chart", f'<p class="note">{escape(title)}: {escape(words("common.table.empty"))}</p>', name, data)
    numbers = render_table(data, show_title=False, max_rows=TABLE_ROWS)
    spoken = words("common.alt.chart", title=title, text=drawing.alt)
    html = (
        f'<figure class=chart id="c-{anchor(name)}"><p class=title>{escape(title)}</p>'
        f'<div role=img aria-label="{escape(spoken)}"><div class=wide style="max-width:46rem">{drawing.draw(WIDE)}</div>'
        f'<div class=narrow style="display:none">{drawing.draw(NARROW)}</div></div>'
        f"<figcaption>{escape(caption)}</figcaption>"
        f"<details><summary>{escape(words('common.chart.table'))}</summary>{numbers}</details>"
        f"</figure>"
    )
    return Display("chart", html, name, data)
