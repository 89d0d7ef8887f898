"""Lifetime value against what a simulated company knows to be true: for who tests the analysis, never part of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

TENTHS = 10


@dataclass(frozen=True)
class Verdict:
    """How expected and true value agree.

    Attributes
    ----------
    totals : Series
        `count_customers`; `expected` and `true` (sums, currency) with `bias` (expected by true, less one);
        `correlation`, `rank_correlation` over customers; `share_above` and `share_below` (true value above the interval,
        and below it where its lower limit is above zero) with `share_inside`; `active_expected` and `active_true` (shares
        of customers who have not left); `at_risk` (the sum of `value_at_risk`), `silent` (lifetime value that stands
        on customers without a true value: what `at_risk` expects) and `left` (on those who have left already).
    tenths : DataFrame
        One row per tenth of the customers by expected value, the lowest first: `tenth`, `count_customers`,
        `expected_mean`, `true_mean`, `true_error` (standard error), `share_inside`, `active_expected`, `active_true`.
    """

    totals: pd.Series
    tenths: pd.DataFrame


def compare_truth(value: pd.DataFrame, scores: pd.DataFrame, truth: pd.DataFrame) -> Verdict:
    """Compare one month's value with the truth of the months after it.

    Parameters
    ----------
    value, scores : DataFrame
        One row per customer: contract `value` with what `build_value` adds, and `scores`, of the last month of the data.
    truth : DataFrame
        One row per customer: `customer_id`, `true_clv_12m` (margin of the twelve months after the data, currency, not
        discounted, refunds deducted), `left_on` (missing for who has not left).

    Returns
    -------
    Verdict
        Expected values are not discounted here, as the true ones are not. The true ones are what happened, not what was
        to be expected: their own chance keeps correlations below one.
    """
    table = value.merge(scores[["customer_id", "p_active"]], on="customer_id").merge(truth, on="customer_id", validate="one_to_one")
    table["expected"] = table["expected_orders"] * table["expected_amount"] * table["margin_share"]
    undiscount = np.divide(table["expected"], table["clv"], out=np.ones(len(table)), where=(table["clv"] > 0).to_numpy())
    table["true"], table["is_active"] = table["true_clv_12m"].astype(float), table["left_on"].isna()
    low, high = table["clv_low"] * undiscount, table["clv_high"] * undiscount
    above, below = table["true"] > high, (table["true"] < low) & (low > 0)
    table["is_inside"] = ~above & ~below
    totals = {
        "count_customers": len(table),
        "expected": table["expected"].sum(),
        "true": table["true"].sum(),
        "bias": table["expected"].sum() / table["true"].sum() - 1,
        "correlation": table["expected"].corr(table["true"]),
        "rank_correlation": table["expected"].rank().corr(table["true"].rank()),
        "share_inside": table["is_inside"].mean(),
        "share_above": above[high > 0].mean(),
        "share_below": below[low > 0].mean(),
        "active_expected": table["p_active"].mean(),
        "active_true": table["is_active"].mean(),
        "at_risk": table["value_at_risk"].sum(),
        "silent": table.loc[table["true"] == 0, "clv"].sum(),
        "left": table.loc[~table["is_active"], "clv"].sum(),
    }
    place = table.sort_values(["expected", "customer_id"]).index
    tenth = pd.Series(np.arange(len(table)) * TENTHS // max(len(table), 1) + 1, index=place).reindex(table.index)
    tenths = table.groupby(tenth.rename("tenth")).agg(
        count_customers=("expected", "size"), expected_mean=("expected", "mean"), true_mean=("true", "mean"),
        true_error=("true", "sem"), share_inside=("is_inside", "mean"), active_expected=("p_active", "mean"),
        active_true=("is_active", "mean"),
    )  # fmt: skip
    return Verdict(pd.Series(totals), tenths.reset_index())
