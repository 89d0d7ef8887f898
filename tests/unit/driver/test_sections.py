"""Sections that wait for a table."""

from analysis.driver.sections import CONTRACTUAL, is_left_out, leave_out

TITLE = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Chapter\n\nWhat?"}
SET = {"cell_type": "code", "id": "parameters", "metadata": {"tags": ["parameters"]}, "source": "source = ''"}


def section(name, *tags):
    head = {"cell_type": "markdown", "id": name, "metadata": {"tags": list(tags)}, "source": f"## {name}?\n\nProse."}
    return [head, {"cell_type": "code", "id": f"{name}-code", "metadata": {}, "source": f"{name}()"}]


def ids(notebook):
    return [cell["id"] for cell in notebook["cells"]]


BOOK = {"cells": [TITLE, SET, *section("orders", "needs:order_lines", "for:A8"), *section("plain"), *section("end", "last")]}


def test_nothing_is_left_out_of_what_the_source_has():
    assert leave_out(BOOK, {"contracts"}) is BOOK


def test_a_section_without_its_table_is_one_line_behind_the_others():
    left = leave_out(BOOK, {"order_lines"})
    assert ids(left) == ["title", "parameters", "plain", "plain-code", "orders", "orders-missing", "end", "end-code"]
    assert left["cells"][4]["source"] == "## orders?"
    assert "show.Missing(\"order_lines\", (), ('A8',))" in left["cells"][5]["source"]


def test_the_notebook_itself_stays_as_it_is():
    before = ids(BOOK)
    leave_out(BOOK, {"order_lines"})
    assert ids(BOOK) == before


def test_orders_of_a_contractual_company_are_not_missing_but_not_meant():
    cell = leave_out(BOOK, {CONTRACTUAL})["cells"][5]
    assert "common.contractual" in cell["source"]


def test_a_tagged_title_speaks_for_the_whole_chapter():
    book = {"cells": [{**TITLE, "metadata": {"tags": ["needs:order_lines"]}}, *BOOK["cells"][1:]]}
    assert ids(leave_out(book, {"order_lines"})) == ["title", "parameters", "title-missing"]
    assert is_left_out(book, {"order_lines"})
    assert not is_left_out(BOOK, {"order_lines"})
