"""The report's table of contents: its notebooks, what each reads and writes, in the order in which they are shown.

Files are those of ``data/<source>/derived/<period>/``; what a notebook reads decides what it waits for.
"""

from analysis.driver.graph import Contents, Notebook

CONTENTS = Contents(
    (
        Notebook("01_ledger"),
        Notebook("02_customers", writes=("customers.parquet",)),
        Notebook("03_segments", reads=("customers.parquet",), writes=("segments.parquet",)),
        Notebook(
            "04_churn",
            reads=("customers.parquet", "segments.parquet"),
            writes=("scores.parquet", "churn.parquet", "lists/"),
        ),
        Notebook("05_value", reads=("customers.parquet", "scores.parquet"), writes=("value.parquet",)),
        Notebook(
            "summary",
            reads=("customers.parquet", "segments.parquet", "scores.parquet", "churn.parquet", "value.parquet"),
            writes=("metrics.json",),
        ),
    )
)
