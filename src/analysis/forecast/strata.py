"""A model of orders for each type of customer, where types differ.

A covariate of every parameter at once, in the plainest form: customers of one level are fitted apart. A level with too few
customers, and customers without one, are forecast by the model fitted to all. Levels must be known on the day and not be
made by the orders that they are to explain (a "VIP" earned later says that its earlier orders came).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate, Fitted, Snapshot
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.counts import Counts
from analysis.forecast.likelihood import Estimate
from analysis.forecast.uncertainty import Parametric
from analysis.history.orders import collect, merge_ids, survivors
from analysis.history.past import Days

if TYPE_CHECKING:
    from analysis.ledger import Ledger

COLUMN = "customer_type"
"""Of master data. Channel and source of acquisition were tried too, and said nothing that was worth their parameters."""
MIN_CUSTOMERS = 100
"""A level with fewer customers, or fewer of them with a second order day than half of that, is not fitted apart."""


@dataclass(frozen=True)
class Stratified:
    """A candidate fitted to each level of `column` apart.

    Levels are those of `statistics[column]` if there, else of the snapshot's ledger; with neither, or with fewer than two
    levels of `MIN_CUSTOMERS`, this is the `inner` candidate.

    Attributes
    ----------
    inner : Candidate
        The model of each level.
    column : str
        Of the table `customers`.
    """

    inner: Candidate
    column: str = COLUMN

    @property
    def name(self) -> str:
        """As printed."""
        return f"{self.inner.name} by {self.column.replace('_', ' ')}"

    def fit(self, snapshot: Snapshot) -> FittedStratified:
        """Fit to all customers of `snapshot`, and to each level that has enough of them."""
        levels = find_levels(snapshot, self.column)
        whole = self.inner.fit(snapshot)
        parts = {level: self.inner.fit(take(snapshot, levels == level)) for level in enough(levels, snapshot.statistics)}
        return FittedStratified(self, whole, parts, levels, snapshot.statistics.index)


@dataclass(frozen=True)
class FittedStratified:
    """See `analysis.forecast.candidates.Fitted`; all results keep the order of `index`.

    Attributes
    ----------
    whole : Fitted
        Fitted to all; its forecasts stand for customers of no level in `parts`.
    parts : dict
        Fitted to the customers of each level.
    levels : array
        Level of each customer; "" for none.
    """

    model: Stratified
    whole: Fitted
    parts: dict[str, Fitted]
    levels: np.ndarray
    index: pd.Index

    @property
    def name(self) -> str:
        """The candidate's name; the inner one's where no level is fitted apart."""
        return self.model.name if self.parts else self.whole.name

    @property
    def estimate(self) -> Estimate:
        """Parameters of all parts, one after the other, as independent; the whole's where there are none."""
        estimates = [cast("Parametric", part).estimate for part in (self.parts.values() if self.parts else [self.whole])]
        names = [f"{name} ({level})" for level, one in zip(self.parts, estimates, strict=True) for name in one.names] if self.parts else []
        ends = np.cumsum([len(one.parameters) for one in estimates])
        covariance = np.zeros((ends[-1], ends[-1]))
        for one, end in zip(estimates, ends, strict=True):
            covariance[end - len(one.parameters) : end, end - len(one.parameters) : end] = one.covariance
        return Estimate(
            tuple(names) or estimates[0].names,
            np.concatenate([one.parameters for one in estimates]),
            covariance,
            sum(one.log_likelihood for one in estimates),
            sum(one.count for one in estimates),
        )

    def with_parameters(self, values: Floats) -> FittedStratified:
        """Return the same customers under other parameters, those of all parts one after the other."""
        if not self.parts:
            return replace(self, whole=cast("Fitted", cast("Parametric", self.whole).with_parameters(values)))
        ends = np.cumsum([len(cast("Parametric", part).estimate.parameters) for part in self.parts.values()])[:-1]
        moved = zip(self.parts.items(), np.split(np.asarray(values, dtype=np.float64), ends), strict=True)
        return replace(self, parts={level: cast("Fitted", cast("Parametric", part).with_parameters(own)) for (level, part), own in moved})

    def apply(self, snapshot: Snapshot) -> FittedStratified:
        """The same parameters for the customers of another snapshot, by their levels there."""
        levels = find_levels(snapshot, self.model.column)
        parts = {level: part.apply(take(snapshot, levels == level)) for level, part in self.parts.items()}
        return replace(self, whole=self.whole.apply(snapshot), parts=parts, levels=levels, index=snapshot.statistics.index)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` and `p_order` within `horizon_days` after `as_of`, one row per customer."""
        return self._gather(self.whole.predict(horizon_days), {level: part.predict(horizon_days) for level, part in self.parts.items()})

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """`p_active`, `p_active_low`, `p_active_high`, one row per customer."""
        return self._gather(self.whole.p_active(z), {level: part.p_active(z) for level, part in self.parts.items()})

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Distributions of the number of orders, and each customer's group among them."""
        all_counts, group = self.whole.counts(horizon_days)
        group = group.copy()
        for level, part in self.parts.items():
            own, own_group = part.counts(horizon_days)
            group[self.levels == level] = own_group + len(all_counts.none)
            start = np.concatenate([all_counts.start[:-1], all_counts.start[-1] + own.start])
            joined = np.concatenate([all_counts.probability, own.probability])
            all_counts = Counts(start, joined, np.concatenate([all_counts.none, own.none]))
        return all_counts, group

    def _gather(self, table: pd.DataFrame, parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
        values = table.to_numpy(copy=True)
        for level, part in parts.items():
            values[self.levels == level] = part.to_numpy()
        return pd.DataFrame(values, index=self.index, columns=table.columns)


def find_levels(snapshot: Snapshot, column: str = COLUMN) -> np.ndarray:
    """Level of each customer of `snapshot`; "" where none is known."""
    if column in snapshot.statistics:
        given = snapshot.statistics[column]
    elif snapshot.ledger is not None:
        given = read_levels(snapshot.ledger, snapshot.as_of, column).reindex(snapshot.statistics.index)
    else:
        given = pd.Series("", index=snapshot.statistics.index)
    return given.astype(object).where(given.notna(), "").to_numpy(dtype=object)


def read_levels(ledger: Ledger, as_of: date, column: str = COLUMN) -> pd.Series:
    """`column` of the table `customers` as known on `as_of`, by `customer_id`; a double's own fills what its survivor lacks."""
    into = survivors(ledger, as_of)
    rows = ledger.table("customers", as_of).select("customer_id", column).mutate(own_id=lambda t: t.customer_id)
    rows = merge_ids(rows.filter(rows[column].notnull()), into)
    order = [(rows.own_id != rows.customer_id).cast("int8"), rows.own_id]
    found = collect(rows.group_by("customer_id").aggregate(level=rows[column].first(order_by=order)))
    return found.set_index("customer_id")["level"].sort_index()


def enough(levels: np.ndarray, statistics: pd.DataFrame) -> list[str]:
    """Levels that are fitted apart, ascending: two or more, each with enough customers and repeat customers; else none."""
    table = pd.DataFrame({"level": levels, "back": statistics["x"].to_numpy() > 0})
    size = table[table["level"] != ""].groupby("level")["back"].agg(["size", "sum"])
    kept = size[(size["size"] >= MIN_CUSTOMERS) & (size["sum"] >= MIN_CUSTOMERS / 2)].index
    return sorted(kept) if len(kept) > 1 else []


def take(snapshot: Snapshot, chosen: np.ndarray) -> Snapshot:
    """Only the `chosen` customers (one boolean each) of a snapshot, without its ledger."""
    days = snapshot.days
    if days is not None:
        kept = chosen[days.customer]
        days = Days(days.as_of, (np.cumsum(chosen) - 1)[days.customer[kept]], days.day[kept], days.amount[kept])
    return Snapshot(snapshot.as_of, snapshot.statistics[chosen], days=days)
