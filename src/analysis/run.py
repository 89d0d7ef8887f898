"""The report's table of contents: its notebooks, what each waits for and writes, in the order in which they are shown.

Files are those of ``data/<source>/derived/<period>/``. What a notebook reads, it waits for. The tables that these
notebooks share need no waiting: each is a pure function of the ledger, and `Month.read` makes it once, for whoever asks
first. What many of them need, or one of them in parts, is a share (`analysis.shares`), made before those that wait for it.
"""

from analysis.driver.graph import Contents, Notebook, Share

DATES = 4
"""Dates of a back-test that are graded side by side; with more, the chapter grades the rest itself."""

GRADED = tuple(f"back-test {back}" for back in range(1, DATES + 1))
CLASSES = ("tables", "base month")
MODELS = (*CLASSES, "champion", "last champion")
SHARES = (
    Share("tables", effort=20),
    Share(GRADED[0], effort=19),  # the newest date has the most models
    Share("champion", effort=18),
    Share("base month", effort=17),
    Share("last champion", effort=16),
    *(Share(name, effort=12) for name in GRADED[1:]),
    Share("watch lists", effort=15),
)

GROUPS, OFFERS = (tuple(f"lists/{name}.{kind}" for kind in ("csv", "xlsx")) for name in ("customer_groups", "cross_sell"))

CONTENTS = Contents(
    (
        Notebook("01_ledger", effort=2),
        Notebook("02_customers", writes=("customers.parquet",), effort=4, after=("tables",)),
        Notebook("03_classes", writes=("classes.parquet", *GROUPS, *OFFERS), from_orders=OFFERS, effort=5, after=CLASSES),
        Notebook("03_segments", writes=("segments.parquet",), effort=1, after=CLASSES),
        Notebook("03_clusters", effort=3, after=CLASSES),
        Notebook(
            "03_movement",
            writes=("lists/borderline.csv", "lists/borderline.xlsx"),
            from_orders=("lists/borderline.csv", "lists/borderline.xlsx"),
            effort=4,
            after=CLASSES,
        ),
        Notebook(
            "03_portraits",
            writes=("profiles.parquet", "lists/portrait_uses.csv", "lists/portrait_uses.xlsx"),
            from_orders=("lists/portrait_uses.csv", "lists/portrait_uses.xlsx"),
            effort=2,
            after=MODELS,
        ),
        Notebook(
            "04_churn",
            writes=("scores.parquet", "churn.parquet", "lists/"),
            from_orders=("scores.parquet",),
            reads_issued=True,
            effort=14,
            after=(*MODELS, "watch lists"),
        ),
        Notebook("05_value", writes=("value.parquet",), reads_issued=True, effort=13, after=MODELS),
        Notebook("06_forecasts", writes=("totals.json",), reads_issued=True, effort=3, after=(*MODELS, *GRADED)),
        Notebook(
            "07_codes",
            writes=(
                "codes.parquet",
                *(f"lists/{name}.{kind}" for name in ("code_review", "high_need", "open_needs") for kind in ("csv", "xlsx")),
            ),
            effort=3,
            after=(*MODELS, "watch lists"),
        ),
        Notebook("summary", writes=("metrics.json",), effort=2, after=(*MODELS, "watch lists")),
    ),
    SHARES,
)
