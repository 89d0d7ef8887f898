"""What a page must and must not hold, checked on the finished HTML before it is published."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from analysis.report.dress import content_policy
from analysis.report.page import MAX_BYTES

_LOADING = {"src", "href", "srcset", "action", "formaction", "data", "poster", "xlink:href", "cite", "background", "ping"}
_FOREIGN = {"iframe", "object", "embed", "link", "base", "form", "frame", "applet", "audio", "video", "foreignobject", "use", "image"}
_VOID = {"meta", "br", "hr", "img", "input", "col", "wbr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: set[str] = set()
        self.scripts = 0
        self.policy = ""
        self.language = ""
        self.title = self.viewport = False
        self.level = 0
        self.in_style = False
        self.in_script = False
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        where = f"<{tag}> in line {self.getpos()[0]}"
        if tag not in _VOID:
            self.open.append(tag)
        if tag in _FOREIGN:
            self.problems.append(f"{where}: this element has no place in a page")
        for name, value in given.items():
            if name.startswith("on"):
                self.problems.append(f"{where}: inline event handler {name}")
            if name in _LOADING and _leaves(value):
                self.problems.append(f"{where}: {name} leads outside: {value[:60]}")
            if name == "style" and ("url(" in value or "expression(" in value):
                self.problems.append(f"{where}: style loads something: {value[:60]}")
        if "id" in given:
            if given["id"] in self.ids:
                self.problems.append(f"{where}: the id {given['id']} is used twice")
            self.ids.add(given["id"])
        self._read_head(tag, given)
        if tag == "script":
            self.scripts += 1
            self.in_script = True
            if given:
                self.problems.append(f"{where}: only our own inline script is allowed")
        self.in_style = tag == "style"
        if (tag == "img" and not given.get("alt")) or (given.get("role") == "img" and not given.get("aria-label")):
            self.problems.append(f"{where}: no text says what the picture shows")
        if tag == "svg" and given.get("role") != "img" and given.get("aria-hidden") != "true":
            self.problems.append(f"{where}: no text says what the drawing shows")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            level = int(tag[1])
            if level > self.level + 1:
                self.problems.append(f"{where}: a heading of level {level} follows one of level {self.level}")
            self.level = level

    def _read_head(self, tag: str, given: dict[str, str]) -> None:
        if tag == "html":
            self.language = given.get("lang", "")
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = given.get("content", "")
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.problems.append("the page refreshes itself")
        self.viewport |= tag == "meta" and given.get("name") == "viewport"
        self.title |= tag == "title"

    def handle_endtag(self, tag: str) -> None:
        self.in_style = self.in_script = False
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.in_style and ("url(" in data or "@import" in data):
            self.problems.append("the page's style loads something from elsewhere")


def _leaves(value: str) -> bool:
    start = value.strip().lower()
    return start.startswith("//") or (":" in start.split("/")[0].split("#")[0] and not start.startswith("data:image/"))


def check_page(html: str, max_bytes: int = MAX_BYTES) -> list[str]:
    """Problems that keep a page from being published; empty when there are none.

    Checked: size, content security policy, the one script, external URLs, inline event handlers, foreign elements, texts
    of pictures, ids used twice, order of headings, language, title and viewport.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    problems = list(reader.problems)
    size = len(html.encode())
    if size > max_bytes:
        problems.append(f"the page weighs {size:,} bytes; at most {max_bytes:,} are allowed: cut rows or move a long table to a file")
    if reader.policy != content_policy():
        problems.append("the content security policy is missing or changed")
    if reader.scripts != 1:
        problems.append(f"the page holds {reader.scripts} scripts instead of the one that it names; some text was not escaped")
    for name, found in (("language", reader.language), ("title", reader.title), ("viewport", reader.viewport)):
        if not found:
            problems.append(f"the page states no {name}")
    return problems


def find_table_outputs(node: Any) -> list[dict[str, Any]]:
    """Tables behind the displays of an executed notebook, in order."""
    from analysis.report.page import iterate_outputs
    from analysis.report.show.display import TABLE_MIME

    return [dict(output.data[TABLE_MIME]) for output in iterate_outputs(node) if TABLE_MIME in output.data]
