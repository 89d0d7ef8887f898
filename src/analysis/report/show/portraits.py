"""Portraits of groups as cards: a few facts each, and what sets the group apart."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.report.show.display import Display, anchor, build_table, escape
from analysis.report.words import format_value, has_words, label_level, words
from analysis.report.words.numbers import is_blank


def portraits(
    frame: pd.DataFrame,
    name: str,
    *,
    group: str,
    apart: pd.DataFrame,
    facts: Sequence[str],
    formats: dict[str, str] | None = None,
    fields: dict[str, object] | None = None,
) -> Display:
    """Cards side by side, one per group.

    Parameters
    ----------
    frame : DataFrame
        One row per group: the column `group`, and whatever the facts name. Blank facts are left out.
    name : str
        Unique on the page; its texts: ``.title``, ``.caption``, ``.columns.<column>``, ``.fact.<fact>`` (label and text of a fact, divided
        by ``|``, with the row's columns as fields), ``.about.<group>`` (optional), ``.more`` and ``.less`` (fields trait, level, share,
        share_all), ``.trait.<trait>``, ``.nothing`` (nothing sets it apart) and ``.hidden`` (too few to tell more).
    group : str
        Column of `frame` and of `apart`.
    apart : DataFrame
        One row per finding: `group`'s column, `trait, level, share, share_all, is_more`.
    facts : sequence of str
        In the order on the card; each is told where the column of its name is filled.
    formats : dict, optional
        As for `show.table`.
    fields : dict, optional
        Further fields of the facts' texts, and those of the caption.
    """
    levels = {column: kind.removeprefix("level:") for column, kind in (formats or {}).items() if kind.startswith("level:")}
    data = build_table(frame, name, name, words(f"{name}.title"), formats)
    rows = [{**(fields or {}), **row} for row in frame.to_dict("records")]
    cards = "".join(_card(row, name, group, apart[apart[group] == row[group]], facts, levels) for row in rows)
    file = f"tables/{anchor(name)}.csv"
    link = f'<a href="{escape(file)}">{escape(words("common.table.file"))}</a>'
    html = f'<div class="cards portraits">{cards}</div><p class=note>{escape(words(f"{name}.caption", **(fields or {})))} {link}</p>'
    return Display("cards", html, name, data)


def _card(row: dict[str, object], name: str, group: str, apart: pd.DataFrame, facts: Sequence[str], levels: dict[str, str]) -> str:
    fields = {key: label_level(levels[key], value) if key in levels and not is_blank(value) else value for key, value in row.items()}
    lines = []
    for fact in facts:
        if not is_blank(row[fact]):
            label, _, text = words(f"{name}.fact.{fact}", **fields).partition("|")
            lines.append(f"<dt>{escape(label.strip())}</dt><dd>{escape(text.strip())}</dd>")
    about = f"{name}.about.{row[group]}"
    lead = f"<p class=interval>{escape(words(about))}</p>" if has_words(about) else ""
    count = format_value(row["count_customers"], "integer")
    title = f"<p class=name>{escape(str(fields[group]))}</p><p class=value>{escape(count)}</p>"
    return f"<div class=card>{title}{lead}<dl>{''.join(lines)}</dl>{_tell_apart(name, apart, levels, bool(lines))}</div>"


def _tell_apart(name: str, apart: pd.DataFrame, levels: dict[str, str], is_told: bool) -> str:
    if apart.empty:
        return f"<p class=interval>{escape(words(f'{name}.nothing' if is_told else f'{name}.hidden'))}</p>"
    items = []
    for found in apart.to_dict("records"):
        trait = words(f"{name}.trait.{found['trait']}")
        level = label_level(levels[found["trait"]], found["level"]) if found["trait"] in levels else found["level"]
        what = f"{trait}: {level}" if found["level"] else trait
        said = words(f"{name}.{'more' if found['is_more'] else 'less'}", what=what, share=found["share"], all=found["share_all"])
        items.append(f"<li>{escape(said)}</li>")
    return f"<ul>{''.join(items)}</ul>"
