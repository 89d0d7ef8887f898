"""What was known about a customer on the day a spell began, as columns of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.churn.groups import OTHER, UNKNOWN, label_order_group, tidy_levels

MIN_LEVEL_RETURNS = 30
MAX_LEVELS = 4
_YEAR_DAYS = 365


@dataclass(frozen=True)
class Term:
    """One column of the model.

    Attributes
    ----------
    covariate : str
        What it measures; the levels of one way of grouping share it.
    level : str
        The level compared with `reference`; empty for a quantity.
    reference : str
        The level compared with; empty for a quantity.
    unit : str
        ``doubling`` (hazard ratio for twice as much) or ``level``.
    """

    covariate: str
    level: str = ""
    reference: str = ""
    unit: str = "doubling"


def build_covariates(spells: pd.DataFrame) -> tuple[list[Term], np.ndarray]:
    """Columns that vary within the strata of order number.

    Parameters
    ----------
    spells : DataFrame
        One row per spell of positive length: `customer_id`, `order_number`, `started_on`, `duration_days`,
        `is_closed`; all earlier spells of the same customers must be there too. Used where present: `amount` (of the
        order that starts the spell), `customer_type`, `channel`, `segment` (on the day the spell began).

    Returns
    -------
    list of Term, array
        One column per term, rows as in `spells`: ``mean_gap`` (mean of the customer's own earlier gaps), ``orders``
        (orders so far), ``mean_spend`` (mean of the orders so far), each as a binary logarithm; one column per level of
        ``quarter`` (of the start, where the data span a year or more), ``customer_type``, ``channel`` and ``segment``
        other than the most frequent. At most four levels are told apart, the rest is ``other``; levels with fewer than
        30 returns, or returns of fewer than 30 customers (too few for clustered errors), join the reference.
    """
    terms: list[Term] = []
    columns: list[np.ndarray] = []
    ordered = spells.sort_values(["customer_id", "order_number"], kind="stable")
    by_customer = ordered.groupby("customer_id", sort=False)
    number = ordered["order_number"].to_numpy(dtype=float)
    stratum = label_order_group(ordered["order_number"]).to_numpy()

    before = (ordered["started_on"] - by_customer["started_on"].transform("min")).dt.days.to_numpy(dtype=float)
    gap = np.log2(np.maximum(before / np.maximum(number - 1, 1), 1.0))
    quantities = {"mean_gap": np.where(number > 1, gap, 0.0), "orders": np.log2(number)}
    if "amount" in ordered:
        mean = (by_customer["amount"].cumsum() / number).to_numpy(dtype=float)
        quantities["mean_spend"] = np.log2(np.maximum(mean, _floor(mean)))
    for name, values in quantities.items():
        if _varies(values, stratum):
            terms.append(Term(name))
            columns.append(values)

    started = ordered["started_on"]
    levels: dict[str, pd.Series] = {}
    if len(ordered) and (started.max() - started.min()).days >= _YEAR_DAYS:
        levels["quarter"] = "Q" + started.dt.quarter.astype(str)
    levels |= {name: ordered[name] for name in ("customer_type", "channel", "segment") if name in ordered}
    closed = ordered["is_closed"].to_numpy(dtype=bool)
    for name, values in levels.items():
        text = tidy_levels(values, MAX_LEVELS).astype(str)
        counts = text[closed].value_counts()
        people = ordered.loc[closed, "customer_id"].groupby(text[closed]).nunique()
        enough = (level for level, count in counts.items() if min(count, people[level]) >= MIN_LEVEL_RETURNS)
        kept = sorted(enough, key=lambda level: (-counts[level], level))
        if len(kept) < 2:
            continue
        named = [level for level in kept if level not in (UNKNOWN, OTHER)]
        reference = named[0] if named else kept[0]
        for level in sorted(set(kept) - {reference}):
            column = (text == level).to_numpy(dtype=float)
            if _varies(column, stratum):
                terms.append(Term(name, level, reference, "level"))
                columns.append(column)
    if not columns:
        return [], np.empty((len(spells), 0))
    matrix = pd.DataFrame(np.column_stack(columns), index=ordered.index)
    return terms, matrix.loc[spells.index].to_numpy()


def _floor(values: np.ndarray) -> float:
    """A hundredth of the median: what a logarithm may see of a nearly free order."""
    positive = values[values > 0]
    return float(np.median(positive) / 100) if len(positive) else 1.0


def _varies(values: np.ndarray, stratum: np.ndarray) -> bool:
    return any(np.ptp(values[stratum == name]) > 0 for name in np.unique(stratum))
