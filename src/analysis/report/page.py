"""An executed notebook becomes a self-contained page, by nbconvert with our own template."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from analysis.report.dress import TEMPLATES, content_policy, read_script, read_style
from analysis.report.prose import ProseError, render_prose
from analysis.report.show.display import DISPLAY_MIME, PERSON
from analysis.report.words import format_date, format_month, has_words, language, translate_markdown, words

MAX_BYTES = 300_000
"""The most that one chapter may weigh."""


class PageError(ValueError):
    """A notebook or a page that must not be published; the message says where and what to do."""


@dataclass(frozen=True)
class Metadata:
    """What every page of a report states.

    Attributes
    ----------
    source, title : str
        The source's folder name, and the company's title.
    period : str
        ``YYYY-MM``.
    as_of : date
        Last day whose data were read, inclusive.
    currency : str
        Of every amount in the report; empty when the source has none.
    commit : str
        Of the code, shortened; empty when unknown.
    covered_until : date, optional
        Last day that the source covers.
    previous, next : str
        Neighbouring months that are published, else empty.
    """

    source: str
    title: str
    period: str
    as_of: date
    currency: str = ""
    commit: str = ""
    covered_until: date | None = None
    previous: str = ""
    next: str = ""


@dataclass(frozen=True)
class Chapter:
    """A page of the report: notebook name, file, title (its first heading), lead (its first paragraph), status (its verdict)."""

    name: str
    file: str
    title: str
    lead: str = ""
    status: str = ""


def name_file(notebook: str) -> str:
    """The page of a notebook: ``04_churn`` is ``churn.html``; the summary is ``index.html``."""
    stem = re.sub(r"^\d+_", "", notebook)
    return "index.html" if stem == "summary" else f"{stem}.html"


def read_notebook(executed: Any) -> Any:
    """A notebook node from a path or a node."""
    if isinstance(executed, str | Path):
        import json

        import nbformat

        return nbformat.from_dict(json.loads(Path(executed).read_text(encoding="utf-8")))  # its format was checked when it was written
    return executed


def describe_chapter(executed: Any, name: str) -> Chapter:
    """Title, lead and status of an executed notebook."""
    node = read_notebook(executed)
    title, lead = name, ""
    for cell in node.cells:
        if cell.cell_type == "markdown":
            lines = [line.strip() for line in translate_markdown(name, cell.get("id", ""), cell.source).splitlines() if line.strip()]
            headings = [line for line in lines if line.startswith("# ")]
            title = headings[0].removeprefix("# ") if headings else name
            lead = next((line for line in lines if not line.startswith("#")), "")
            break
    status = next(
        (facts["status"] for output in iterate_outputs(node) for facts in [output.data.get(DISPLAY_MIME, {})] if "status" in facts), ""
    )
    return Chapter(name, name_file(name), title, lead, status)


def iterate_outputs(node: Any) -> list[Any]:
    """Displayed outputs of an executed notebook, in order."""
    return [
        output
        for cell in node.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", [])
        if output.output_type in ("display_data", "execute_result")
    ]


def render_chapter(
    executed: Any,
    *,
    name: str,
    metadata: Metadata,
    navigation: Sequence[Chapter] = (),
    after: str = "",
    also: Sequence[tuple[str, str]] = (),
    allow_streams: bool = False,
) -> str:
    """The page of an executed notebook.

    Parameters
    ----------
    executed : NotebookNode or Path
        With its outputs. Every displayed output must be one of `report.show` or `report.charts`.
    name : str
        The notebook's name, without suffix.
    navigation : sequence of Chapter
        All chapters in order; the one called `name` is marked.
    after : str
        Ready HTML after the last cell.
    also : sequence of (id, text)
        Its headings, for the contents.
    allow_streams : bool
        Whether printed text is dropped; otherwise it is an error, for a warning must not go unread.

    Raises
    ------
    PageError
        An error output, printed text, an output that is not a display of ours, or prose that a page cannot hold.
    """
    node = _say_once(read_notebook(executed))
    _check_outputs(node, name, allow_streams)
    taken, contents = {"main"}, []  # type: tuple[set[str], list[dict[str, str]]]
    prose = {}
    for cell in node.cells:
        if cell.cell_type == "markdown":
            try:
                prose[cell.get("id", "")] = render_prose(translate_markdown(name, cell.get("id", ""), cell.source), taken, contents)
            except ProseError as error:
                raise PageError(f"{name}: {error}") from None
    chapter = describe_chapter(node, name)
    contents += [{"id": slug, "text": text} for slug, text in also]
    page = _frame_page(metadata, chapter.title, name_file(name), navigation)
    page |= {"prose": prose, "contents": contents, "after": after}
    html, _ = _exporter().from_notebook_node(node, resources={"page_data": page})
    return str(html)


def _say_once(node: Any) -> Any:
    """`node` without displays that say what the one right before them said: several cells of a section may lack the same table."""
    said, kept = "", copy.deepcopy(node)
    for cell in kept.cells:
        if cell.cell_type != "code":
            said = ""
            continue
        outputs = []
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            if not html or html != said:
                outputs.append(output)
            said = html or said
        cell["outputs"] = outputs
    return kept


def render_plain(body: str, *, metadata: Metadata | None, title: str, brand: str, footer: Sequence[str] = ()) -> str:
    """A page without a notebook, in the same dress: the index of all reports."""
    import nbformat

    page = _frame_page(metadata, title, "", ())
    page |= {"prose": {}, "contents": [], "after": body, "source_title": brand, "document_title": title, "footer": list(footer)}
    html, _ = _exporter().from_notebook_node(nbformat.v4.new_notebook(), resources={"page_data": page})
    return str(html)


def _frame_page(metadata: Metadata | None, title: str, file: str, navigation: Sequence[Chapter]) -> dict[str, Any]:
    period = format_month(metadata.period) if metadata else ""
    months = []
    if metadata and metadata.previous:
        months.append({"href": f"../{metadata.previous}/{file}", "rel": "prev", "text": f"← {format_month(metadata.previous)}"})
    if metadata and metadata.next:
        months.append({"href": f"../{metadata.next}/{file}", "rel": "next", "text": f"{format_month(metadata.next)} →"})
    if metadata:
        months.append({"href": "../../index.html", "rel": "up", "text": words("common.page.all_reports")})
    return {
        "language": language(),
        "policy": content_policy(),
        "css": read_style(),
        "script": read_script(),
        "source_title": metadata.title if metadata else "",
        "document_title": " · ".join(part for part in (title, metadata.title if metadata else "", period) if part),
        "period": period,
        "months": months,
        "navigation": [
            {
                "href": chapter.file,
                "title": _name_briefly(chapter),
                "current": chapter.file == file,
            }
            for chapter in sorted(navigation, key=lambda chapter: chapter.file != "index.html")
        ],
        "words": {part: words(f"common.page.{part}") for part in ("skip", "chapters", "contents", "months")},
        "footer": _write_footer(metadata) if metadata else [],
    }


def _name_briefly(chapter: Chapter) -> str:
    """A chapter's name in the navigation: ``common.chapter.<file>``, else its title."""
    key = f"common.chapter.{'summary' if chapter.file == 'index.html' else chapter.file.removesuffix('.html')}"
    return words(key) if has_words(key) else chapter.title


def _write_footer(metadata: Metadata) -> list[str]:
    lines = [words("common.page.as_of", period=format_month(metadata.period), as_of=format_date(metadata.as_of))]
    if metadata.covered_until:
        lines.append(words("common.page.covered", day=format_date(metadata.covered_until)))
    if metadata.currency:
        lines.append(words("common.page.currency", currency=metadata.currency))
    lines.append(words("common.page.interval"))
    if metadata.commit:
        lines.append(words("common.page.commit", commit=metadata.commit[:10]))
    return lines


def _check_outputs(node: Any, name: str, allow_streams: bool) -> None:
    heading = name
    for number, cell in enumerate(node.cells, start=1):
        if cell.cell_type == "markdown":
            heading = next((line.lstrip("# ").strip() for line in cell.source.splitlines() if line.startswith("#")), heading)
        for output in cell.get("outputs", []) if cell.cell_type == "code" else []:
            where = f"{name}, cell {number} ({heading})"
            if output.output_type == "error":
                raise PageError(f"{where}: the cell failed with {output.get('ename', 'an error')}, so it cannot be published")
            if output.output_type == "stream" and not allow_streams:
                text = "".join(output.text).strip().splitlines() or [""]
                raise PageError(f"{where}: the cell printed to {output.name}: {text[-1][:120]}; a page shows displays only")
            if output.output_type in ("display_data", "execute_result") and DISPLAY_MIME not in output.data:
                raise PageError(f"{where}: the cell shows something that is not a report display; use show or charts")
            if output.get("data", {}).get(DISPLAY_MIME, {}).get("kind") == PERSON:
                raise PageError(f"{where}: the cell shows one customer; no page does: use make customer SOURCE= PERIOD= ID=")


@cache
def _exporter() -> Any:
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter

    class PageExporter(HTMLExporter):
        """HTMLExporter without its second pass, which would parse and rewrite every chart and table."""

        def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> Any:
            self.environment.globals["page"] = (resources or {}).pop("page_data")
            resources = self._init_resources(resources)
            return TemplateExporter.from_notebook_node(self, nb, resources, **kw)

    return PageExporter(
        template_name="analysis",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
