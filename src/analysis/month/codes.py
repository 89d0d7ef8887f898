"""Codes of a month's customers: ours, and those that people entered and that wait for review."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis import codes
from analysis.codes import Codebook, build_codes, gather_labels, read_codebook, validate
from analysis.codes.entered import read_earlier, read_entered, review
from analysis.codes.needs import rank_urgency
from analysis.contracts import Missing
from analysis.ledger.config import CONFIG

if TYPE_CHECKING:
    from analysis.month.month import Month


def make_codes(month: Month) -> pd.DataFrame:
    """The table ``codes``, see `codes.build_codes`."""
    return build_codes(month.code_labels, month.codebook)


def find_codebook(month: Month) -> Codebook:
    """How this source's customers are coded: its own codebook, else the project's."""
    given = month.config.codebook
    return read_codebook(given, f"{month.source}/{CONFIG}: codebook") if given else codes.codebook()


def find_entered_book(month: Month) -> Codebook:
    """How the codes are made that people entered; as `codebook`, where the source does not say."""
    given = month.config.entered_code
    return read_codebook(given, f"{month.source}/{CONFIG}: entered_code") if given else month.codebook


def find_labels(month: Month) -> pd.DataFrame:
    """What codes are made from, one row a customer, see `codes.labels.gather_labels`."""
    churn, ledger, params = month.read("churn"), month.ledger, month.params.codes
    if ledger.is_contractual:
        stays = churn[["customer_id", "is_lapsed"]].assign(p_stay=1 - churn["p_end"])
    else:
        p_order = month.read("scores").set_index("customer_id")["p_order"]
        stays = churn[["customer_id", "is_lapsed"]].assign(p_stay=churn["customer_id"].map(p_order))
    urgency = None if month.needs is None else rank_urgency(month.needs, params)
    classes, customers, segments = (month.read(name) for name in ("classes", "customers", "segments"))
    answers, orders = ledger.has("surveys", "score"), not ledger.is_contractual
    return gather_labels(classes, customers, segments, stays, urgency, params, has_answers=answers, has_orders=orders)


def find_entered(month: Month) -> pd.DataFrame | None:
    """Master data with the codes that people entered, see `codes.entered.read_entered`; None where there are none."""
    return read_entered(month.ledger, month.as_of)


def tell_scheme(month: Month) -> str:
    """How entered codes are read: as ``stated``, by the ``own`` codebook, ``unstated`` (no code fits it), or ``none`` are there."""
    if month.entered is None:
        return "none"
    if month.config.entered_code:
        return "stated"
    written = month.entered["entered_code"].dropna().drop_duplicates()
    return "own" if (validate(written, month.codebook) != "malformed").any() else "unstated"


def review_codes(month: Month, known: pd.DataFrame | None = None) -> pd.DataFrame | Missing:
    """Codes that people entered and that wait for review, see `codes.entered.review`; in `month.entered_book`'s scheme.

    `known` are labels of customers that stand in for the month's own.
    """
    if month.entered is None or tell_scheme(month) == "unstated":
        return Missing("customers", ("entered_code",), ("E18", "E19", "E20", "X12"))
    if known is None:
        classes = month.read("classes")
        is_plain = {part.column for part in month.entered_book.parts} <= {*month.entered.columns, *classes.columns}
        known = classes if is_plain else month.code_labels
    return review(month.entered, known, month.entered_book, read_earlier(month.ledger, month.as_of))
