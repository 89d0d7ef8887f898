"""Recency, frequency and monetary scores, and the segments made of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product

import numpy as np
import pandas as pd

from analysis.contracts import ContractError

SCORES = range(1, 6)
FIFTHS = (0.2, 0.4, 0.6, 0.8)
PROSPECT, NOT_ENOUGH_DATA = "prospect", "not_enough_data"

_RECENT, _EARLIER = "recent", "earlier"


@dataclass(frozen=True)
class Edges:
    """Values that cut the buyers of the base month into fifths: four each, ascending, repeated where one value fills a fifth.

    Attributes
    ----------
    days_since_last_order : tuple of float
        Days.
    count_order_days : tuple of float
        Order days.
    spend_total : tuple of float
        Source currency.
    """

    days_since_last_order: tuple[float, ...]
    count_order_days: tuple[float, ...]
    spend_total: tuple[float, ...]


@dataclass(frozen=True)
class Rule:
    """One segment: its name, its (r, fm) cells, and on which side of the window of new customers the first order lies."""

    name: str
    cells: frozenset[tuple[int, int]]
    first_order: tuple[str, ...]


def fit_edges(buyers: pd.DataFrame) -> Edges:
    """Quintile edges of `buyers` (one row a customer with an order).

    An edge is the smallest value that has at least 20, 40, 60 or 80 % of the buyers at or below it: always a value that
    occurs, so that the printed cut-off is the one that is used.
    """
    return Edges(**{name: lower_quantiles(buyers[name], FIFTHS) for name in Edges.__dataclass_fields__})


def lower_quantiles(values: pd.Series, shares: tuple[float, ...]) -> tuple[float, ...]:
    """For each share, the smallest of `values` with at least that share of them at or below it."""
    cuts = np.quantile(values.astype("float64").to_numpy(), shares, method="inverted_cdf")
    return tuple(float(cut) for cut in cuts)


def score(values: pd.Series, edges: tuple[float, ...], is_reversed: bool = False) -> pd.Series:
    """1 + the number of `edges` below the value, so that equal values get equal scores; 5 minus that number when `is_reversed`.

    A value on an edge belongs to the fifth that the edge closes. Where one value fills more than a fifth (many customers
    with a single order), a score may stay empty: customers are never torn apart at random to fill it.
    """
    below = np.searchsorted(np.asarray(edges), values.astype("float64").to_numpy(), side="left")
    return pd.Series(5 - below if is_reversed else 1 + below, index=values.index, dtype="Int64")


@cache
def load_map(name: str = "eleven") -> tuple[Rule, ...]:
    """Rules of a segment map shipped as ``maps/<name>.toml``, in its order.

    Raises
    ------
    ContractError
        A cell of scores that no rule covers, or that two do.
    """
    text = resources.files("analysis.segments").joinpath(f"maps/{name}.toml").read_text(encoding="utf-8")
    rules = tuple(_read_rule(part) for part in tomllib.loads(text)["segment"])
    for cell, side in product(product(SCORES, SCORES), (_RECENT, _EARLIER)):
        names = [rule.name for rule in rules if cell in rule.cells and side in rule.first_order]
        if len(names) != 1:
            raise ContractError(
                f"maps/{name}.toml: r {cell[0]}, fm {cell[1]}, first order {side}: {names or 'no segment'}; exactly one is needed"
            )
    return rules


def assign(customers: pd.DataFrame, edges: Edges | None, new_days: int) -> pd.DataFrame:
    """RFM scores and segment of every customer.

    Parameters
    ----------
    customers : DataFrame
        One row a customer (contract `customers`).
    edges : Edges or None
        Cut-offs of the base month; None where its buyers were too few to be cut.
    new_days : int
        The window of new customers ends with `as_of` and has this many days: a first order 0 to ``new_days - 1`` days ago
        lies in it.

    Returns
    -------
    DataFrame
        Same index: `r_score, f_score, m_score` (1 to 5), `fm_score` (their mean of F and M, rounded half up), `rfm_cell`
        (three digits), `rfm_segment`. Customers without an order have no scores and are ``prospect``; without `edges` buyers
        are ``not_enough_data``.
    """
    is_buyer = (customers["count_order_days"] > 0).to_numpy()
    names = ["r_score", "f_score", "m_score", "fm_score"]
    table = pd.DataFrame({name: pd.array([pd.NA] * len(customers), dtype="Int64") for name in names}, index=customers.index)
    table["rfm_cell"] = pd.Series(pd.NA, index=customers.index, dtype="string")
    table["rfm_segment"] = np.where(is_buyer, NOT_ENOUGH_DATA, PROSPECT)
    if edges is None or not is_buyer.any():
        return table
    buyers = customers[is_buyer]
    scores = pd.DataFrame(
        {
            "r_score": score(buyers["days_since_last_order"], edges.days_since_last_order, is_reversed=True),
            "f_score": score(buyers["count_order_days"], edges.count_order_days),
            "m_score": score(buyers["spend_total"], edges.spend_total),
        }
    )
    scores["fm_score"] = (scores["f_score"] + scores["m_score"] + 1) // 2
    scores["rfm_cell"] = scores["r_score"].astype(str) + scores["f_score"].astype(str) + scores["m_score"].astype(str)
    sides = np.where(buyers["days_as_customer"].astype("int64") < new_days, _RECENT, _EARLIER)
    lookup = {(*cell, side): rule.name for rule in load_map() for cell in rule.cells for side in rule.first_order}
    keys = zip(scores["r_score"], scores["fm_score"], sides, strict=True)
    scores["rfm_segment"] = [lookup[key] for key in keys]
    for column in scores.columns:
        table.loc[is_buyer, column] = scores[column]
    return table


def assign_at_start(spells: pd.DataFrame, edges: Edges | None, new_days: int) -> pd.Series:
    """RFM segment into which the order that starts a spell put the customer: what was known on that day, and no later.

    Parameters
    ----------
    spells : DataFrame
        One row a spell (`history.build_spells`), all spells of a customer: `customer_id, order_number, started_on, amount`.
    edges, new_days
        As for `assign`.

    Returns
    -------
    Series
        Same index. Recency is 0 days, so that only segments of the best recency score occur.
    """
    ordered = spells.sort_values(["customer_id", "order_number"], kind="stable")
    by_customer = ordered.groupby("customer_id", sort=False)
    then = pd.DataFrame(
        {
            "count_order_days": ordered["order_number"],
            "spend_total": by_customer["amount"].cumsum(),
            "days_since_last_order": 0,
            "days_as_customer": (ordered["started_on"] - by_customer["started_on"].transform("min")).dt.days,
        }
    )
    return assign(then, edges, new_days)["rfm_segment"].reindex(spells.index)


def _read_rule(part: dict) -> Rule:
    cells = [tuple(cell) for cell in part["cells"]] if "cells" in part else product(part["r"], part["fm"])
    sides = (part["first_order"],) if "first_order" in part else (_RECENT, _EARLIER)
    return Rule(part["name"], frozenset(cells), sides)
