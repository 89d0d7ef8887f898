"""Spells from order days, with what was known of the customer on the day each spell began."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.forecast.candidates import Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.history import WEEK_DAYS
from analysis.history.past import Days

COVARIATES = ("second", "later", "log_orders", "log_gap", "log_amount")
"""Columns of `Spells.x`: the spell follows the second order; a later one; log of a third of the orders so far (later
spells); log of the customer's usual gap by the company's (not for first spells); log of the usual amount by the company's."""
SAME = 1e-9
"""Values nearer than this differ by rounding."""
FIRST, SECOND, LATER = 0, 1, 2
MOST_LOG_AMOUNT = 3.0
"""Amounts beyond twenty times the usual, either way, tell no more than that."""


@dataclass(frozen=True)
class Spells:
    """Times from one order day to the next, one entry per spell.

    Attributes
    ----------
    customer : array of int
        Position of the customer, as in `Days`.
    number : array of int
        Number of the order that starts the spell, from 1.
    started : array
        Day number of that order.
    entry : array
        Days of silence when watching began (exclusive): above 0 only where older records were left out.
    duration : array
        Days to the next order day, or to the end of observation while open.
    closed : array of bool
        Whether the next order came.
    x : array
        One column per entry of `COVARIATES`, known on the day the spell began.
    """

    customer: Whole
    number: Whole
    started: Floats
    entry: Floats
    duration: Floats
    closed: NDArray[np.bool_]
    x: Floats

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def stage(self) -> Whole:
        """0: after the first order, 1: after the second, 2: after a later one."""
        return np.minimum(self.number, LATER + 1) - 1

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Which covariates are not the same in all spells."""
        return np.asarray(np.ptp(self.x, axis=0) > SAME, dtype=bool)

    def take(self, chosen: np.ndarray) -> Spells:
        """Only the spells `chosen` (positions or a mask)."""
        return Spells(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True)
class Usual:
    """What is usual in the company: median completed gap (days) and median amount of an order day."""

    gap_days: float
    amount: float


@dataclass(frozen=True)
class Running:
    """Open spells of all customers and what the spell after today's will know.

    Attributes
    ----------
    open : Spells
        One per customer, in their order.
    usual : Usual
        Of the company.
    span : array
        Days from the first order to the last.
    """

    open: Spells
    usual: Usual
    span: Floats

    def following(self, ahead_days: float) -> Floats:
        """Covariates of the spell after the next order, taken to come `ahead_days` after today."""
        number = self.open.number + 1
        gap = np.log((self.span + self.open.duration + ahead_days + self.usual.gap_days) / number / self.usual.gap_days)
        return _columns(number, gap, self.open.x[:, -1])


def read_spells(days: Days, end: float, usual: Usual | None = None) -> tuple[Spells, Running]:
    """Make the spells of all order days watched until `end`, sorted by customer and number, and the open ones.

    `usual` of the company is read from the same days unless it is given.

    The usual gap of a customer is the mean of the gaps so far and of one gap usual in the company; their usual amount
    likewise. Both use only orders up to the spell's start.
    """
    size = len(days.day)
    start = days.start
    first = np.repeat(start[:-1], np.diff(start))
    number = np.arange(size) - first + 1
    is_last = np.zeros(size, dtype=bool)
    is_last[start[1:] - 1] = True
    day = np.asarray(days.day, dtype=np.float64)
    duration = np.append(day[1:], end) - day
    duration[is_last] = end - day[is_last]
    if usual is None:
        gap_days = float(np.median(duration[~is_last])) if (~is_last).any() else 1.0
        usual = Usual(gap_days, float(np.median(days.amount)) if size else 1.0)
    span = day - day[first]
    total = np.cumsum(days.amount)
    spent = total - total[first] + days.amount[first]
    amount = np.log((spent + usual.amount) / (number + 1) / usual.amount)
    gap = np.log((span + usual.gap_days) / number / usual.gap_days)
    x = _columns(number, gap, np.clip(amount, -MOST_LOG_AMOUNT, MOST_LOG_AMOUNT))
    spells = Spells(days.customer, number, day, np.zeros(size), duration, ~is_last, x)
    return spells, Running(spells.take(is_last), usual, span[is_last])


def _columns(number: Whole, log_gap: Floats, log_amount: Floats) -> Floats:
    later = number > 2
    return np.column_stack(
        [number == 2, later, np.where(later, np.log(number / 3), 0.0), np.where(number > 1, log_gap, 0.0), log_amount]
    ).astype(np.float64)


def sample(spells: Spells, ids: pd.Index, max_customers: int, last_days: int, end: float) -> Spells:
    """Spells to learn from: those of about `max_customers` customers, watched over the `last_days` up to `end`.

    Customers are chosen by a hash of their ids, the same ones on every date. A spell that began before the watch enters
    it with its silence so far (`entry`; delayed entry), so that long silences are neither left out nor counted twice.
    Choosing each customer's last spells instead would choose by the outcome: the last one is always open. Spells of
    length 0 carry no information and are left out.
    """
    if len(ids) > max_customers:
        chosen = pd.util.hash_array(ids.to_numpy(dtype=object)) < np.uint64(max_customers / len(ids) * 2.0**64)
        spells = spells.take(chosen[spells.customer])
    entry = np.maximum(end - last_days - spells.started, 0.0)
    watched = Spells(spells.customer, spells.number, spells.started, entry, spells.duration, spells.closed, spells.x)
    return watched.take(watched.duration > entry)


def order_days(snapshot: Snapshot) -> tuple[Days, float]:
    """Order days of a snapshot and the end of observation in the same time; a snapshot without order days is refused.

    In the company's own time (`origins.clocked`) days are counted from another start than `as_of`: the end is where each
    customer's age (`T`) says.
    """
    days = snapshot.days
    if days is None:
        raise ValueError(f"the snapshot of {snapshot.as_of} was made without order days: it has no spells")
    if not is_clocked(days) or not len(days.day):
        return days, float(days.as_of)
    return days, float((days.day[days.start[:-1]] + snapshot.statistics["T"].to_numpy() * WEEK_DAYS).max())


def is_clocked(days: Days) -> bool:
    """Whether days are those of the company's own time, whose seasons are gone already."""
    return not np.issubdtype(days.day.dtype, np.integer)
