"""Markdown cells as HTML: raw HTML stays text, headings get anchors, links stay inside the report."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from analysis.report.show.display import escape
from analysis.report.words import words

_TAG = re.compile(r"<[^>]*>")


class ProseError(ValueError):
    """Markdown that a page cannot hold."""


def slugify(text: str, taken: set[str]) -> str:
    """An id for a heading, unique among `taken`, to which it is added; letters of any script are kept."""
    base = re.sub(r"[^\w]+", "-", _TAG.sub("", text).lower()).strip("-_") or "part"
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(slug)
    return slug


def render_prose(source: str, taken: set[str], contents: list[dict[str, str]]) -> str:
    """One Markdown cell.

    Parameters
    ----------
    taken : set of str
        Ids used on the page so far; grows.
    contents : list of dict
        Second-level headings of the page so far (``id``, ``text``); grows.

    Raises
    ------
    ProseError
        An image, or a link that leaves the report.
    """
    import mistune

    markdown = mistune.Markdown(renderer=_renderer()(taken, contents))
    mistune.plugins.import_plugin("table")(markdown)
    return str(markdown(source)).strip()


@cache
def _renderer() -> Any:
    from mistune import HTMLRenderer

    class Renderer(HTMLRenderer):
        def __init__(self, taken: set[str], contents: list[dict[str, str]]):
            super().__init__(escape=True, allow_harmful_protocols=False)
            self.taken, self.contents = taken, contents

        def heading(self, text: str, level: int, **attrs: Any) -> str:
            slug = slugify(text, self.taken)
            if level == 1:
                return f'<h1 id="{escape(slug)}">{text}</h1>\n'
            if level == 2:
                plain = _TAG.sub("", text)
                self.contents.append({"id": slug, "text": _unescape(plain)})
            label = escape(words("common.page.anchor"))
            return f'<h{level} id="{escape(slug)}">{text}<a class=anchor href="#{escape(slug)}" aria-label="{label}">#</a></h{level}>\n'

        def link(self, text: str, url: str, title: str | None = None) -> str:
            if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", url):
                raise ProseError(f"the link to {url} leaves the report; name the source in words instead")
            return f'<a href="{escape(url)}">{text}</a>'

        def image(self, text: str, url: str, title: str | None = None) -> str:
            raise ProseError(f"the image {url} cannot be in a page; show a chart instead")

    return Renderer


def _unescape(text: str) -> str:
    import html

    return html.unescape(text)
