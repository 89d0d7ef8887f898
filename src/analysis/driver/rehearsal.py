"""What every notebook does for the first time, done once before any of them starts.

A library's first drawing, first compiled expression and first validation cost several times the later ones (fonts are
looked up, rules are built). The fork server does each once, on made-up rows, and its children inherit what that left in
memory. No connection is opened and no thread is started: neither would survive a fork.
"""

from __future__ import annotations


def rehearse() -> None:
    """Draw, compile and validate once; nothing is kept but what the libraries remember."""
    _draw()
    _compile()
    _validate()


def _draw() -> None:
    import pandas as pd

    from analysis.report.charts.bars import bar
    from analysis.report.charts.lines import line

    # texts of a real chart: words are read from the catalogue, and columns need labels
    frame = pd.DataFrame({"month": ["2000-01", "2000-02"], "revenue": [1.0, 2.0]})
    line(frame, "customers.months", x="month", y="revenue", unit="money")
    bar(frame, "customers.months", label="month", value="revenue")


def _compile() -> None:
    import ibis

    rows = ibis.table({"customer_id": "string", "ordered_on": "date", "amount": "decimal(18, 4)", "kind": "string"}, name="rehearsal")
    sales = rows.filter(rows.customer_id.notnull() & (rows.kind == "sale"))
    days = sales.group_by(["customer_id", "ordered_on"]).aggregate(amount=sales.amount.sum(), count=sales.count())
    days = days.filter(days.amount > 0)
    window = ibis.window(group_by=days.customer_id, order_by=days.ordered_on)
    spells = days.mutate(number=ibis.row_number().over(window), ended_on=days.ordered_on.lead().over(window))
    joined = spells.left_join(rows.select("customer_id", "kind").distinct(), "customer_id").drop("customer_id_right")
    ibis.to_sql(joined.mutate(month=joined.ordered_on.strftime("%Y-%m")).order_by("customer_id"), dialect="duckdb")


def _validate() -> None:
    import pandas as pd

    from analysis.contracts.check import check

    orders = {
        "customer_id": ["1"],
        "ordered_on": pd.to_datetime(["2000-01-01"]),
        "known_on": pd.to_datetime(["2000-01-01"]),
        "amount": [1.0],
    }
    check("orders", pd.DataFrame(orders))
