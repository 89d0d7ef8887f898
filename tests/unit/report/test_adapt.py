"""Reasons of the analysis as sentences."""

from types import SimpleNamespace

import pytest

from analysis.report import show


def reason(key, chapters=(), **fields):
    return SimpleNamespace(key=key, fields=fields, chapters=chapters)


@pytest.fixture(autouse=True)
def texts(say):
    say("why", many="{count} rows are odd.", none="Nothing <is> wrong.")


def test_a_reason_is_a_sentence_with_its_numbers():
    assert show.reasons("why", [reason("many", count=3)]) == ["3 rows are odd."]


def test_the_chapters_that_a_reason_touches_are_named():
    assert show.reasons("why", [reason("none", ("churn", "value"))]) == ["Nothing <is> wrong. (Touches: Churn, Value.)"]


def test_a_reason_without_words_is_named():
    with pytest.raises(KeyError, match=r"no text why\.unknown"):
        show.reasons("why", [reason("unknown")])


def test_remarks_are_a_list_that_is_safe_to_show():
    shown = show.remarks("why", [reason("many", count=3), reason("none")])
    assert shown.html == "<ul><li>3 rows are odd.</li><li>Nothing &lt;is&gt; wrong.</li></ul>"
    assert shown.plain == "3 rows are odd. Nothing <is> wrong."


def test_without_remarks_nothing_is_shown():
    assert (show.remarks("why", []).html, show.remarks("why", []).plain) == ("", "")
