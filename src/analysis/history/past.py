"""All orders that a forecast may learn from, read once, and what was known of them on any earlier day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis.history import WEEK_DAYS
from analysis.history.arrays import Floats, Whole
from analysis.history.orders import movements

if TYPE_CHECKING:
    from analysis.ledger import Ledger

EPOCH = date(1970, 1, 1)
LEAST = 1e-6
"""Amounts are exact to four places: what is left of a cancelled order beyond that is rounding, not an order."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Days:
    """Order days (customer-days with positive net amount) by what was known on one day.

    One entry per customer and day, sorted by both.

    Attributes
    ----------
    as_of : int
        Day number, inclusive.
    customer : array of int
        Position of the customer in `Past.ids`.
    day : array of int
        Day number; in the company's own time (see `clock`) a number of days of mean activity, not whole.
    amount : array
        Net amount, positive.
    """

    as_of: int
    customer: Whole
    day: Whole | Floats
    amount: Floats

    @property
    def start(self) -> Whole:
        """Where each customer's entries begin; one more than there are customers."""
        changes = np.flatnonzero(np.diff(self.customer)) + 1
        return np.concatenate([[0], changes, [len(self.customer)]]) if len(self.customer) else np.zeros(1, dtype=np.int64)

    @property
    def who(self) -> Whole:
        """The customers with an order, ascending."""
        return self.customer[self.start[:-1]]

    def of_its_customers(self) -> Days:
        """The same with `customer` counting only the customers with an order, as `statistics` does."""
        start = self.start
        position = np.repeat(np.arange(len(start) - 1), np.diff(start))
        return Days(self.as_of, position, self.day, self.amount)


@dataclass(frozen=True)
class Past:
    """Sales and their cancellations known by the end of `as_of`, sorted by customer and day ordered.

    Attributes
    ----------
    as_of : date
        Inclusive.
    ids : Index
        Customer ids by the merges known on `as_of`, ascending.
    customer, ordered, known, amount : array
        One entry per sale or cancellation: position in `ids`, day numbers, amount (negative for a cancellation).
    """

    as_of: date
    ids: pd.Index
    customer: Whole
    ordered: Whole
    known: Whole
    amount: Floats

    def days(self, as_of: date) -> Days:
        """Order days by what was known at the end of `as_of`; a later day than this past's own is refused."""
        if as_of > self.as_of:
            raise ValueError(f"a past of {self.as_of} knows nothing of {as_of}")
        number = day_number(as_of)
        seen = (self.known <= number) & (self.ordered <= number)
        customer, day, amount = self.customer[seen], self.ordered[seen], self.amount[seen]
        if not len(customer):
            return Days(number, customer, day, amount)
        first = np.flatnonzero(np.concatenate([[True], (np.diff(customer) != 0) | (np.diff(day) != 0)]))
        total = np.add.reduceat(amount, first)
        kept = total > LEAST
        return Days(number, customer[first][kept], day[first][kept], total[kept])

    def digest(self, as_of: date) -> str:
        """Hash of what was known at the end of `as_of`: equal where a forecast of that day must be equal."""
        number = day_number(as_of)
        seen = (self.known <= number) & (self.ordered <= number)
        total = hashlib.blake2b(f"{number}\0".encode(), digest_size=16)
        for name in self.ids[np.unique(self.customer[seen])]:
            total.update(f"{name}\0".encode())
        _, position = np.unique(self.customer[seen], return_inverse=True)
        for part in (position, self.ordered[seen], self.known[seen], self.amount[seen]):
            total.update(np.ascontiguousarray(part).tobytes())
        return total.hexdigest()

    def where(self, rows: NDArray) -> Past:
        """Only the sales and cancellations that `rows` (a mask) chooses; `ids` and positions stay."""
        return Past(self.as_of, self.ids, self.customer[rows], self.ordered[rows], self.known[rows], self.amount[rows])

    def sample(self, size: int) -> Past:
        """The orders of at most about `size` customers, chosen by a hash of their ids: the same ones in every month."""
        if len(self.ids) <= size:
            return self
        chosen = pd.util.hash_array(self.ids.to_numpy(dtype=object)) < np.uint64(size / len(self.ids) * 2.0**64)
        position = np.cumsum(chosen) - 1
        kept = chosen[self.customer]
        return Past(
            self.as_of,
            self.ids[chosen],
            position[self.customer[kept]].astype(np.int64),
            self.ordered[kept],
            self.known[kept],
            self.amount[kept],
        )


def read_past(ledger: Ledger, as_of: date, into: dict[str, str] | None = None) -> Past:
    """Read the orders of known customers known by the end of `as_of` (inclusive), under the ids of that day, or merged `into` others."""
    rows = movements(ledger, as_of, into).filter(lambda t: t.customer_id.notnull())
    rows = rows.group_by(["customer_id", "ordered_on", "known_on"]).aggregate(amount=rows.amount.sum())
    table = rows.mutate(amount=rows.amount.cast("float64")).to_pyarrow()
    return make_past(
        as_of,
        table["customer_id"],
        table["ordered_on"].cast(pa.date32()).cast(pa.int32()).to_numpy(),
        table["known_on"].cast(pa.date32()).cast(pa.int32()).to_numpy(),
        table["amount"].to_numpy(),
    )


def make_past(as_of: date, customer_id: pa.ChunkedArray, ordered: NDArray, known: NDArray, amount: NDArray) -> Past:
    """Sort and code: the order of rows makes no difference to anything."""
    coded = pa.chunked_array(customer_id).combine_chunks().dictionary_encode()
    names = pd.Index(coded.dictionary.to_pandas(), dtype=object, name="customer_id")
    ranks = np.empty(len(names), dtype=np.int64)
    by_name = np.argsort(names.to_numpy().astype(str), kind="stable")
    ranks[by_name] = np.arange(len(names))
    customer = ranks[coded.indices.to_numpy()]
    order = np.lexsort((amount, known, ordered, customer))
    who, ordered_on, known_on = (np.asarray(part, dtype=np.int64)[order] for part in (customer, ordered, known))
    return Past(as_of, names[by_name], who, ordered_on, known_on, np.asarray(amount, dtype=np.float64)[order])


def statistics(days: Days, ids: pd.Index) -> pd.DataFrame:
    """Sufficient statistics of the customers with an order day, indexed by `customer_id`: see `history.summarise`."""
    start = days.start
    first, last = start[:-1], start[1:] - 1
    count = (start[1:] - first).astype(np.float64)
    total = np.add.reduceat(days.amount, first) if len(first) else np.zeros(0)
    repeat = np.maximum(count - 1, 1)
    return pd.DataFrame(
        {
            "x": count - 1,
            "t_x": (days.day[last] - days.day[first]) / WEEK_DAYS,
            "T": (days.as_of - days.day[first]) / WEEK_DAYS,
            "m": np.where(count > 1, (total - days.amount[first]) / repeat, 0.0),
            "mean": total / np.maximum(count, 1),
        },
        index=ids[days.who],
    )
