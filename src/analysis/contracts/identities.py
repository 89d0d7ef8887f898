"""What must hold in every row of a table, beside the limits of single columns.

A sentence of `Table.identities` stands here with the expression that tells whether it holds; the same expression works
on a pandas frame and on an Ibis table. Sentences that compare tables, or need a parameter, are held where both are at
hand, and named in `ELSEWHERE`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analysis.contracts.ledger import SCALES

_CLOSE = 1e-9
"""Rounding of floats."""


def _in_scale(rows: Any) -> Any:
    holds = rows["question"].isnull()
    for question, (low, high) in SCALES.items():
        holds = holds | ((rows["question"] == question) & (rows["score"] >= low) & (rows["score"] <= high))
    return holds


IDENTITIES: dict[str, Callable[[Any], Any]] = {
    "score within its question's scale": _in_scale,
    "known_on >= ordered_on": lambda rows: rows["known_on"] >= rows["ordered_on"],
    "count_order_days = 0 exactly where first_order_on is missing": lambda rows: (
        (rows["count_order_days"] == 0) == rows["first_order_on"].isnull()
    ),
    "ended_on is filled exactly where is_closed": lambda rows: rows["ended_on"].notnull() == rows["is_closed"],
    "spend_low <= spend_high": lambda rows: rows["spend_low"] <= rows["spend_high"] + _CLOSE,
    "p_active_low <= p_active <= p_active_high": lambda rows: (
        (rows["p_active_low"] <= rows["p_active"] + _CLOSE) & (rows["p_active"] <= rows["p_active_high"] + _CLOSE)
    ),
    "lapsed_on is filled exactly where is_lapsed, an undated end of contracts apart": lambda rows: (
        (rows["lapsed_on"].notnull() == rows["is_lapsed"]) | ("p_end" in rows.columns and rows["is_lapsed"])
    ),
    "count_filled <= count_fields": lambda rows: rows["count_filled"] <= rows["count_fields"],
    "clv_low <= clv <= clv_high": lambda rows: (rows["clv_low"] <= rows["clv"] + _CLOSE) & (rows["clv"] <= rows["clv_high"] + _CLOSE),
}
"""Sentence -> whether each row keeps it; a row with a missing value keeps it."""

ELSEWHERE: dict[str, str] = {
    "amount = quantity x unit_price x (1 - discount) where the source gives no amount": "analysis.ledger.sales",
    "amount >= 0 for a sale, < 0 for a cancellation": "analysis.ledger.cancellations",
    "the sum of spend_total is the net revenue of known customers": "analysis.month.tables",
    "every customer of the customers table exactly once": "analysis.month.tables",
    "every customer with an order exactly once": "analysis.month.tables",
    "code decodes by the source's codebook": "analysis.codes",
    "p_order_month <= p_order when the next month is shorter than the horizon": "analysis.forecast",
}
"""Sentence -> where it is held."""
