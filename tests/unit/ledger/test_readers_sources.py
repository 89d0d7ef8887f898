"""The public sources that are shipped, as their publishers' files stage."""

import os
import shutil
from pathlib import Path

import ibis
import pyarrow.parquet as pq
import pytest

from analysis.ledger.config import load_config
from analysis.ledger.fetch import fetch
from analysis.ledger.readers import detect_formats, stage

SHIPPED = Path(__file__).parents[3] / "data"
pytestmark = pytest.mark.skipif("DATA_MIRROR" not in os.environ, reason="DATA_MIRROR names no folder of public data sets")


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    done = {}

    def of(source: str, table: str):
        if (source, table) not in done:
            folder = tmp_path_factory.mktemp(source) / source
            folder.mkdir()
            shutil.copy(SHIPPED / source / "ledger.toml", folder / "ledger.toml")
            config = load_config(folder)
            fetch(config, folder, Path(os.environ["DATA_MIRROR"]))
            done[source, table] = config, stage(config, folder, table, folder / f"{table}.parquet")
        return done[source, table]

    return of


@pytest.mark.parametrize(
    ("source", "table", "rows"),
    [
        ("online_retail_ii", "order_lines", 1_067_370),
        ("cdnow", "order_lines", 69_659),
        ("northwind", "order_lines", 2_155),
        ("northwind", "customers", 91),
        ("northwind", "products", 77),
    ],
)
def test_every_row_is_staged(staged, source, table, rows):
    config, result = staged(source, table)
    assert (result.rows, result.malformed) == (rows, ())
    numbers = pq.read_table(result.path, columns=["_line", "_row"])
    assert numbers["_row"].to_pylist() == list(range(rows))
    assert detect_formats(config, table, result) == {}  # all is stated


def test_every_northwind_line_finds_its_order_product_and_category(staged):
    _, result = staged("northwind", "order_lines")
    assert result.join_rates == {f"raw/{name}.csv": (2155, 2155) for name in ("orders", "products", "categories")}


def test_cdnow_totals_agree_with_the_literature(staged):
    _, result = staged("cdnow", "order_lines")
    rows = ibis.duckdb.connect().read_parquet(str(result.path))
    totals = rows.aggregate(
        customers=rows.customer_id.nunique(),
        zero=(rows.amount.cast("float64") == 0).sum(),
        first=rows.ordered_at.min(),
        last=rows.ordered_at.max(),
    )
    assert totals.to_pyarrow().to_pylist() == [{"customers": 23570, "zero": 80, "first": "19970101", "last": "19980630"}]


@pytest.mark.parametrize(
    ("rule", "lines"), [("bad_debt", 6), ("test_order", 17), ("non_product_code", 5895), ("cancellation_invoice", 19494)]
)
def test_online_retail_rules_meet_the_lines_that_they_were_written_for(staged, rule, lines):
    config, result = staged("online_retail_ii", "order_lines")
    rows = ibis.duckdb.connect().read_parquet(str(result.path))
    (stated,) = [part for part in config.tables["order_lines"].rows if part.rule == rule]
    for column, pattern in stated.when.items():
        rows = rows.filter(rows[column].re_search(f"^(?:{pattern})$"))
    assert rows.count().to_pyarrow().as_py() == lines
