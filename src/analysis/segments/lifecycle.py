"""The customer's lifecycle: one state machine over the customer's own dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params, ParamsError

Floats = NDArray[np.float64]

PROSPECT, NEW, ACTIVE, LOYAL, DORMANT, LOST, BACK = "prospect", "new", "active", "loyal", "dormant", "lost", "back"
STAGES = (PROSPECT, NEW, ACTIVE, LOYAL, DORMANT, LOST, BACK)

RULES = {
    "no_order": PROSPECT,
    "silent_beyond_lost_limit": LOST,
    "first_order_in_window": NEW,
    "silent_beyond_dormant_limit": DORMANT,
    "ordered_in_window_after_lost_silence": BACK,
    "many_order_days": LOYAL,
    "within_dormant_limit": ACTIVE,
}
"""Rule -> stage, in the order in which the rules are tried: the first that holds decides."""

CROSSWALK: dict[str, dict[str, str]] = {
    "A9": dict.fromkeys((PROSPECT, NEW, ACTIVE, LOYAL, BACK), "potential") | dict.fromkeys((DORMANT, LOST), "dormant"),
    "A19": {
        **dict.fromkeys((PROSPECT, NEW), "introduction"),
        **dict.fromkeys((ACTIVE, BACK), "growth"),
        **{LOYAL: "maturity", DORMANT: "decline", LOST: "decline"},
    },
    "B17": {
        **{PROSPECT: "not_named", NEW: "new", DORMANT: "silent", LOST: "silent"},
        **dict.fromkeys((ACTIVE, LOYAL, BACK), "active"),
    },
    "C9": {
        **{PROSPECT: "potential", NEW: "first_purchase", LOYAL: "loyal"},
        **dict.fromkeys((ACTIVE, DORMANT, LOST, BACK), "repeat"),
    },
    "D8": {PROSPECT: "potential", NEW: "new", ACTIVE: "active", LOYAL: "active", DORMANT: "active", LOST: "lost", BACK: "active"},
}
"""Other vocabularies by requirement id: our stage -> their label. Each names every stage once. Two know more than the stage: A9 the
value, C9 the number of orders; `segments.schemes.stages` refines them."""

OWN, POOLED, FALLBACK = "own", "pooled", "fallback"


@dataclass(frozen=True)
class Limit:
    """Silence limits of customers at one stage of their order count.

    Attributes
    ----------
    from_order : int
        First order number of the stage; it ends before the next limit's.
    dormant_days, lost_days : int
        A silence longer than this is beyond the limit; one of exactly this many days is not.
    count_gaps : int
        Completed gaps that follow an order of this stage.
    basis : str
        ``own`` (quantiles of these gaps), ``pooled`` (too few: of all gaps), ``fallback`` (too few of all: parameters).
    """

    from_order: int
    dormant_days: int
    lost_days: int
    count_gaps: int
    basis: str


def fit_limits(spells: pd.DataFrame, params: Params) -> tuple[Limit, ...]:
    """Silence limits from completed gaps between orders, one a stage of `params.lifecycle.gap_stages`.

    Parameters
    ----------
    spells : DataFrame
        One row a spell (`history.build_spells`) as of the base month; only closed ones are used, and each customer counts
        once a stage, however many gaps they completed: else the few who order daily would set the limit for all. Short
        gaps close first, so the limits of a young ledger are short: name a later base period when it has grown.
    params : Params
        `lifecycle.dormant_quantile` and `churn.lapse_quantile` of the gaps; `churn.min_completed_gaps` for a stage of its own.

    Raises
    ------
    ParamsError
        Stages that do not begin at 1 and rise, or a dormant limit beyond the lost one.
    """
    stages = params.lifecycle.gap_stages
    if stages[0] != 1 or any(a >= b for a, b in pairwise(stages)):
        raise ParamsError(f"lifecycle.gap_stages = {list(stages)} is not allowed: write rising order numbers that begin with 1")
    if params.lifecycle.dormant_quantile > params.churn.lapse_quantile:
        raise ParamsError("lifecycle.dormant_quantile is above churn.lapse_quantile: customers would be lost before they are dormant")
    gaps = spells.loc[spells["is_closed"].astype(bool), ["customer_id", "order_number", "duration_days"]]
    shares = (params.lifecycle.dormant_quantile, params.churn.lapse_quantile)
    least = params.churn.min_completed_gaps
    lapse = params.churn.fallback_lapse_days
    fallback = [min(params.lifecycle.fallback_dormant_days, lapse), lapse]
    place = _stage(gaps["order_number"], stages)
    limits = []
    for number, start in enumerate(stages):
        own = gaps[place == number]
        if len(gaps) < least:
            (dormant, lost), basis = fallback, FALLBACK
        elif len(own) < least:
            (dormant, lost), basis = take_quantiles(gaps, shares), POOLED
        else:
            (dormant, lost), basis = take_quantiles(own, shares), OWN
        limits.append(Limit(start, dormant, lost, len(own), basis))
    return tuple(limits)


def assign(customers: pd.DataFrame, spells: pd.DataFrame, limits: tuple[Limit, ...], params: Params) -> pd.DataFrame:
    """Stage of every customer and the rule that put them there.

    Parameters
    ----------
    customers : DataFrame
        One row a customer (contract `customers`).
    spells : DataFrame
        One row a spell as of the same day: the last completed gap is read from it.
    limits : tuple of Limit
        As from `fit_limits`, as of the base month.
    params : Params
        `lifecycle.new_days`: the window of that many days that ends with `as_of`; `lifecycle.loyal_order_days`.

    Returns
    -------
    DataFrame
        Same index: `lifecycle_stage` (one of `STAGES`), `lifecycle_rule` (one of `RULES`).
    """
    orders = customers["count_order_days"].astype("float64").to_numpy()
    silent, age = (_days(customers[name]) for name in ("days_since_last_order", "days_as_customer"))
    gap = customers["customer_id"].map(last_gaps(spells)).astype("float64").to_numpy()
    places = find_rules(orders, silent, age, gap, limits, params)
    rule, stage = (np.array(list(names), dtype=object)[places] for names in (RULES.keys(), RULES.values()))
    return pd.DataFrame({"lifecycle_stage": stage, "lifecycle_rule": rule}, index=customers.index)


def find_rules(
    orders: Floats, silent: Floats, age: Floats, gap: Floats, limits: tuple[Limit, ...], params: Params
) -> NDArray[np.signedinteger[Any]]:
    """Position in `RULES` of the first that holds of each customer.

    Parameters
    ----------
    orders, silent, age, gap : array
        Order days; days since the last and the first order; length of the last completed gap, missing without one.
    limits, params
        As for `assign`.
    """
    dormant, lost = _limits_of(orders, limits)
    _, gap_lost = _limits_of(orders - 1, limits)
    window = params.lifecycle.new_days
    holds = {
        "no_order": orders == 0,
        "silent_beyond_lost_limit": silent > lost,
        "first_order_in_window": age < window,
        "silent_beyond_dormant_limit": silent > dormant,
        "ordered_in_window_after_lost_silence": (silent < window) & (gap > gap_lost),
        "many_order_days": orders >= params.lifecycle.loyal_order_days,
    }
    places = {rule: place for place, rule in enumerate(RULES)}
    return np.select(list(holds.values()), [places[rule] for rule in holds], places["within_dormant_limit"])


def take_quantiles(gaps: pd.DataFrame, shares: Sequence[float]) -> list[int]:
    """Smallest durations with at least the `shares` of customers' gaps at or below them, each customer weighing 1 in all.

    `gaps` has one row a completed gap: `customer_id`, `order_number`, `duration_days`.
    """
    ordered = gaps.sort_values(["duration_days", "customer_id", "order_number"])
    weight = 1 / ordered.groupby("customer_id")["customer_id"].transform("size").to_numpy(dtype=float)
    reached = np.cumsum(weight) / weight.sum()
    # A share that is met exactly may lie a float's last bit away.
    return [int(ordered["duration_days"].iloc[np.searchsorted(reached, share - 1e-12)]) for share in shares]


def last_gaps(spells: pd.DataFrame) -> pd.Series:
    """Days of each customer's last completed gap, by customer id; who has none is not in it."""
    closed = spells[spells["is_closed"].astype(bool)].sort_values(["customer_id", "order_number"])
    return closed.drop_duplicates("customer_id", keep="last").set_index("customer_id")["duration_days"]


def _limits_of(orders: np.ndarray, limits: tuple[Limit, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Limits of customers whose last `orders`-th order is the one that the silence follows; those of the first stage for 0."""
    place = _stage(orders, tuple(limit.from_order for limit in limits)).clip(0)
    return np.array([limit.dormant_days for limit in limits])[place], np.array([limit.lost_days for limit in limits])[place]


def _stage(numbers: pd.Series | np.ndarray, starts: tuple[int, ...]) -> np.ndarray:
    return np.searchsorted(starts, np.asarray(numbers, dtype=float), side="right") - 1


def _days(values: pd.Series) -> np.ndarray:
    return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
