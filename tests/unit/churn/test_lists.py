from datetime import date

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from analysis.churn.lists import write_list

MADE_FOR = date(2021, 4, 30)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "customer_id": ["007", "=1+1", "-5", "@x", "+49", "\tx"],
            "spend": [1.5, -2.0, None, 0.0, 3.0, 4.0],
            "on": pd.to_datetime(["2021-01-02", None, "2021-01-02", "2021-01-02", "2021-01-02", "2021-01-02"]),
            "name": ["客户", None, "a,b", 'q"q', "x", "y"],
        }
    )


def test_the_csv_is_utf8_with_a_byte_order_mark(tmp_path, table):
    path = write_list(table, tmp_path, "list", MADE_FOR)[0]
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfcustomer_id,spend,on,name\r\n")
    assert "007,1.5,2021-01-02,客户".encode() in data


def test_text_that_looks_like_a_formula_is_neutral_and_numbers_stay_numbers(tmp_path, table):
    lines = write_list(table, tmp_path, "list", MADE_FOR)[0].read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["007", "'=1+1", "'-5", "'@x", "'+49", "'\tx"]
    assert lines[2].split(",")[1] == "-2.0"


def test_the_workbook_keeps_ids_as_text(tmp_path, table):
    rows = CalamineWorkbook.from_path(str(write_list(table, tmp_path, "list", MADE_FOR)[1])).get_sheet_by_index(0).to_python()
    assert rows[1][:2] == ["007", 1.5]
    assert rows[2][0] == "'=1+1"


def test_the_same_table_gives_the_same_bytes(tmp_path, table):
    first = [path.read_bytes() for path in write_list(table, tmp_path / "a", "list", MADE_FOR)]
    second = [path.read_bytes() for path in write_list(table, tmp_path / "b", "list", MADE_FOR)]
    assert first == second


def test_nothing_is_left_beside_the_two_files(tmp_path, table):
    write_list(table, tmp_path, "list", MADE_FOR)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.csv", "list.xlsx"]


def test_an_empty_list_has_its_header(tmp_path, table):
    path = write_list(table.iloc[:0], tmp_path, "list", MADE_FOR)[0]
    assert path.read_text(encoding="utf-8-sig") == "customer_id,spend,on,name\n"
