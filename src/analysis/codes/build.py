"""The table `codes`: one code a customer."""

from __future__ import annotations

import pandas as pd

from analysis.codes.book import NOT_ENOUGH, UNKNOWN, Codebook
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
        with what the customer is and does, and may be shared; `count_unknown`, parts that are unknown or have not enough data.
    """
    ordered = labels.sort_values("customer_id", kind="stable").reset_index(drop=True)
    code = encode(choose_parts(ordered, book), book)
    blank = count_parts(code, book, (UNKNOWN, NOT_ENOUGH))
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
        One row a part: `part`, `count_known`, `count_not_enough` (data too few for a class), `count_unknown`, which add up to all
        customers, and `share_known`.
    """
    rows = []
    for part, counts in count_symbols(codes["code"], book).items():
        unknown, few = int(counts.get(UNKNOWN, 0)), int(counts.get(NOT_ENOUGH, 0))
        known = len(codes) - unknown - few
        rows.append((part, known, few, unknown, known / max(len(codes), 1)))
    return pd.DataFrame(rows, columns=["part", "count_known", "count_not_enough", "count_unknown", "share_known"])


def headline(codes: pd.DataFrame, book: Codebook) -> dict[str, float]:
    """The codes in five numbers.

    Returns
    -------
    dict
        `count` customers, `complete` (no part unknown or without enough data), `parts` of a code, `distinct` codes in use,
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
