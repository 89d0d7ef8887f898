from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.ledger.config import load_config
from analysis.ledger.readers import stage
from analysis.ledger.readers.columnar import column_text
from analysis.ledger.store import LedgerError

TOML = """
title = "Shop"
currency = "GBP"
zone = "Europe/London"
home_country = "United Kingdom"
[tables.order_lines]
file = "raw/lines.parquet"
"""


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [
        (
            [17850.0, 0.1, None, float("nan"), -3.0, 40128000000.0, 1e22],
            pa.float64(),
            ["17850.0", "0.1", "", "", "-3.0", "40128000000.0", "1e+22"],
        ),
        ([1.5, 2.0], pa.float32(), ["1.5", "2.0"]),
        ([7, None, -1], pa.int32(), ["7", "", "-1"]),
        (["007", None, " x"], pa.string(), ["007", "", " x"]),
        (["007", None], pa.large_string(), ["007", ""]),
        ([True, False, None], pa.bool_(), ["true", "false", ""]),
        ([Decimal("1.50"), None], pa.decimal128(10, 2), ["1.50", ""]),
        ([date(2020, 1, 2), None], pa.date32(), ["2020-01-02", ""]),
        ([datetime(2020, 1, 2, 3, 4, 5), None], pa.timestamp("s"), ["2020-01-02 03:04:05", ""]),
        ([datetime(2020, 1, 2, 3, 4, 5, 6)], pa.timestamp("us"), ["2020-01-02 03:04:05.000006"]),
        ([datetime(2020, 7, 2, 3, tzinfo=UTC)], pa.timestamp("s", "Europe/London"), ["2020-07-02 04:00:00+0100"]),
    ],
)
def test_a_typed_column_is_written_as_text(values, kind, text):
    assert column_text(pa.array(values, kind)).to_pylist() == text


def test_levels_are_written_as_text():
    assert column_text(pa.array(["a", None, "a"]).dictionary_encode()).to_pylist() == ["a", "", "a"]


def test_parquet_is_staged_with_row_numbers_as_lines(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "ledger.toml").write_text(TOML)
    pq.write_table(
        pa.table({"customer_id": [17850.0, None], "ordered_at": [date(2020, 1, 2)] * 2, "amount": [5, 6]}),
        tmp_path / "raw" / "lines.parquet",
    )
    staged = stage(load_config(tmp_path), tmp_path, "order_lines", tmp_path / "out.parquet")
    columns = ["customer_id", "ordered_at", "amount", "_line"]
    rows = [tuple(row.values()) for row in pq.read_table(staged.path, columns=columns).to_pylist()]
    assert rows == [("17850.0", "2020-01-02", "5", 1), ("", "2020-01-02", "6", 2)]


def test_a_nested_column_is_refused(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "ledger.toml").write_text(TOML)
    pq.write_table(pa.table({"customer_id": [1], "ordered_at": [1], "amount": [[5]]}), tmp_path / "raw" / "lines.parquet")
    with pytest.raises(LedgerError, match=r"raw/lines.parquet: column amount cannot be read as text \(list"):
        stage(load_config(tmp_path), tmp_path, "order_lines", tmp_path / "out.parquet")


def test_a_damaged_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "ledger.toml").write_text(TOML)
    (tmp_path / "raw" / "lines.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(LedgerError, match=r"raw/lines.parquet: is no readable Parquet file") as caught:
        stage(load_config(tmp_path), tmp_path, "order_lines", tmp_path / "out.parquet")
    assert "\n" not in str(caught.value)
