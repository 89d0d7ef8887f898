import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analysis.ledger.config import load_config
from analysis.ledger.readers import Malformed, stage
from analysis.ledger.store import LedgerError

HEAD = 'title = "Shop"\ncurrency = "GBP"\nzone = "Europe/London"\nhome_country = "United Kingdom"\n'
CSV = "customer_id,ordered_at,amount\n"


class Shop:
    """A source in a temporary folder."""

    def __init__(self, folder: Path):
        self.folder, self.out = folder, folder / "clean" / "staged.parquet"
        (folder / "raw").mkdir(parents=True)

    def put(self, name: str, content: str | bytes) -> None:
        (self.folder / "raw" / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def stage(self, toml: str = "", table: str = "order_lines", file: str = 'file = "raw/lines.csv"'):
        (self.folder / "ledger.toml").write_text(f"{HEAD}[tables.{table}]\n{file}\n{toml}", encoding="utf-8")
        return stage(load_config(self.folder), self.folder, table, self.out)

    def rows(self, *args, **kwargs) -> list[tuple]:
        staged = self.stage(*args, **kwargs)
        names = [name for name in pq.read_schema(staged.path).names if name not in ("_file", "_row")]
        return list(zip(*(column.to_pylist() for column in pq.read_table(staged.path, columns=names).columns), strict=True))

    def refusal(self, *args, **kwargs) -> str:
        with pytest.raises(LedgerError) as caught:
            self.stage(*args, **kwargs)
        message = str(caught.value)
        assert "\n" not in message
        assert not self.out.exists()
        return message


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def test_cells_are_staged_exactly_as_they_stand(shop):
    shop.put("lines.csv", CSV + ' 007 ,2020-01-01,"1,5"\n,NA,\n"say ""hi""",null,-\n')
    assert shop.rows() == [(" 007 ", "2020-01-01", "1,5", 1), ("", "NA", "", 2), ('say "hi"', "null", "-", 3)]


def test_columns_are_canonical_in_order_with_place_and_constants(shop):
    shop.put("lines.csv", "When,Sum,Who,More\n2020-01-01,5,7,x\n")
    toml = 'columns = { ordered_at = "When", amount = "Sum", customer_id = "Who" }\nconstants = { country = "UK" }'
    staged = shop.stage(toml)
    assert pq.read_table(staged.path).to_pylist() == [
        {"customer_id": "7", "ordered_at": "2020-01-01", "amount": "5", "country": "UK", "_file": "raw/lines.csv", "_line": 1, "_row": 0}
    ]
    assert (staged.columns, staged.rows_read) == (("customer_id", "ordered_at", "amount", "country"), 1)


def test_empty_mapping_leaves_a_column_out(shop):
    shop.put("lines.csv", "customer_id,ordered_at,amount,status\n1,2,3,x\n")
    assert shop.stage('columns = { status = "" }').columns == ("customer_id", "ordered_at", "amount")


def test_a_source_column_that_is_mapped_is_not_also_taken_by_its_name(shop):
    shop.put("lines.csv", "customer_id,ordered_at,amount,country\n1,2,3,x\n")
    assert shop.stage('columns = { channel = "country" }').columns == ("customer_id", "ordered_at", "amount", "channel")


def test_lines_are_physical_lines_after_the_header(shop):
    shop.put("lines.csv", CSV + '1,a,1\n\n"2\n2\n2",b,2\n3,c,3\n4,d\n5,e,5\n"6\n",f,6,7\n8,h,8\n')
    staged = shop.stage()
    assert pq.read_table(staged.path, columns=["_line"])["_line"].to_pylist() == [1, 3, 6, 8, 11]
    assert staged.malformed == tuple(Malformed("raw/lines.csv", line) for line in (7, 9, 10))
    assert staged.rows_read == 8


def test_rows_number_the_staged_rows_over_files_by_name(shop):
    shop.put("b.csv", CSV + "3,c,3\n")
    shop.put("a.csv", CSV + "1,a,1\n2,b,2\n")
    staged = shop.stage(file='file = "raw/*.csv"')
    rows = pq.read_table(staged.path, columns=["_file", "_line", "_row"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("raw/a.csv", 1, 0), ("raw/a.csv", 2, 1), ("raw/b.csv", 1, 2)]
    assert [(read.file, read.rows) for read in staged.reads] == [("raw/a.csv", 2), ("raw/b.csv", 1)]


def test_a_column_that_only_some_files_have_is_empty_in_the_others(shop):
    shop.put("a.csv", CSV + "1,a,1\n")
    shop.put("b.csv", "channel,amount,ordered_at,customer_id\nweb,2,b,2\n")
    assert shop.rows(file='file = "raw/*.csv"') == [("1", "a", "1", "", 1), ("2", "b", "2", "web", 1)]


def test_the_first_pattern_with_a_file_is_read(shop):
    shop.put("b.csv", CSV + "2,b,2\n")
    assert shop.rows(file='file = ["raw/a.csv", "raw/b.csv"]') == [("2", "b", "2", 1)]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(shop, ending):
    shop.put("lines.csv", (CSV + "1,a,1\n2,b,2\n").replace("\n", ending))
    assert shop.rows() == [("1", "a", "1", 1), ("2", "b", "2", 2)]


def test_a_last_line_needs_no_ending(shop):
    shop.put("lines.csv", CSV + "1,a,1")
    assert shop.rows() == [("1", "a", "1", 1)]


def test_a_header_alone_is_a_table_without_rows(shop):
    shop.put("lines.csv", CSV)
    staged = shop.stage()
    assert (staged.rows, staged.rows_read, staged.columns) == (0, 0, ("customer_id", "ordered_at", "amount"))
    assert pq.read_schema(staged.path).field("amount").type == "string"


def test_blank_rows_are_no_rows(shop):
    shop.put("lines.csv", CSV + "1,a,1\n,,\n   \n\n2,b,2\n")
    assert shop.rows() == [("1", "a", "1", 1), ("2", "b", "2", 5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_detected_by_the_names(shop, delimiter):
    shop.put("lines.csv", (CSV + "1,a,1\n").replace(",", delimiter))
    assert shop.stage().reads[0].delimiter == delimiter
    assert shop.rows() == [("1", "a", "1", 1)]


def test_the_header_may_stand_below_other_lines(shop):
    shop.put("lines.csv", "Export of March\n\n" + CSV + "1,a,1\n")
    assert shop.rows("header = 3") == [("1", "a", "1", 1)]


def test_without_header_columns_are_numbered(shop):
    shop.put("lines.csv", "a,1,5\nb,2,6\n")
    toml = 'header = false\ncolumns = { customer_id = "2", ordered_at = "1", amount = "3" }'
    assert shop.rows(toml) == [("1", "a", "5", 1), ("2", "b", "6", 2)]


def test_fixed_width_by_positions(shop):
    shop.put("lines.txt", " 007 2020010112.50\r\n 008 20200102\r\n\r\n 009 2020010314.50\r\n")
    toml = "header = false\npositions = { customer_id = [1, 5], ordered_at = [6, 13], amount = [14, 18] }"
    assert shop.rows(toml, file='file = "raw/lines.txt"') == [
        ("007", "20200101", "12.50", 1),
        ("008", "20200102", "", 2),
        ("009", "20200103", "14.50", 4),
    ]


def test_fixed_width_counts_characters_not_bytes(shop):
    shop.put("lines.txt", "北京x20200101 5\n")
    toml = "header = false\npositions = { customer_id = [1, 3], ordered_at = [4, 11], amount = [12, 14] }"
    assert shop.rows(toml, file='file = "raw/lines.txt"') == [("北京x", "20200101", "5", 1)]


def test_fixed_width_by_white_space(shop):
    shop.put("lines.txt", " customer_id  date amount\r\n 00001 19970101   11.77\r\n 00002 19970102\r\n\r\n 00003 19970103  0.00\r\n")
    staged = shop.stage('whitespace = "columns"\ncolumns = { ordered_at = "date" }', file='file = "raw/lines.txt"')
    assert pq.read_table(staged.path, columns=["customer_id", "_line"]).to_pylist() == [
        {"customer_id": "00001", "_line": 1},
        {"customer_id": "00003", "_line": 4},
    ]
    assert staged.malformed == (Malformed("raw/lines.txt", 2),)


def test_fixed_width_needs_to_know_its_columns(shop):
    shop.put("lines.txt", "1 2 3\n")
    assert 'needs either positions = {name = [first, last]} or whitespace = "columns"' in shop.refusal(file='file = "raw/lines.txt"')


def test_gz_is_unpacked(shop):
    shop.put("lines.csv.gz", gzip.compress((CSV + "1,a,1\n").encode()))
    assert shop.rows(file='file = "raw/lines.csv.gz"') == [("1", "a", "1", 1)]


def test_a_truncated_gz_is_refused(shop):
    whole = gzip.compress((CSV + "".join(f"{n},{n * 7919 % 9973},{n}\n" for n in range(5000))).encode())
    shop.put("lines.csv.gz", whole[: len(whole) // 2])
    assert "raw/lines.csv.gz: the gz file is truncated or damaged; bring it again" in shop.refusal(file='file = "raw/lines.csv.gz"')


def test_a_missing_file_says_how_to_get_it(shop):
    assert shop.refusal() == "tables.order_lines: no file raw/lines.csv in shop/; put it there, or: make data SOURCE=shop"


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(shop, content):
    shop.put("lines.csv", content)
    assert shop.refusal() == "raw/lines.csv: is empty"


def test_a_stated_column_that_is_missing_names_the_nearest_header(shop):
    shop.put("lines.csv", "Customer ID,ordered_at,amount\n1,a,1\n")
    message = shop.refusal('columns = { customer_id = "CustomerID" }')
    assert message == "tables.order_lines.columns.customer_id: raw/lines.csv has no column CustomerID; did you mean Customer ID?"


def test_a_required_column_that_nobody_stated_is_asked_for(shop):
    shop.put("lines.csv", "customer_id,ordered,amount\n1,a,1\n")
    message = shop.refusal()
    assert 'raw/lines.csv has no column ordered_at; state its name: columns = {ordered_at = "..."}; did you mean ordered?' in message


def test_order_lines_need_an_amount_or_its_factors(shop):
    shop.put("lines.csv", "customer_id,ordered_at,quantity\n1,a,1\n")
    assert "raw/lines.csv lacks quantity and unit_price, or amount; state one of them in columns" in shop.refusal()


def test_a_header_that_names_a_taken_column_twice_is_refused(shop):
    shop.put("lines.csv", "customer_id,ordered_at,amount,amount\n1,a,1,2\n")
    assert "the header of raw/lines.csv has amount 2 times; rename all but one" in shop.refusal()


def test_other_columns_may_share_a_name(shop):
    shop.put("lines.csv", "customer_id,ordered_at,amount,,\n1,a,1,2,3\n")
    assert shop.rows() == [("1", "a", "1", 1)]


def test_a_file_without_permission_is_named(shop, monkeypatch):
    shop.put("lines.csv", CSV + "1,a,1\n")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("analysis.ledger.readers.delimited.open_bytes", refuse)
    assert shop.refusal() == "raw/lines.csv: no permission to read it"


def test_a_quotation_mark_that_is_never_closed_is_refused(shop):
    shop.put("lines.csv", CSV + '1,a,1\n2,b,"2\n3,c,3\n4,d,4\n')
    assert shop.refusal() == "raw/lines.csv data line 2: a quotation mark is opened there and never closed"


def test_a_record_that_does_not_end_is_refused(shop, monkeypatch):
    for module in ("delimited", "encodings"):
        monkeypatch.setattr(f"analysis.ledger.readers.{module}.SAMPLE", 200)
    shop.put("lines.csv", CSV + "1,a,1\n" * 100 + '2,b,"2\n' + "3,c,3\n" * 100)
    assert "has no end for" in shop.refusal()


def test_an_ending_that_names_no_format_is_asked_for(shop):
    shop.put("lines.dat", CSV)
    assert 'the ending of lines.dat names no format; state format = "csv"' in shop.refusal(file='file = "raw/lines.dat"')


def test_nothing_is_left_beside_the_staged_file(shop):
    shop.put("lines.csv", CSV + "1,a,1\n")
    shop.stage()
    assert [path.name for path in shop.out.parent.iterdir()] == ["staged.parquet"]


ORDERS = "order_id,customer_id,ordered_at\n10,A,2020-01-01\n11,B,2020-01-02\n"


def test_a_join_adds_columns_and_keeps_the_order_of_rows(shop):
    shop.put("orders.csv", ORDERS)
    shop.put("lines.csv", "order_id,amount\n11,1\n10,2\n99,3\n11,4\n")
    staged = shop.stage('[[tables.order_lines.joins]]\nfile = "raw/orders.csv"\non = "order_id"')
    assert pq.read_table(staged.path, columns=["customer_id", "order_id", "_line"]).to_pylist() == [
        {"customer_id": "B", "order_id": "11", "_line": 1},
        {"customer_id": "A", "order_id": "10", "_line": 2},
        {"customer_id": "", "order_id": "99", "_line": 3},
        {"customer_id": "B", "order_id": "11", "_line": 4},
    ]
    assert staged.join_rates == {"raw/orders.csv": (3, 4)}


def test_a_join_may_need_two_columns_and_rename(shop):
    shop.put("orders.csv", "shop,number,amount,who,at\nX,1,8,A,a\nY,1,9,B,b\n")
    shop.put("lines.csv", "shop,nr,amount\nY,1,1\n")
    join = '[[tables.order_lines.joins]]\nfile = "raw/orders.csv"\non = { shop = "shop", nr = "number" }\n'
    toml = join + 'columns = { customer_id = "who", ordered_at = "at", total = "amount" }'
    assert shop.rows(toml) == [("B", "b", "1", 1)]


def test_a_join_whose_key_repeats_is_refused(shop):
    shop.put("orders.csv", ORDERS + "10,C,2020-01-03\n")
    shop.put("lines.csv", "order_id,amount\n11,1\n")
    message = shop.refusal('[[tables.order_lines.joins]]\nfile = "raw/orders.csv"\non = "order_id"')
    assert "a join needs one row per key, but raw/orders.csv line 1 and raw/orders.csv line 3 have the same order_id" in message


def test_a_join_that_would_double_a_name_is_refused(shop):
    shop.put("orders.csv", ORDERS.replace("ordered_at", "amount"))
    shop.put("lines.csv", "order_id,amount,ordered_at\n11,1,a\n")
    assert "raw/lines.csv already has a column amount; rename it" in shop.refusal(
        '[[tables.order_lines.joins]]\nfile = "raw/orders.csv"\non = "order_id"'
    )


def test_a_join_on_an_unknown_column_names_the_nearest(shop):
    shop.put("orders.csv", ORDERS)
    shop.put("lines.csv", "order_nr,amount\n11,1\n")
    message = shop.refusal('[[tables.order_lines.joins]]\nfile = "raw/orders.csv"\non = "order_id"')
    assert message.endswith(".on: raw/lines.csv has no column order_id; did you mean order_nr?")


SQL = """
[files.lines]
file = "raw/lines.csv"
[files.orders]
file = "raw/orders.csv"
[tables.order_lines]
sql = '''{sql}'''
"""


def query(shop: Shop, sql: str) -> list[tuple]:
    (shop.folder / "ledger.toml").write_text(HEAD + SQL.format(sql=sql))
    shop.put("orders.csv", ORDERS)
    shop.put("lines.csv", "order_id,amount\n11,1\n\n10,2\n")
    staged = stage(load_config(shop.folder), shop.folder, "order_lines", shop.out)
    columns = ["customer_id", "amount", "_file", "_line", "_row"]
    return [tuple(row.values()) for row in pq.read_table(staged.path, columns=columns).to_pylist()]


def test_sql_that_keeps_file_and_line(shop):
    rows = query(shop, "select o.customer_id, o.ordered_at, l.* from lines l join orders o using (order_id) order by amount desc")
    assert rows == [("B", "1", "raw/lines.csv", 1, 0), ("A", "2", "raw/lines.csv", 3, 1)]


def test_sql_of_aggregates_numbers_its_rows(shop):
    rows = query(shop, "select 'X' as customer_id, null as ordered_at, sum(cast(amount as integer)) as amount from lines")
    assert rows == [("X", "3", "query", 1, 0)]


def test_sql_that_is_wrong_is_refused_in_one_line(shop):
    with pytest.raises(LedgerError, match=r"tables.order_lines.sql: Catalog Error: Table with name line does not exist") as caught:
        query(shop, "select * from line")
    assert "\n" not in str(caught.value)
