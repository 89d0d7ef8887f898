"""A catalogue of its own, so that tests of rendering do not hang on a chapter's wording."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis.report.words import catalogue as module

NASTY = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", 'quo"te', "上海 <b>", "a'b&c"]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``say("a.b", title="T")`` adds texts below a key; every other text stays."""
    texts = dict(module.catalogue("en"))
    monkeypatch.setattr(module, "catalogue", lambda language: texts)

    def add(key: str, **parts: str) -> None:
        texts.update({f"{key}.{part}": text for part, text in parts.items()})

    add("chart", title="Title", caption="Read this.")
    add("columns", x="X", y="Y", low="Low", high="High", name="Name", group="Group", other="Other", at_risk="At risk")
    return add
