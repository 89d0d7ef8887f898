"""Churn of every customer at the end of a month: lapsed or not, how unusual the silence is, and who is warned of."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.churn.early_warning import OWN_GAPS, choose_warnings, measure_rhythm
from analysis.churn.kaplan_meier import estimate
from analysis.churn.lapse import label_lapsed, set_limits
from analysis.params import Params
from analysis.period import Period

COLUMNS = (
    *("customer_id", "order_group", "silence_days", "limit_days", "is_lapsed", "lapsed_on"),
    *("count_gaps", "usual_gap_days", "silence_ratio", "silence_percentile", "spend_at_risk"),
    *("warning", "reason", "reasons", "first_warned"),
)


def build_churn(
    spells: pd.DataFrame,
    customers: pd.DataFrame,
    scores: pd.DataFrame,
    as_of: date,
    params: Params,
    *,
    previous: pd.DataFrame | None = None,
    previous_scores: pd.DataFrame | None = None,
    signals: pd.DataFrame | None = None,
    limits: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Churn table of a month (contract `churn`).

    Parameters
    ----------
    spells : DataFrame
        One row per spell, as known at the end of `as_of` (history.build_spells).
    customers : DataFrame
        One row per customer: `customer_id`, `spend_mean`.
    scores : DataFrame
        One row per customer with an order: `customer_id`, `p_order`, `expected_spend` (of `forecast.horizon_days`).
    as_of : date
        Last day of the month, inclusive.
    params : Params
        Sections `churn` and `forecast`.
    previous : DataFrame, optional
        Last month's churn table: who was warned of then keeps `first_warned`.
    previous_scores : DataFrame, optional
        Last month's scores, for ``falling_chance``.
    signals : DataFrame, optional
        One row per customer: any of `has_complaint`, `satisfaction_change`, `contact_change` (see `find_reasons`).
    limits : DataFrame, optional
        From `set_limits`, where they are held from a base month; by default from these spells.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of`, sorted by `customer_id`: `is_lapsed`, `lapsed_on`,
        `silence_days`, `limit_days`, `order_group`; `count_gaps`, `usual_gap_days`, `silence_ratio`,
        `silence_percentile` (see `measure_rhythm`); `spend_at_risk` (currency; 0 for the lapsed): what a customer of
        this rhythm usually spends in the horizon, less what is expected now; `warning`, `reason`, `reasons` (see
        `choose_warnings`) and `first_warned` (YYYY-MM of the first month of this run of warnings), None where not
        warned of. Sum over customers of `is_lapsed` and not `is_lapsed` is the number of customers with an order.
    """
    limits = set_limits(spells, params.churn) if limits is None else limits
    table = label_lapsed(spells, limits, as_of).merge(measure_rhythm(spells), on="customer_id", validate="one_to_one")
    known = customers[["customer_id", "spend_mean"]].merge(
        scores[[c for c in ("customer_id", "p_order", "expected_spend") if c in scores]],
        on="customer_id",
        how="left",
        validate="one_to_one",
    )
    table = table.merge(known, on="customer_id", how="left", validate="one_to_one")
    if previous_scores is not None:
        before = previous_scores[["customer_id", "p_order"]].rename(columns={"p_order": "p_order_before"})
        table = table.merge(before, on="customer_id", how="left", validate="one_to_one")
    if signals is not None:
        table = table.merge(signals, on="customer_id", how="left", validate="one_to_one")
    table = table.assign(spend_at_risk=_spend_at_risk(table, spells, params))
    warned = choose_warnings(table[~table["is_lapsed"]], params.churn)
    table = table.merge(warned, on="customer_id", how="left", validate="one_to_one")
    table["first_warned"] = _first_warned(table, previous, str(Period.of(as_of)))
    for name in ("warning", "reason", "reasons", "first_warned"):
        table[name] = table[name].astype("object").where(table[name].notna(), None)
    return table[list(COLUMNS)]


def _spend_at_risk(table: pd.DataFrame, spells: pd.DataFrame, params: Params) -> np.ndarray:
    """Usual spend in the horizon less the expected, at least 0; 0 for the lapsed.

    Usual orders: horizon / usual gap with two own gaps or more; with fewer, the share of such spells that end within
    the horizon (Kaplan-Meier), since most first orders have no second and "usual" must not pretend one.
    """
    horizon = params.forecast.horizon_days
    returned = {}
    for group, rows in table.groupby("order_group"):
        number = {"first": spells["order_number"] == 1, "second": spells["order_number"] == 2}.get(str(group), spells["order_number"] > 2)
        part = spells[number]
        returned[group] = (
            1 - float(estimate(part["duration_days"].to_numpy(), part["is_closed"].to_numpy()).at([horizon])[0]) if len(rows) else 0.0
        )
    usual = np.where(table["count_gaps"] >= OWN_GAPS, horizon / table["usual_gap_days"], table["order_group"].map(returned))
    expected = table["expected_spend"].fillna(0.0) if "expected_spend" in table else 0.0
    at_risk = np.maximum(usual * table["spend_mean"].to_numpy(dtype=float) - expected, 0.0)
    return np.where(table["is_lapsed"], 0.0, at_risk)


def _first_warned(table: pd.DataFrame, previous: pd.DataFrame | None, period: str) -> pd.Series:
    now = pd.Series(period, index=table.index, dtype="object")
    if previous is not None and len(previous):
        held = previous.loc[previous["warning"].notna()].set_index("customer_id")["first_warned"]
        before = table["customer_id"].map(held)
        now = before.where(before.notna(), now)
    return now.where(table["warning"].notna())
