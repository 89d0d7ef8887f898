import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.ledger.config import load_config
from analysis.ledger.readers import delimited, encodings, stage

TOML = """
title = "Shop"
currency = "GBP"
zone = "Europe/London"
home_country = "United Kingdom"
[tables.order_lines]
file = "raw/lines.csv"
encoding = "utf-8"
delimiter = ","
"""
CELL = st.text(alphabet='a1 ,"\n\té文', max_size=6)
# three cells make a row, none a blank line, another number a malformed row
RECORDS = st.lists(
    st.one_of(st.tuples(CELL, CELL, CELL), st.tuples(CELL, CELL), st.tuples(CELL, CELL, CELL, CELL), st.just(())), max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS)
def test_cells_and_lines_agree_with_a_plain_reading(tmp_path_factory, records):
    folder: Path = tmp_path_factory.mktemp("shop")
    (folder / "raw").mkdir()
    (folder / "ledger.toml").write_text(TOML)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    rows, broken, line = [], [], 1
    for record in records:
        if record:
            writer.writerow(record)
        else:
            text.write("\n")
        height = 1 + "".join(record).count("\n")
        if len(record) == 3 and any(record):
            rows.append((*record, line))
        elif record and len(record) != 3:
            broken += range(line, line + height)
        line += height
    (folder / "raw" / "lines.csv").write_bytes(b"customer_id,ordered_at,amount\n" + text.getvalue().encode())
    sizes = delimited.SAMPLE, encodings.SAMPLE
    try:
        delimited.SAMPLE = encodings.SAMPLE = 200  # many small pieces
        staged = stage(load_config(folder), folder, "order_lines", folder / "out.parquet")
    finally:
        delimited.SAMPLE, encodings.SAMPLE = sizes
    found = pq.read_table(staged.path, columns=["customer_id", "ordered_at", "amount", "_line"]).to_pylist()
    assert [tuple(row.values()) for row in found] == rows
    assert [place.line for place in staged.malformed] == broken
    assert staged.rows_read == len(rows) + len(broken)
