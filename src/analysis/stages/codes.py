"""Codes in words: the codebook, and the queue of entered codes that wait for review."""

from __future__ import annotations

import pandas as pd

from analysis.codes.book import RARELY
from analysis.codes.entered import COLUMNS, count_review
from analysis.contracts import Missing
from analysis.month import Month
from analysis.month.codes import review_codes
from analysis.report.words.catalogue import label_level


def outline_codes(month: Month) -> pd.DataFrame:
    """The source's codebook, one row a part: `codes.Codebook.outline` with `meanings`, every symbol of the part in words."""
    symbols = month.codebook.tabulate(shared=False)
    words = symbols["symbol"] + " " + symbols["label"].map(lambda label: label_level("code_label", label))
    return month.codebook.outline().assign(meanings=lambda t: t["part"].map(words.groupby(symbols["part"]).agg("; ".join)))


def list_reviews(month: Month) -> pd.DataFrame:
    """The review queue as people work with it; reasons and parts in words, empty where the source has no codes."""
    queue = month.code_queue
    if isinstance(queue, Missing):
        return pd.DataFrame(columns=list(COLUMNS))
    reasons, parts = (queue[name].map(lambda key, of=name: label_level(f"code_{of}", key)) for name in ("reason", "part"))
    return queue.assign(reason=reasons, part=parts)


def count_code_review(month: Month) -> pd.DataFrame | Missing:
    """The review queue by reason, beside last month's, see `codes.entered.count_review`.

    Where codes say only what rarely changes, last month's are held against this month's classes: those of last month would have to
    be made for it.
    """
    is_steady = all(part.changes == RARELY for part in month.entered_book.parts)
    before = review_codes(month.previous, month.read("classes") if is_steady else None)
    return count_review(month.code_queue, None if isinstance(before, Missing) else before, month.entered_book)
