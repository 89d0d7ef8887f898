"""Sentences, notes, verdicts, what is missing, and the parameters of a report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.contracts import Missing
from analysis.report.show.display import Display, escape
from analysis.report.show.tables import table
from analysis.report.words import words

KINDS = ("info", "warn", "stop", "good")
VERDICTS = {"fit": "good", "warn": "warn", "stop": "stop"}


def sentence(key: str, /, **fields: Any) -> Display:
    """A paragraph from the catalogue."""
    text = words(key, **fields)
    return Display("text", f"<p>{escape(text)}</p>", text)


def note(kind: str, key: str, /, **fields: Any) -> Display:
    """A set-off remark; `kind` is one of info, warn, stop, good. The kind is written, not only coloured."""
    if kind not in KINDS:
        raise ValueError(f"note: {kind} is not a kind; known: {', '.join(KINDS)}")
    return Display("text", _box(kind, words(f"common.note.{kind}"), words(key, **fields)), words(key, **fields))


def status(key: str, /, **fields: Any) -> Display:
    """What a chapter says in one sentence; the index of the report shows it beside the chapter's name."""
    text = words(key, **fields)
    return Display("text", f"<p class=status>{escape(text)}</p>", text, facts=(("status", text),))


def verdict(level: str, key: str, /, reasons: Iterable[str] = (), **fields: Any) -> Display:
    """A chapter's verdict: `level` is fit, warn or stop; `reasons` are ready sentences.

    The index of a report shows its text as the chapter's status.
    """
    if level not in VERDICTS:
        raise ValueError(f"verdict: {level} is not a level; known: {', '.join(VERDICTS)}")
    text = words(key, **fields)
    reasons = list(reasons)
    items = f"<ul>{''.join(f'<li>{escape(reason)}</li>' for reason in reasons)}</ul>" if reasons else ""
    html = _box(VERDICTS[level], words(f"common.verdict.{level}"), text, items)
    return Display("text", html, text, facts=(("verdict", level), ("status", text)))


def missing(*gaps: Missing) -> Display:
    """One line for each gap: the table, its columns, and the requirements that wait for them."""
    lines = []
    for gap in gaps:
        waiting = ", ".join(gap.requirements)
        columns = ", ".join(gap.columns)
        text = words("common.missing.columns" if columns else "common.missing.table", table=gap.table, columns=columns)
        lines.append(f"{text} {words('common.missing.waiting', requirements=waiting)}" if waiting else text)
    html = "".join(f"<p class=missing>{escape(line)}</p>" for line in lines)
    return Display("text", html, " ".join(lines), facts=(("missing", [gap.table for gap in gaps]),))


def parameters(rows: Iterable[tuple[str, str, Any]], name: str = "parameters") -> Display:
    """The appendix of analytical choices: (section, name, value) rows as `Params.rows` gives them."""
    frame = pd.DataFrame([(section, item, str(value)) for section, item, value in rows], columns=["section", "parameter", "setting"])
    return table(frame, name, "common.parameters", max_rows=max(len(frame), 1))


def columns(*parts: Display) -> Display:
    """Displays side by side where there is room, below each other on a phone; each keeps its table."""
    raise_on = [part.kind for part in parts if part.table is not None]
    if raise_on:
        raise ValueError("columns: charts and tables are shown one a cell, so that each keeps its file; lay out texts and cards only")
    return Display("text", f"<div class=columns>{''.join(f'<div>{part.html}</div>' for part in parts)}</div>")


def style() -> Display:
    """The page's look for the displays of a notebook that is open in JupyterLab; a published page leaves it out."""
    from analysis.report.dress import read_style

    return Display("style", f"<style>@scope (.jp-OutputArea-output) {{{read_style()}}}</style>")


def _box(kind: str, word: str, text: str, more: str = "") -> str:
    return f'<div class="box {kind}"><p><strong>{escape(word)}</strong> {escape(text)}</p>{more}</div>'
