"""Expected orders without a model of buying: from the spells' own survival, given today's silence.

The hazard of the next order is taken from comparable spells (Kaplan-Meier in small steps), so that a customer silent for
s days faces only the hazard of those who had also been silent for s days. First spells are compared in days. Later ones
are compared in the customer's own time, as multiples of the gap that was usual for them when the spell began: in days,
one curve would give the pace of the quickest, who own most spells, to everybody. After an order the spell starts again
on the curve of one more gap (a renewal process).

Beyond the longest silence on record nothing was seen. There the hazard falls as 1 / t from the rate of the last steps:
what is left of a mixture of customers, each with a constant rate, orders ever more slowly (the hazard of a Lomax
distribution, r / (alpha + t), Lomax 1954), so that most of the long silent never return.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analysis.churn.groups import label_order_group
from analysis.churn.rhythm import typical_gap, usual_gaps
from analysis.period import Period

GAP_STAGES = (1, 2, 4)
STEPS_A_GAP = 20
STEP_DAYS = 7
MIN_AT_RISK = 50
TAIL_STEPS = 28
MIN_USUAL_DAYS = 2.0


@dataclass(frozen=True)
class Hazard:
    """Chance of the next order, step by step of a spell.

    Attributes
    ----------
    seen : array
        Chance of an order in step k + 1, if none came before, for the steps on record.
    tail_rate, tail_step : float
        Chance in the last steps on record, and the step in their middle.
    """

    seen: np.ndarray
    tail_rate: float
    tail_step: float

    def chances(self, silence: int, steps: int) -> np.ndarray:
        """Chance that the next order comes in each of the next `steps` steps, given `silence` steps without one."""
        ahead = np.minimum(self.tail_rate * self.tail_step / (silence + np.arange(1, steps + 1)), 1.0)
        known = self.seen[silence : silence + steps]
        ahead[: len(known)] = known
        return ahead * np.concatenate(([1.0], np.cumprod(1.0 - ahead)[:-1]))


@dataclass(frozen=True)
class Hazards:
    """Hazards by state.

    Attributes
    ----------
    first : Hazard
        Of first spells; a step is a day.
    later : tuple of Hazard
        Of later spells by own completed gaps (one; two or three; four and more); a step is 1/20 of the usual gap.
    typical_days : float
        Gap towards which a customer's own gaps are drawn.
    """

    first: Hazard
    later: tuple[Hazard, ...]
    typical_days: float


def fit_hazards(spells: pd.DataFrame, min_gaps: int) -> Hazards:
    """Fit hazards of first spells, and of later ones by the number of own gaps.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`, `duration_days`, `is_closed`.
    min_gaps : int
        Completed gaps that a state needs; with fewer, all later spells are pooled for it.

    Returns
    -------
    Hazards
        Days of a first spell share the rate of their week. The last 28 steps, or more where fewer than 50 spells were
        still watched, share one rate.
    """
    typical = typical_gap(spells)
    closed = spells["is_closed"].to_numpy(dtype=bool)
    gaps = spells["order_number"].to_numpy(dtype=int) - 1
    duration = spells["duration_days"].to_numpy(dtype=float)
    usual = np.maximum(usual_gaps(spells, typical), MIN_USUAL_DAYS)
    steps = np.where(gaps > 0, np.ceil(duration / usual * STEPS_A_GAP - 1e-9), duration).astype(int)
    first = _fit(steps[gaps == 0], closed[gaps == 0], STEP_DAYS)
    pooled = _fit(steps[gaps > 0], closed[gaps > 0], 1)
    later = []
    for low, high in zip(GAP_STAGES, (*GAP_STAGES[1:], np.inf), strict=True):
        own = (gaps >= low) & (gaps < high)
        later.append(_fit(steps[own], closed[own], 1) if (own & closed).sum() >= min_gaps else pooled)
    return Hazards(first, tuple(later), typical)


def _fit(steps: np.ndarray, closed: np.ndarray, together: int) -> Hazard:
    """Chance per step, constant over `together` steps and in the thin tail."""
    last = int(steps.max(initial=0))
    if last == 0:
        return Hazard(np.empty(0), 0.0, 1.0)
    events = np.bincount(steps[closed], minlength=last + 1)[1:].astype(float)
    watched = np.bincount(steps, minlength=last + 1)[::-1].cumsum()[::-1][1:].astype(float)
    thin = np.flatnonzero(watched < MIN_AT_RISK)
    tail = max(0, min(int(thin[0]) if len(thin) else last, last - TAIL_STEPS))
    piece = np.arange(last) // together
    piece[tail:] = last
    rate = np.minimum(np.bincount(piece, events) / np.maximum(np.bincount(piece, watched), 1.0), 1.0)
    weight = watched[tail:]
    middle = float((np.arange(tail + 1, last + 1) * weight).sum() / weight.sum())
    return Hazard(rate[piece], float(rate[last]), middle)


def month_days(as_of: date, months: int) -> np.ndarray:
    """Days from `as_of` to the end of each of the next `months` calendar months; February has its own length."""
    period = Period.of(as_of)
    return np.array([(period.shift(i).as_of - as_of).days for i in range(1, months + 1)])


def expect_orders(spells: pd.DataFrame, hazards: Hazards, days: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """Expect orders of every customer by each of `days` days from today.

    With f(u) the chance that the next order comes at u and M(t) the expected orders within t of a fresh spell of the
    state that follows: E(t) = sum over u <= t of f(u) (1 + M(t - u)). Customers with the same state, pace and silence
    share the result.

    Parameters
    ----------
    spells : DataFrame
        As in `fit_hazards`; the open one of each customer is conditioned on.
    hazards : Hazards
        From `fit_hazards`.
    days : sequence of int
        Horizons, ascending.

    Returns
    -------
    DataFrame
        One row per customer, in the order of their open spells: `customer_id`, `order_group`, `survival_p_order`
        (chance of at least one order by the last horizon) and ``orders_<days>`` per horizon (cumulative).
    """
    now = (~spells["is_closed"]).to_numpy(dtype=bool)
    gaps = spells["order_number"].to_numpy(dtype=int)[now] - 1
    stage = np.searchsorted(GAP_STAGES, gaps, side="right")
    usual = np.where(gaps > 0, np.maximum(usual_gaps(spells, hazards.typical_days)[now], MIN_USUAL_DAYS), 1.0)
    silence = spells["duration_days"].to_numpy(dtype=float)[now]
    horizon = int(max(days))
    shortest = float(usual[gaps > 0].min(initial=MIN_USUAL_DAYS if (gaps == 0).any() else np.inf))
    fresh = _renew(hazards, int(np.ceil(horizon / min(shortest, horizon) * STEPS_A_GAP)) + 1)
    rows, member = np.unique(np.column_stack([stage, usual, silence]), axis=0, return_inverse=True)
    expected = np.zeros((len(rows), len(days)))
    chance = np.zeros(len(rows))
    for j, (state, pace, waited) in enumerate(rows):
        make = _from_first if state == 0 else _from_later
        expected[j], chance[j] = make(hazards, fresh, int(state), pace, waited, np.asarray(days, dtype=float))
    member = member.ravel()
    table: dict[str, object] = {
        "customer_id": spells["customer_id"].to_numpy()[now],
        "order_group": label_order_group(spells["order_number"][now]).to_numpy(),
        "survival_p_order": np.minimum(chance, 1.0)[member],
    }
    return pd.DataFrame(table | {f"orders_{day}": expected[member, i] for i, day in enumerate(days)})


def _from_first(hazards: Hazards, fresh: np.ndarray, state: int, pace: float, waited: float, days: np.ndarray) -> tuple[np.ndarray, float]:
    """Expected orders of a one-time buyer silent for `waited` days; the gap itself sets the pace that follows."""
    horizon = int(days[-1])
    ahead = hazards.first.chances(int(waited), horizon)
    order_day = np.arange(1, horizon + 1)
    usual = np.maximum((waited + order_day + hazards.typical_days) / 2, MIN_USUAL_DAYS)
    left = np.maximum(days[:, None] - order_day, 0) / usual * STEPS_A_GAP
    gain = np.where(order_day <= days[:, None], 1.0 + _between(fresh[0], left), 0.0)
    return gain @ ahead, float(ahead.sum())


def _from_later(hazards: Hazards, fresh: np.ndarray, state: int, pace: float, waited: float, days: np.ndarray) -> tuple[np.ndarray, float]:
    """Expected orders of a repeat buyer; time runs in steps of the usual gap `pace` (days)."""
    horizons = days / pace * STEPS_A_GAP
    steps = int(np.ceil(horizons[-1]))
    ahead = hazards.later[state - 1].chances(int(np.floor(waited / pace * STEPS_A_GAP)), steps)
    # the last step may be cut by the horizon: it counts for the part inside
    left = horizons[:, None] - np.arange(1, steps + 1)
    inside = np.clip(left + 1, 0.0, 1.0)
    following = fresh[min(state, len(GAP_STAGES) - 1)]
    gain = inside * (1.0 + _between(following, np.maximum(left, 0.0)))
    return gain @ ahead, float(inside[-1] @ ahead)


def _between(curve: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Value of a curve given at 0, 1, 2, ... between its points."""
    low = np.minimum(at.astype(int), len(curve) - 2)
    return curve[low] + (at - low) * (curve[low + 1] - curve[low])


def _renew(hazards: Hazards, steps: int) -> np.ndarray:
    """Solve for the expected orders of a fresh later spell of each stage within 0, 1, ... `steps` steps."""
    expected = np.zeros((len(hazards.later), steps + 1))
    for i in range(len(hazards.later) - 1, -1, -1):
        chance = hazards.later[i].chances(0, steps)
        if i < len(hazards.later) - 1:
            expected[i, 1:] = chance.cumsum() + np.convolve(chance, expected[i + 1])[:steps]
            continue
        for t in range(1, steps + 1):
            expected[i, t] = chance[:t] @ (1.0 + expected[i, t - 1 :: -1][:t])
    return expected
