"""What a forecasting model is given and what it must answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pandas as pd

from analysis.forecast.collapse import Collapsed, Whole, collapse
from analysis.forecast.counts import Counts
from analysis.history.past import Days, Past, read_past, statistics

if TYPE_CHECKING:
    from analysis.ledger import Ledger


@dataclass(frozen=True)
class Snapshot:
    """What was known of all customers with an order at the end of `as_of`.

    Attributes
    ----------
    as_of : date
        Inclusive.
    statistics : DataFrame
        One row per customer, indexed by `customer_id`, see `history.summarise`.
    ledger : Ledger, optional
        For candidates that learn from earlier dates; without it only `statistics` are known.
    days : Days, optional
        Order days, for candidates that learn from single orders; `customer` is a position in `statistics.index`.
    past : Past, optional
        What `ledger` shows at the end of `as_of`, all of it, for the champion.
    """

    as_of: date
    statistics: pd.DataFrame
    ledger: Ledger | None = None
    days: Days | None = None
    past: Past | None = field(default=None, repr=False)

    @classmethod
    def of(cls, ledger: Ledger, as_of: date) -> Snapshot:
        """Read the snapshot of a date from a clean ledger."""
        return cls.show(read_past(ledger, as_of), ledger)

    @classmethod
    def show(cls, past: Past, ledger: Ledger | None = None) -> Snapshot:
        """What `past`, read from `ledger` before, shows at its end."""
        days = past.days(past.as_of)
        return cls(past.as_of, statistics(days, past.ids), ledger, days.of_its_customers(), past)

    @cached_property
    def collapsed(self) -> Collapsed:
        """Its distinct histories: all models applied to it share them."""
        return collapse(self.statistics)

    def earlier(self, as_of: date) -> Snapshot:
        """What was known on an earlier day. A later one is refused: no candidate can look ahead."""
        return Snapshot.of(self._known(as_of), as_of)

    def _known(self, as_of: date) -> Ledger:
        if as_of > self.as_of:
            raise ValueError(f"a snapshot of {self.as_of} knows nothing of {as_of}")
        if self.ledger is None:
            raise ValueError(f"the snapshot of {self.as_of} was made without a ledger: it has statistics only")
        return self.ledger


class Fitted(Protocol):
    """A model fitted to a snapshot; every answer has one row per customer in the snapshot's order."""

    @property
    def name(self) -> str:
        """As printed."""

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` and `p_order` within `horizon_days` after `as_of`."""

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Distributions of the number of orders, and each customer's group among them."""

    def p_active(self, z: float = ...) -> pd.DataFrame:
        """`p_active`, `p_active_low`, `p_active_high` at the end of `as_of`."""

    def apply(self, snapshot: Snapshot) -> Fitted:
        """The same parameters for the customers and orders of another snapshot; its own gives its own answers again."""


class Candidate(Protocol):
    """A model that can be fitted to any snapshot."""

    @property
    def name(self) -> str:
        """As printed."""

    def fit(self, snapshot: Snapshot) -> Fitted:
        """Fit to what `snapshot` knows."""


@runtime_checkable
class Refittable(Protocol):
    """A fitted model from whose estimate another fit can start."""

    def refit(self, snapshot: Snapshot, has_errors: bool = ...) -> Fitted:
        """Fit to another snapshot; with the errors of its own estimate if asked."""


def fit_near(candidate: Candidate, near: Fitted | None, snapshot: Snapshot, has_errors: bool = False) -> Fitted:
    """Fit `candidate` to `snapshot`, from where it stands `near` if a fit can start there."""
    return near.refit(snapshot, has_errors) if isinstance(near, Refittable) else candidate.fit(snapshot)
