"""A month's executed notebooks become the files of its report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.report.checks import check_page, find_table_outputs
from analysis.report.page import Chapter, Metadata, PageError, describe_chapter, iterate_outputs, read_notebook, render_chapter
from analysis.report.sheets import write_csv, write_workbook
from analysis.report.show.display import KPI_MIME, anchor, escape
from analysis.report.words import format_month, words

WORKBOOK = "tables/tables.xlsx"


def build_pages(executed: Mapping[str, Any], metadata: Metadata) -> dict[str, bytes]:
    """Every file of a report but its manifest.

    Parameters
    ----------
    executed : mapping
        Notebook name -> path (or node) of its executed copy, in the order of the chapters; ``summary`` becomes
        ``index.html``, which also lists the other chapters.
    metadata : Metadata
        What every page states.

    Returns
    -------
    dict
        File name within the report -> bytes: pages, ``tables/<name>.csv`` and ``tables/tables.xlsx``. The same inputs
        give the same bytes.

    Raises
    ------
    PageError
        A notebook cannot be shown, a page fails `checks.check_page`, or two displays share a name.
    """
    nodes = {name: read_notebook(given) for name, given in executed.items()}
    chapters = [describe_chapter(node, name) for name, node in nodes.items()]
    tables = collect_tables(nodes)
    files: dict[str, bytes] = {}
    for name, node in nodes.items():
        after = list_chapters(chapters, bool(tables)) if name == "summary" else ""
        also = [("chapters", words("common.page.chapters"))] if after else []
        html = render_chapter(node, name=name, metadata=metadata, navigation=chapters, after=after, also=also)
        files[_page(chapters, name)] = _checked(html, name)
    if tables:
        title = f"{metadata.title}, {format_month(metadata.period)}"
        files |= {f"tables/{anchor(table['name'])}.csv": write_csv(table) for table in tables}
        files[WORKBOOK] = write_workbook(tables, title, metadata.as_of)
    return files


def _page(chapters: list[Chapter], name: str) -> str:
    return next(chapter.file for chapter in chapters if chapter.name == name)


def _checked(html: str, name: str) -> bytes:
    problems = check_page(html)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PageError(f"{name}: the page cannot be published: {problems[0]}{more}")
    return html.encode("utf-8")


def collect_tables(nodes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tables of all chapters in order; their names must differ, for they become file names."""
    tables: dict[str, dict[str, Any]] = {}
    for chapter, node in nodes.items():
        for table in find_table_outputs(node):
            name = anchor(table["name"])
            if name in tables:
                raise PageError(f"{chapter}: the display {table['name']} is shown twice in the report; give each its own name")
            if table["rows"]:
                tables[name] = table
    return list(tables.values())


def collect_kpis(executed: Mapping[str, Any] | Any) -> list[dict[str, Any]]:
    """KPIs that the summary's cards show, for the manifest: name, title, value, text, unit, change."""
    node = read_notebook(executed["summary"] if isinstance(executed, Mapping) and "summary" in executed else executed)
    return [dict(kpi) for output in iterate_outputs(node) for kpi in output.data.get(KPI_MIME, [])]


def list_chapters(chapters: list[Chapter], has_tables: bool) -> str:
    """The chapters with one line each, for the end of the summary."""
    items = "".join(
        f'<li><a href="{escape(chapter.file)}">{escape(chapter.title)}</a><span>{escape(chapter.status or chapter.lead)}</span></li>'
        for chapter in chapters
        if chapter.name != "summary"
    )
    if has_tables:
        name, lead = escape(words("common.page.workbook")), escape(words("common.page.workbook_lead"))
        items += f'<li><a href="{WORKBOOK}">{name}</a><span>{lead}</span></li>'
    return f'<h2 id="chapters">{escape(words("common.page.chapters"))}</h2><ul class=list>{items}</ul>'


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a report's files below `folder`, in a fixed order."""
    for name in sorted(files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
