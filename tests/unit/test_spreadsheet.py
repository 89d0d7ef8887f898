import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from analysis.spreadsheet import neutralise, open_workbook


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@x", "\tx", "\rx", "\nx"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert neutralise(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=1", "5-3", " =1", "'=1", "客户"])
def test_other_text_stays(text):
    assert neutralise(text) == text


def write(*texts):
    stream = io.BytesIO()
    with open_workbook(stream, date(2021, 4, 30), "Title") as book:
        for row, text in enumerate(texts):
            book.add_worksheet(f"s{row}").write(0, 0, text)
    return stream.getvalue()


def test_text_stays_text():
    book = CalamineWorkbook.from_filelike(io.BytesIO(write("=1+1", "007", "http://a.example")))
    assert [book.get_sheet_by_index(i).to_python()[0][0] for i in range(3)] == ["=1+1", "007", "http://a.example"]


def test_the_same_content_has_the_same_bytes():
    assert write("a") == write("a")
