import pytest

from analysis.ledger.config import load_config
from analysis.ledger.readers import encodings, stage
from analysis.ledger.readers.encodings import detect_encoding
from analysis.ledger.store import LedgerError

HEAD = 'title = "Shop"\ncurrency = "CNY"\nzone = "Asia/Shanghai"\nhome_country = "China"\n[tables.customers]\nfile = "raw/c.csv"\n'
CHINESE = "customer_id,name,city\n1,王小明,北京市\n2,李雷,上海市浦东新区\n3,韩梅梅,广州市天河区\n4,张伟,成都市\n"
WESTERN = "customer_id,name,city\n1,José Muñoz,São Paulo\n2,Zoë O’Neil,Genève\n3,Jürgen Größe,Köln\n"


@pytest.fixture
def read(tmp_path):
    def read(data: bytes, toml: str = ""):
        (tmp_path / "shop" / "raw").mkdir(parents=True)
        (tmp_path / "shop" / "raw" / "c.csv").write_bytes(data)
        (tmp_path / "shop" / "ledger.toml").write_text(HEAD + toml, encoding="utf-8")
        staged = stage(load_config(tmp_path / "shop"), tmp_path / "shop", "customers", tmp_path / "out.parquet")
        import pyarrow.parquet as pq

        rows = pq.read_table(staged.path, columns=["customer_id", "name", "city"]).to_pylist()
        text = "\n".join([",".join(["customer_id", "name", "city"]), *(",".join(row.values()) for row in rows)]) + "\n"
        return text, staged.reads[0]

    return read


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "gb18030"),
        (WESTERN, "utf-8"),
        (WESTERN, "cp1252"),
    ],
)
def test_an_evident_encoding_is_detected_and_reported(read, text, encoding):
    found, report = read(text.encode(encoding))
    assert (found, report.encoding, report.is_detected) == (text, encoding, True)


def test_a_stated_encoding_is_taken(read):
    found, report = read(CHINESE.encode("gb18030"), 'encoding = "gb18030"')
    assert (found, report.encoding, report.is_detected) == (CHINESE, "gb18030", False)


def test_a_byte_order_mark_is_no_part_of_a_stated_utf_8_header(read):
    assert read(CHINESE.encode("utf-8-sig"), 'encoding = "utf-8"')[0] == CHINESE


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,name\n1,Иванов Пётр\n2,Сидорова Анна\n", "cp1251"),
        ("id,name\n1,김철수 서울\n2,이영희 부산 광역시\n3,박지성 대구\n", "euc_kr"),
        ("id,name\n1,すずき ひろし\n2,たなか さくら\n", "euc_jp"),
        ("id,name\n1,王小明北京市朝陽區\n2,李雷上海市浦東新區\n", "big5"),
        ("id,name\n1,Łukasz Wałęsa\n2,Żaneta Dąb\n", "cp1250"),
        ("id,name\n1,王\n", "gb18030"),
    ],
)
def test_an_encoding_that_is_not_evident_is_asked_for(text, encoding):
    with pytest.raises(LedgerError, match=r"raw/c.csv: the encoding is not evident .*state encoding"):
        detect_encoding(text.encode(encoding), "raw/c.csv")


def test_one_bad_byte_in_utf_8_is_named_by_its_line():
    data = (CHINESE * 10).encode() + b"5,\xe5\xff,x\n"
    with pytest.raises(LedgerError, match=r"mostly UTF-8, but physical line 51 has a byte that is not"):
        detect_encoding(data, "raw/c.csv")


def test_a_byte_that_the_stated_encoding_lacks_is_named_by_its_data_line(read):
    with pytest.raises(LedgerError, match=r"raw/c.csv data line 2: a byte that is not utf-8; correct it, or state encoding"):
        read(b"customer_id,name,city\n1,a,b\n2,\xff,b\n", 'encoding = "utf-8"')


def test_zero_bytes_are_no_text():
    with pytest.raises(LedgerError, match=r"is no text"):
        detect_encoding(b"PK\x03\x04\x00\x00\x00", "raw/c.csv")


def test_an_encoding_that_shows_only_further_down_is_detected_again(read, monkeypatch):
    monkeypatch.setattr(encodings, "SAMPLE", 64)
    monkeypatch.setattr("analysis.ledger.readers.delimited.SAMPLE", 64)
    text = "customer_id,name,city\n" + "0,plain,plain\n" * 20 + CHINESE.partition("\n")[2]
    found, report = read(text.encode("gb18030"))
    assert (found, report.encoding, report.is_detected) == (text, "gb18030", True)


def test_a_character_across_two_pieces_is_read_whole(read, monkeypatch):
    for size in (61, 62, 63):
        monkeypatch.setattr(encodings, "SAMPLE", size)
        stream = encodings.Utf8Stream(__import__("io").BytesIO(CHINESE.encode("gb18030")), "c", "gb18030")
        assert stream.read().decode() == CHINESE
