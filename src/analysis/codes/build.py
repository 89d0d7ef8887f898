"""The table `codes`: one code a customer."""

from __future__ import annotations

import pandas as pd

from analysis.codes.book import NO_ANSWER, NOT_ENOUGH, UNKNOWN, Codebook, plain
from analysis.codes.coding import count_parts, count_symbols, encode
from analysis.codes.labels import choose_parts


def build_codes(labels: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Code of every customer.

    Parameters
    ----------
    labels : DataFrame
        One row a customer, see `labels.gather_labels`.
    book : Codebook
        The source's.

    Returns
    -------
    DataFrame
        One row a customer, sorted by `customer_id` (contract `codes`): `customer_id`, the permanent number; `code`, which changes
        with what the customer is and does, and may be shared; `count_unknown`, parts that are unknown, have no
        answer or not enough data.
    """
    ordered = labels.sort_values("customer_id", kind="stable").reset_index(drop=True)
    code = encode(choose_parts(ordered, book), book)
    blank = count_parts(code, book, (UNKNOWN, NO_ANSWER, NOT_ENOUGH))
    return pd.DataFrame({"customer_id": ordered["customer_id"], "code": code, "count_unknown": blank})


def describe_parts(codes: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """How customers spread over each part.

    Parameters
    ----------
    codes : DataFrame
        The table `codes`.

    Returns
    -------
    DataFrame
        One row a part and symbol that occurs, in the codebook's order: `part`, `symbol`, `label`, `count_customers`,
        `share_customers`. Every part's counts add up to all customers.
    """
    table = book.tabulate()
    counts = count_symbols(codes["code"], book)
    found = [counts[part][label] for part, label in zip(table["part"], table["label"], strict=True)]
    table = table.assign(count_customers=found, share_customers=[count / max(len(codes), 1) for count in found])
    shown = table[table["count_customers"] > 0]
    return shown[["part", "symbol", "label", "count_customers", "share_customers"]].reset_index(drop=True)


def measure_coverage(codes: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """How much of each part is known (requirement E19).

    Returns
    -------
    DataFrame
        One row a part: `part`, `count_known`, `count_not_enough` (data too few for a class), `count_unknown` (those who gave no
        answer among them), which add up to all customers, and `share_known`.
    """
    rows = []
    for part, counts in count_symbols(codes["code"], book).items():
        unknown, few = counts.get(UNKNOWN, 0) + counts.get(NO_ANSWER, 0), counts.get(NOT_ENOUGH, 0)
        known = len(codes) - unknown - few
        rows.append((part, known, few, unknown, known / max(len(codes), 1)))
    return pd.DataFrame(rows, columns=["part", "count_known", "count_not_enough", "count_unknown", "share_known"])


def trace_spellings(labels: pd.DataFrame, book: Codebook, min_cell: int) -> pd.DataFrame:
    """Which words of the source stand behind a symbol that has another name, part by part (requirement E19).

    Parameters
    ----------
    labels : DataFrame
        One row a customer, see `labels.gather_labels`.
    min_cell : int
        A word of fewer customers, which may name one, is not told.

    Returns
    -------
    DataFrame
        One row a word, in the codebook's order, those of most customers first: `part, symbol, label, spelling, count_customers`.
    """
    rows = []
    for part in book.parts:
        counts = labels[part.column].dropna().astype(str).map(plain).value_counts().sort_index().sort_values(ascending=False, kind="stable")
        found = [(word, part.spelt.get(word, part.other), count) for word, count in counts.items() if count >= min_cell]
        known = [(word, symbol, count) for word, symbol, count in found if symbol and plain(part.labels[symbol]) != word]
        order = {symbol: place for place, symbol in enumerate(part.labels)}
        rows += [
            (part.name, symbol, part.labels[symbol], word, count) for word, symbol, count in sorted(known, key=lambda row: order[row[1]])
        ]
    return pd.DataFrame(rows, columns=["part", "symbol", "label", "spelling", "count_customers"])


def headline(codes: pd.DataFrame, book: Codebook) -> dict[str, float]:
    """The codes in five numbers.

    Returns
    -------
    dict
        `count` customers, `complete` (every part known), `parts` of a code, `distinct` codes in use,
        `alone` (customers whose code nobody else has).
    """
    shared = codes["code"].value_counts()
    return {
        "count": len(codes),
        "complete": int((codes["count_unknown"] == 0).sum()),
        "parts": len(book.parts),
        "distinct": len(shared),
        "alone": int((shared == 1).sum()),
    }


def encode_example(book: Codebook) -> str:
    """A whole code of the symbols in `Codebook.example`: made up, and nobody's."""
    return encode({part.name: part.labels[symbol] for part, symbol in zip(book.parts, book.example, strict=True)}, book)


def describe_tail(book: Codebook) -> dict[str, str]:
    """Of a codebook: its `version`, and the symbols that stand for `unknown` and for too `few` data in every part."""
    shared = {label: symbol[0] for symbol, label in book.parts[0].labels.items() if label in (UNKNOWN, NOT_ENOUGH)}
    return {"version": book.version or "-", "unknown": shared.get(UNKNOWN, "-"), "few": shared.get(NOT_ENOUGH, "-")}
