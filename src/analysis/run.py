"""The report's table of contents: its notebooks, what each waits for and writes, in the order in which they are shown.

Files are those of ``data/<source>/derived/<period>/``. What a notebook reads, it waits for. Tables that notebooks share
beyond that need no waiting: `Month.read` makes each once, for whoever asks first.
"""

from analysis.driver.graph import Contents, Notebook

CONTENTS = Contents(
    (
        Notebook("01_ledger"),
        Notebook("02_customers", writes=("customers.parquet",)),
        Notebook("03_segments", reads=("customers.parquet",), writes=("segments.parquet",)),
        Notebook("04_churn", reads=("customers.parquet",), writes=("scores.parquet", "churn.parquet", "lists/")),
        Notebook("05_value", reads=("customers.parquet",), writes=("value.parquet",)),
        Notebook("summary", writes=("metrics.json",)),
    )
)
