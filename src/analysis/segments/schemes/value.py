"""High, medium and low value by three definitions, and importance, which weighs them against each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.segments import tiers
from analysis.segments.schemes.cutoffs import Band, ClassCutoffs
from analysis.segments.schemes.facts import measure
from analysis.segments.schemes.scheme import HIGH, LEVELS, LOW, MEDIUM, NO_ORDER, NOT_ENOUGH

DEFINITIONS = ("value_profit", "value_amount", "value_score")


def classify(facts: pd.DataFrame, cutoffs: ClassCutoffs) -> dict[str, np.ndarray]:
    """Labels of every customer in each definition of value, and `importance`.

    A class a year is not told of customers who are young (their first order lies within `lifecycle.new_days`), unless they
    have reached the highest one: the first year counts whole, so a sum can but grow within it.

    Parameters
    ----------
    facts : DataFrame
        One row a customer, see `facts.gather`.

    Returns
    -------
    dict
        Column of `classes` -> labels in the order of `facts`.
    """
    is_buyer = (facts["count_order_days"] > 0).to_numpy()
    bands = cutoffs.bands
    labels = {name: np.full(len(facts), NOT_ENOUGH, dtype=object) for name in DEFINITIONS}
    if "value_amount" in bands:
        labels["value_amount"] = cut(measure(facts, "spend_total_per_year"), bands["value_amount"])
    if "value_score" in bands:
        labels["value_score"] = cut(tiers.score(facts, cutoffs.score), bands["value_score"])
    if "value_profit" in bands:
        labels["value_profit"] = cut(measure(facts, "profit_per_year"), bands["value_profit"])
    waits = facts["is_young"].to_numpy(dtype=bool)
    for name in DEFINITIONS:
        labels[name] = np.where(waits & (labels[name] != HIGH), NOT_ENOUGH, labels[name])
    labels["value_profit"] = np.where(facts["is_cost_known"].to_numpy(dtype=bool), labels["value_profit"], "margin_missing")
    labels = {name: np.where(is_buyer, found, NO_ORDER) for name, found in labels.items()}
    return labels | {"importance": weigh(labels, is_buyer)}


def cut(values: pd.Series, band: Band) -> np.ndarray:
    """High, medium or low by `band`; ``not_enough_data`` where the value is missing."""
    found = values.to_numpy(dtype=float)
    return np.select([np.isnan(found), found >= band.high_from, found >= band.medium_from], [NOT_ENOUGH, HIGH, MEDIUM], LOW).astype(object)


def weigh(labels: dict[str, np.ndarray], is_buyer: np.ndarray) -> np.ndarray:
    """Important: high in more than half of the definitions that tell anything; potential: no order; else ordinary."""
    told = sum(np.isin(found, LEVELS).astype(int) for found in labels.values())
    high = sum((found == HIGH).astype(int) for found in labels.values())
    return np.select([~is_buyer, told == 0, 2 * high > told], ["potential", NOT_ENOUGH, "important"], "ordinary").astype(object)
