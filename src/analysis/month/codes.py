"""Codes of a month's customers: ours, and those that people entered and that wait for review."""

from __future__ import annotations

import pandas as pd

from analysis import codes
from analysis.codes import Codebook, build_codes, gather_labels, read_codebook, validate
from analysis.codes.entered import read_earlier, read_entered, review
from analysis.codes.needs import rank_urgency
from analysis.contracts import Missing
from analysis.ledger.config import CONFIG
from analysis.month.basis import Basis, kept
from analysis.month.customers import find_needs


def make_codes(month: Basis) -> pd.DataFrame:
    """The table ``codes``, see `codes.build_codes`."""
    return build_codes(find_labels(month), find_codebook(month))


@kept
def find_codebook(month: Basis) -> Codebook:
    """How this source's customers are coded: its own codebook, else the project's."""
    given = month.config.codebook
    return read_codebook(given, f"{month.source}/{CONFIG}: codebook") if given else codes.codebook()


@kept
def find_entered_book(month: Basis) -> Codebook:
    """How the codes are made that people entered; as `codebook`, where the source does not say."""
    given = month.config.entered_code
    return read_codebook(given, f"{month.source}/{CONFIG}: entered_code") if given else find_codebook(month)


@kept
def find_labels(month: Basis) -> pd.DataFrame:
    """What codes are made from, one row a customer, see `codes.labels.gather_labels`."""
    churn, ledger, params = month.read("churn"), month.ledger, month.params.codes
    if ledger.is_contractual:
        stays = churn[["customer_id", "is_lapsed"]].assign(p_stay=1 - churn["p_end"])
    else:
        p_order = month.read("scores").set_index("customer_id")["p_order"]
        stays = churn[["customer_id", "is_lapsed"]].assign(p_stay=churn["customer_id"].map(p_order))
    needs = find_needs(month)
    urgency = None if needs is None else rank_urgency(needs, params)
    classes, customers, segments = (month.read(name) for name in ("classes", "customers", "segments"))
    answers, orders = ledger.has("surveys", "score"), not ledger.is_contractual
    return gather_labels(classes, customers, segments, stays, urgency, params, has_answers=answers, has_orders=orders)


@kept
def find_entered(month: Basis) -> pd.DataFrame | None:
    """Master data with the codes that people entered, see `codes.entered.read_entered`; None where there are none."""
    return read_entered(month.ledger, month.as_of)


def tell_scheme(month: Basis) -> str:
    """How entered codes are read: as ``stated``, by the ``own`` codebook, ``unstated`` (no code fits it), or ``none`` are there."""
    entered = find_entered(month)
    if entered is None:
        return "none"
    if month.config.entered_code:
        return "stated"
    written = entered["entered_code"].dropna().drop_duplicates()
    return "own" if (validate(written, find_codebook(month)) != "malformed").any() else "unstated"


def review_codes(month: Basis, known: pd.DataFrame | None = None) -> pd.DataFrame | Missing:
    """Codes that people entered and that wait for review, see `codes.entered.review`; in the scheme of `find_entered_book`.

    `known` are labels of customers that stand in for the month's own.
    """
    entered, book = find_entered(month), find_entered_book(month)
    if entered is None or tell_scheme(month) == "unstated":
        return Missing("customers", ("entered_code",), ("E18", "E19", "E20", "X12"))
    if known is None:
        classes = month.read("classes")
        is_plain = {part.column for part in book.parts} <= {*entered.columns, *classes.columns}
        known = classes if is_plain else find_labels(month)
    return review(entered, known, book, read_earlier(month.ledger, month.as_of))


@kept
def queue_codes(month: Basis) -> pd.DataFrame | Missing:
    """Codes that people entered and that wait for review, as `review_codes` finds them."""
    return review_codes(month)
