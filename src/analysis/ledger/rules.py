"""Every rule of cleaning, named once, in the order in which the first one that holds rejects a row.

A rule looks at its own row, or backward: at rows that stand earlier in the file or happened earlier, or at another
table. Nothing looks at what comes later, so that rows added to the raw data change no verdict on the rows before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["reject", "repair", "flag"]
Sees = Literal["row", "earlier rows", "another table"]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    name : str
        As in the records of cleaning.
    scope : str
        Which tables and columns it judges.
    action : str
        ``reject``: a bad value in a required column costs the row; in an optional one the cell is emptied and flagged.
        ``repair``: the text has one certain reading, which replaces it. ``flag``: kept under doubt.
    words : str
        What it finds.
    sees : str
        What it looks at.
    """

    name: str
    scope: str
    action: Action
    words: str
    sees: Sees = "row"


RULES: tuple[Rule, ...] = (
    # rows
    Rule("malformed_row", "every table", "reject", "the line cannot be split into the header's columns"),
    Rule("exact_duplicate", "every table", "reject", "every mapped column repeats an earlier row", "earlier rows"),
    Rule("test_order", "order_lines.order_id, customers.name", "reject", "the order id or the customer's name says that it is a test"),
    # cells that have no reading
    Rule(
        "missing_required", "required columns", "reject", "a required column is empty (an order line without customer is an anonymous sale)"
    ),
    Rule("unreadable_id", "ids", "reject", "the id was turned into a rounded number (4.0128e+10)"),
    Rule("unparseable_number", "money, numbers", "reject", "no number can be read"),
    Rule("unparseable_date", "dates, times", "reject", "there is no such day, or no date can be read"),
    Rule("ambiguous_date", "dates, times", "reject", "not in the column's format, and day and month could be either way round"),
    Rule("unparseable_bool", "yes or no", "reject", "neither yes nor no can be read"),
    Rule("unknown_level", "levels of a closed list", "reject", "the level is not on the list"),
    # readings that cannot be true
    Rule("impossible_price", "order_lines.unit_price", "reject", "a price below zero, or zero where the source sells nothing for free"),
    Rule("zero_quantity", "order_lines.quantity", "reject", "nothing was sold"),
    Rule("zero_amount", "order_lines.amount", "reject", "an amount of zero where the source sells nothing for free"),
    Rule("out_of_range", "columns with limits", "reject", "beyond the limits that the contract states"),
    Rule("score_out_of_range", "surveys.score", "reject", "beyond the scale of its question"),
    Rule("future_date", "required dates, but planned actions and contracts", "reject", "after the last day that the data cover"),
    Rule("before_company", "required dates, but planned actions", "reject", "before the company was founded"),
    Rule("end_before_start", "ends beside starts", "reject", "an end before its start; kept and flagged where the end is required"),
    Rule("impossible_age", "customers.birth_date", "reject", "older than 110 years, or born after the last day that the data cover"),
    Rule("self_referral", "referrals.referred_id", "reject", "customers do not invite themselves"),
    Rule("orphan_customer", "customer_id, referrer_id", "reject", "the id is not in the source's own table of customers", "another table"),
    Rule("duplicate_key", "tables with a key", "reject", "an earlier row has the same key and other content", "earlier rows"),
    # one certain reading
    Rule("fullwidth_digits", "money, numbers", "repair", "digits of full width"),
    Rule("currency_symbol", "money, numbers", "repair", "the source's own currency sign or code beside the number"),
    Rule("thousands_separator", "money, numbers", "repair", "groups of three digits"),
    Rule("other_date_format", "dates, times", "repair", "another format than the column's, with one possible reading"),
    Rule("padded_id", "ids", "repair", "white space around an id"),
    Rule("float_id", "ids", "repair", "a whole number that passed through a decimal column (17850.0)"),
    Rule("casing", "levels", "repair", "another case, or white space around it"),
    Rule("phone_format", "phones", "repair", "separators, or 00 for +"),
    Rule("mojibake", "texts", "repair", "UTF-8 that was read as Latin-1 or Windows-1252"),
    Rule("filled_country", "order_lines.country", "repair", "empty, filled from the table of customers", "another table"),
    # doubt
    Rule("outlier_quantity", "order_lines.quantity", "flag", "far above the quantities of all earlier months", "earlier rows"),
    Rule("no_full_month", "contracts.tenure_months", "flag", "a contract that has not lasted a month yet: nothing was billed for it"),
    Rule("near_duplicate", "customers", "flag", "an earlier customer has the same name and the same phone or e-mail", "earlier rows"),
)

BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}

REPAIRS: tuple[str, ...] = tuple(rule.name for rule in RULES if rule.action == "repair")
"""Names of the rules whose cells are replaced by their one reading."""
