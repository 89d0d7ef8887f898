"""Plain HTML tables: caption, scopes, numbers flush right, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.report.show.display import Display, TableData, anchor, build_table, escape, is_numeric, write_cell
from analysis.report.words import has_words, words

MAX_ROWS = 60
"""Rows on the page where the caller does not say; `params.report.max_rows` is the choice."""
SEARCH_ABOVE = 10
"""Tables longer than this can be sorted and searched."""


def table(
    frame: pd.DataFrame,
    name: str,
    words_key: str | None = None,
    *,
    formats: dict[str, str] | None = None,
    columns: dict[str, str] | None = None,
    hide: Sequence[str] = (),
    caption: bool = True,
    max_rows: int = MAX_ROWS,
    fields: dict[str, object] | None = None,
) -> Display:
    """A finished table.

    Parameters
    ----------
    frame : DataFrame
        One row a line of the table. A named index becomes columns.
    name : str
        Unique on the page, for example "customers.numbers"; the CSV is named after it.
    words_key : str, optional
        Where its texts are (default: `name`): ``.title`` (needed), ``.caption`` (how to read it, optional),
        ``.columns.<column>`` (else the shared ``columns.<column>``).
    formats : dict, optional
        Column -> kind of `words.KINDS` or ``level:<namespace>``; default: from the column's name and type.
    columns : dict, optional
        Column -> ready label, for columns named by data.
    hide : sequence of str
        Columns that are neither shown nor published.
    caption : bool
        False hides the title (it stays in the table for screen readers).
    max_rows : int
        Longer tables are cut, and a sentence names the CSV that holds the rest.
    fields : dict, optional
        Fields of title and caption.

    Returns
    -------
    Display
    """
    key = words_key or name
    title = words(f"{key}.title", **(fields or {}))
    data = build_table(frame.drop(columns=list(hide)), name, key, title, formats, columns)
    note = words(f"{key}.caption", **(fields or {})) if has_words(f"{key}.caption") else ""
    return Display("table", render_table(data, note=note, show_title=caption, max_rows=max_rows), name, data)


def render_table(data: TableData, *, note: str = "", show_title: bool = True, max_rows: int = MAX_ROWS, link: bool = True) -> str:
    """`data` as HTML, cut at `max_rows`; without `link` no file of it is named."""
    if not data.rows:
        return f'<p class="note">{escape(data.title)}: {escape(words("common.table.empty"))}</p>'
    shown = data.rows[:max_rows]
    classes = [" class=n" if is_numeric(kind) else "" for kind in data.kinds]
    head = "".join(f"<th scope=col{css}>{escape(label)}</th>" for label, css in zip(data.columns, classes, strict=True))
    body = []
    for row in shown:
        cells = [
            f"<th scope=row{css}>{text}</th>" if position == 0 and kind == "text" else f"<td{css}{_sort_key(value, kind)}>{text}</td>"
            for position, (value, kind, css) in enumerate(zip(row, data.kinds, classes, strict=True))
            for text in [escape(write_cell(value, kind))]
        ]
        body.append(f"<tr>{''.join(cells)}</tr>")
    file = f"tables/{anchor(data.name)}.csv"
    longer = words("common.table.cut", shown=len(shown), rows=len(data.rows), file=file) if len(shown) < len(data.rows) else ""
    named = [f'<a href="{escape(file)}">{escape(words("common.table.file"))}</a>'] if link else []
    tail = f"<p class=note>{' '.join([*(escape(text) for text in (note, longer) if text), *named])}</p>"
    search = f' data-search="{escape(words("common.table.search"))}"' if len(shown) > SEARCH_ABOVE else ""
    hidden = "" if show_title else " class=sr"
    return (
        f'<div class=tablebox id="t-{anchor(data.name)}"{search}>'
        f'<div class=scroll role=region tabindex=0 aria-label="{escape(data.title)}">'
        f"<table><caption{hidden}>{escape(data.title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>{tail}</div>"
    )


def _sort_key(value: object, kind: str) -> str:
    """The raw number, where the written one would sort wrongly."""
    return f' data-v="{value:.6g}"' if is_numeric(kind) and isinstance(value, int | float) and not isinstance(value, bool) else ""
