"""Expected orders without a model of buying: from the spells' own survival, given today's silence.

The hazard of the next order is taken from spells of the same order number (Kaplan-Meier in steps of a week), so that a
customer silent for s days faces only the hazard of those who had also been silent for s days. After an order the next
number's curve applies, and so on (a renewal process). Whoever never returned by the longest silence on record never
does: the curve ends in a cured tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analysis.period import Period

STEP_DAYS = 7
MAX_STATES = 12
MIN_AT_RISK = 50


@dataclass(frozen=True)
class Hazards:
    """Daily chance of the next order.

    Attributes
    ----------
    daily : array, rows are states and columns days
        Chance of an order on day d + 1 of a spell, if none came before. State i holds the spells of order number
        i + 1; the last one those of all later numbers. 0 beyond the longest spell seen (the cured tail).
    """

    daily: np.ndarray

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.daily)

    def chances(self, state: int, silence_days: int, days: int) -> np.ndarray:
        """Chance that the next order comes on each of the next `days` days, given the silence so far."""
        ahead = np.zeros(days)
        known = self.daily[state, silence_days : silence_days + days]
        ahead[: len(known)] = known
        return ahead * np.concatenate(([1.0], np.cumprod(1.0 - ahead)[:-1]))


def fit_hazards(spells: pd.DataFrame, min_gaps: int) -> Hazards:
    """Hazards by order number.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `order_number`, `duration_days`, `is_closed`.
    min_gaps : int
        Completed gaps that an order number needs for a state of its own; later numbers are pooled once one has fewer
        (at most 12 states).

    Returns
    -------
    Hazards
        Within a week the chance of a day is its orders over the days watched. Where fewer than 50 spells are still
        watched, all that follows, up to the longest spell, shares one rate.
    """
    number = spells["order_number"].to_numpy(dtype=int)
    closed = spells["is_closed"].to_numpy(dtype=bool)
    duration = spells["duration_days"].to_numpy(dtype=int)
    gaps = np.bincount(number[closed], minlength=MAX_STATES + 1)[1 : MAX_STATES + 1]
    enough = np.flatnonzero(gaps < min_gaps)
    states = max(1, int(enough[0]) if len(enough) else MAX_STATES)
    state = np.minimum(number, states) - 1
    longest = int(duration.max()) if len(duration) else 0
    daily = np.zeros((states, max(longest, 1)))
    for i in range(states):
        own, ends = duration[state == i], closed[state == i]
        if len(own):
            daily[i, : own.max()] = _weekly(own, ends)
    return Hazards(daily)


def _weekly(duration: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """Chance of an order on each day 1, 2, ... of a spell, constant within a week and in the thin tail."""
    last = int(duration.max())
    if last == 0:
        return np.empty(0)
    events = np.bincount(duration[closed], minlength=last + 1)[1:].astype(float)
    watched = np.bincount(duration, minlength=last + 1)[::-1].cumsum()[::-1][1:].astype(float)
    piece = np.arange(last) // STEP_DAYS
    thin = np.flatnonzero(watched < MIN_AT_RISK)
    if len(thin):
        piece[thin[0] :] = piece[thin[0]]
    rate = np.bincount(piece, events) / np.bincount(piece, watched)
    return np.minimum(rate[piece], 1.0)


def month_days(as_of: date, months: int) -> np.ndarray:
    """Days from `as_of` to the end of each of the next `months` calendar months; February has its own length."""
    period = Period.of(as_of)
    return np.array([(period.shift(i).as_of - as_of).days for i in range(1, months + 1)])


def expect_orders(open_spells: pd.DataFrame, hazards: Hazards, days: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """Expected orders of every customer by each of `days` days from today.

    With f(u) the chance that the next order comes on day u and M(t) the expected orders of a fresh spell of the next
    number within t days: E(t) = sum over u <= t of f(u) (1 + M(t - u)). Customers with the same number and silence
    share the result.

    Parameters
    ----------
    open_spells : DataFrame
        One row per customer: `customer_id`, `order_number`, `duration_days` (today's silence).
    hazards : Hazards
        From `fit_hazards`.
    days : sequence of int
        Horizons, ascending.

    Returns
    -------
    DataFrame
        One row per customer, as in `open_spells`: `customer_id`, `survival_p_order` (chance of at least one order by
        the last horizon) and ``orders_<days>`` per horizon (cumulative).
    """
    horizon = int(max(days))
    fresh = _renew(hazards, horizon)
    state = np.minimum(open_spells["order_number"].to_numpy(dtype=int), hazards.states) - 1
    silence = open_spells["duration_days"].to_numpy(dtype=int)
    pairs, member = np.unique(np.column_stack([state, silence]), axis=0, return_inverse=True)
    chances = np.stack([hazards.chances(int(i), int(s), horizon) for i, s in pairs]) if len(pairs) else np.empty((0, horizon))
    table: dict[str, object] = {
        "customer_id": open_spells["customer_id"].to_numpy(),
        "survival_p_order": chances.sum(axis=1)[member.ravel()],
    }
    following = np.minimum(pairs[:, 0] + 1, hazards.states - 1) if len(pairs) else np.empty(0, int)
    for day in days:
        # column u - 1 of `gain`: one order on day u, and what a fresh spell brings in the days that are left
        gain = 1.0 + fresh[:, day - np.arange(1, day + 1)]
        expected = np.einsum("pu,pu->p", chances[:, :day], gain[following])
        table[f"orders_{day}"] = expected[member.ravel()]
    return pd.DataFrame(table)


def _renew(hazards: Hazards, horizon: int) -> np.ndarray:
    """Expected orders of a fresh spell of each state within 0..`horizon` days."""
    expected = np.zeros((hazards.states, horizon + 1))
    for i in range(hazards.states - 1, -1, -1):
        chance = hazards.chances(i, 0, horizon)
        if i == hazards.states - 1:
            for t in range(1, horizon + 1):
                expected[i, t] = chance[:t] @ (1.0 + expected[i, t - 1 :: -1][:t])
        else:
            expected[i, 1:] = chance.cumsum() + np.convolve(chance, expected[i + 1])[:horizon]
    return expected


def compare_expectations(open_spells: pd.DataFrame, survival: pd.DataFrame, model: pd.DataFrame, day: int) -> pd.DataFrame:
    """The survival-based expectation beside the model's, by order number.

    Parameters
    ----------
    open_spells, survival : DataFrame
        As in and from `expect_orders`.
    model : DataFrame
        Indexed by customer: `expected_orders` of the same horizon (for example ``forecast.predict(day)``).
    day : int
        The horizon in days.

    Returns
    -------
    DataFrame
        One row per order group and one for ``all``: `group`, `count_customers`, `orders_survival`, `orders_model`
        (sums), `ratio` (survival / model).
    """
    from analysis.churn.groups import ORDER_GROUPS, label_order_group

    table = pd.DataFrame(
        {
            "group": label_order_group(open_spells["order_number"]).to_numpy(),
            "orders_survival": survival[f"orders_{day}"].to_numpy(),
            "orders_model": model["expected_orders"].reindex(open_spells["customer_id"]).to_numpy(),
        }
    )
    grouped = pd.concat([table, table.assign(group="all")]).groupby("group")
    result = grouped.agg(
        count_customers=("group", "size"), orders_survival=("orders_survival", "sum"), orders_model=("orders_model", "sum")
    )
    result = result.reindex([g for g in (*ORDER_GROUPS, "all") if g in result.index])
    return result.assign(ratio=result["orders_survival"] / result["orders_model"].where(result["orders_model"] > 0)).reset_index()
