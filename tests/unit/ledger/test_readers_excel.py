from datetime import date, datetime, time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from analysis.ledger.config import load_config
from analysis.ledger.readers import stage
from analysis.ledger.readers.excel import cell_text
from analysis.ledger.store import LedgerError

SHIPPED = Path(__file__).parents[3] / "data" / "online_retail_ii" / "ledger.toml"
HEADER = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
FIRST = [489434, 85048, "15CM CHRISTMAS GLASS BALL 20 LIGHTS", 12, datetime(2009, 12, 1, 7, 45), 6.95, 13085.0, "United Kingdom"]
BOTH = ["C536379", "D", "Discount", -1, datetime(2010, 12, 1, 9, 41), 27.5, None, "United Kingdom"]
LAST = [581587, "22138", "BAKING SET 9 PIECE RETROSPOT", 3, datetime(2011, 12, 9, 12, 50), 4.95, 12680, "France"]


def write_workbook(path: Path, sheets: dict[str, list[list]]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "online_retail_ii"
    (folder / "raw").mkdir(parents=True)
    (folder / "ledger.toml").write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def test_the_publishers_workbook_loads_by_the_shipped_mapping(folder):
    sheets = {"Year 2009-2010": [HEADER, FIRST, BOTH], "Year 2010-2011": [HEADER, BOTH, LAST]}
    write_workbook(folder / "raw" / "online_retail_II.xlsx", sheets)
    staged = stage(load_config(folder), folder, "order_lines", folder / "out.parquet")
    names = ["customer_id", "ordered_at", "order_id", "product_id", "quantity", "unit_price", "country", "_file", "_line", "_row"]
    rows = [tuple(row.values()) for row in pq.read_table(staged.path, columns=names).to_pylist()]
    first, second = "raw/online_retail_II.xlsx#Year 2009-2010", "raw/online_retail_II.xlsx#Year 2010-2011"
    assert rows == [
        ("13085", "2009-12-01 07:45:00", "489434", "85048", "12", "6.95", "United Kingdom", first, 1, 0),
        ("", "2010-12-01 09:41:00", "C536379", "D", "-1", "27.5", "United Kingdom", first, 2, 1),
        ("", "2010-12-01 09:41:00", "C536379", "D", "-1", "27.5", "United Kingdom", second, 1, 2),
        ("12680", "2011-12-09 12:50:00", "581587", "22138", "3", "4.95", "France", second, 2, 3),
    ]
    assert [(read.file, read.rows) for read in staged.reads] == [(first, 2), (second, 2)]


def test_blank_rows_are_no_rows_but_count_as_lines(folder):
    write_workbook(folder / "raw" / "online_retail_II.xlsx", {"a": [HEADER, FIRST, [], LAST]})
    staged = stage(load_config(folder), folder, "order_lines", folder / "out.parquet")
    assert pq.read_table(staged.path, columns=["_line"])["_line"].to_pylist() == [1, 3]


def test_only_the_named_sheets_are_read(folder):
    write_workbook(folder / "raw" / "online_retail_II.xlsx", {"Year 1": [HEADER, FIRST], "Notes": [["x"]], "Year 2": [HEADER, LAST]})
    toml = (
        (folder / "ledger.toml").read_text(encoding="utf-8").replace("[tables.order_lines]\n", '[tables.order_lines]\nsheets = "Year *"\n')
    )
    (folder / "ledger.toml").write_text(toml, encoding="utf-8")
    staged = stage(load_config(folder), folder, "order_lines", folder / "out.parquet")
    assert [read.file.partition("#")[2] for read in staged.reads] == ["Year 1", "Year 2"]


def test_a_sheet_that_is_not_there_is_named(folder):
    write_workbook(folder / "raw" / "online_retail_II.xlsx", {"Data": [HEADER, FIRST]})
    toml = (
        (folder / "ledger.toml").read_text(encoding="utf-8").replace("[tables.order_lines]\n", '[tables.order_lines]\nsheets = "Year *"\n')
    )
    (folder / "ledger.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(LedgerError, match=r"raw/online_retail_II.xlsx: no sheet Year \*; sheets: Data"):
        stage(load_config(folder), folder, "order_lines", folder / "out.parquet")


def test_a_file_that_is_no_workbook_is_refused_in_one_line(folder):
    (folder / "raw" / "online_retail_II.xlsx").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(LedgerError, match=r"raw/online_retail_II.xlsx: is no readable workbook") as caught:
        stage(load_config(folder), folder, "order_lines", folder / "out.parquet")
    assert "\n" not in str(caught.value)


def test_an_empty_workbook_is_refused(folder):
    write_workbook(folder / "raw" / "online_retail_II.xlsx", {"Data": []})
    with pytest.raises(LedgerError, match=r"raw/online_retail_II.xlsx: is empty"):
        stage(load_config(folder), folder, "order_lines", folder / "out.parquet")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (17850.0, "17850"),
        (40128000000.0, "40128000000"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (7, "7"),
        ("007", "007"),
        (" x ", " x "),
        (True, "true"),
        (None, ""),
        ("", ""),
        (datetime(2010, 1, 2, 3, 4, 5), "2010-01-02 03:04:05"),
        (datetime(2010, 1, 2, 3, 4, 4, 999600), "2010-01-02 03:04:05"),
        (datetime(2010, 1, 2, 3, 4, 5, 250000), "2010-01-02 03:04:05.250000"),
        (date(2010, 1, 2), "2010-01-02"),
        (time(3, 4), "03:04:00"),
    ],
)
def test_a_cell_is_written_as_a_csv_would_hold_it(value, text):
    assert cell_text(value) == text
