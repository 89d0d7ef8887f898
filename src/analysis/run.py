"""The report's table of contents: its notebooks, what each waits for and writes, in the order in which they are shown.

Files are those of ``data/<source>/derived/<period>/``. What a notebook reads, it waits for. The tables that these
notebooks share need no waiting: each is a pure function of the ledger, and `Month.read` makes it once, for whoever asks
first.
"""

from analysis.driver.graph import Contents, Notebook

CONTENTS = Contents(
    (
        Notebook("01_ledger"),
        Notebook("02_customers", writes=("customers.parquet",), effort=3),
        Notebook("03_classes", writes=("classes.parquet",), effort=3),
        Notebook("03_segments", writes=("segments.parquet",), effort=2),
        Notebook("03_clusters", effort=3),
        Notebook(
            "03_movement",
            writes=("lists/borderline.csv", "lists/borderline.xlsx"),
            from_orders=("lists/borderline.csv", "lists/borderline.xlsx"),
            effort=3,
        ),
        Notebook(
            "03_portraits",
            writes=("profiles.parquet", "lists/portrait_uses.csv", "lists/portrait_uses.xlsx"),
            from_orders=("lists/portrait_uses.csv", "lists/portrait_uses.xlsx"),
            effort=2,
        ),
        Notebook("04_churn", writes=("scores.parquet", "churn.parquet", "lists/"), from_orders=("scores.parquet",), effort=6),
        Notebook("05_value", writes=("value.parquet",), reads_issued=True, effort=6),
        Notebook("06_forecasts", writes=("totals.json",), reads_issued=True, effort=12, parts_ahead=4),
        Notebook(
            "07_codes",
            writes=("codes.parquet", *(f"lists/{name}.{kind}" for name in ("code_review", "high_need") for kind in ("csv", "xlsx"))),
            effort=2,
        ),
        Notebook("summary", writes=("metrics.json",), effort=3),
    )
)
