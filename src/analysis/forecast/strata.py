"""A model of orders for each type of customer, where types differ.

A covariate of every parameter at once, in the plainest form: customers of one level are fitted apart. A level with too few
customers, and customers without one, are forecast by the model fitted to all. Levels must be known on the day and not be
made by the orders that they are to explain (a "VIP" earned later says that its earlier orders came).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from analysis.forecast.candidates import Candidate, Fitted, Snapshot, fit_near
from analysis.forecast.collapse import Floats, Whole
from analysis.forecast.counts import Counts
from analysis.forecast.likelihood import Estimate
from analysis.forecast.uncertainty import Parametric
from analysis.history.orders import collect, merge_ids, survivors
from analysis.history.past import Days
from analysis.ledger.store import is_known

if TYPE_CHECKING:
    from analysis.ledger import Ledger

COLUMN = "customer_type"
"""Of master data. Channel and source of acquisition were tried too, and said nothing that was worth their parameters."""
MIN_CUSTOMERS = 100
"""A level with fewer customers, or fewer of them with a second order day than half of that, is not fitted apart."""


@dataclass(frozen=True)
class Stratified:
    """A candidate fitted to each level of `column` apart.

    Levels are those given, else those of `statistics[column]` if there, else of the snapshot's ledger; with none, or with
    fewer than two levels of `MIN_CUSTOMERS`, this is the `inner` candidate.

    Attributes
    ----------
    inner : Candidate
        The model of each level.
    column : str
        Of the table `customers`.
    given : Series, optional
        Level by `customer_id`, see `read_lasting_levels`.
    """

    inner: Candidate
    column: str = COLUMN
    given: pd.Series | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """As printed."""
        return f"{self.inner.name} by {self.column.replace('_', ' ')}"

    def fit(self, snapshot: Snapshot) -> FittedStratified:
        """Fit to all customers of `snapshot`, and to each level that has enough of them."""
        return self.fit_near(snapshot, None, {}, has_errors=True)

    def fit_near(self, snapshot: Snapshot, whole: Fitted | None, parts: dict[str, Fitted], has_errors: bool) -> FittedStratified:
        """The same from where the whole, and each part, stands already; a part that does not, from the whole."""
        found = self.find(snapshot)
        parts = {
            level: fit_near(self.inner, parts.get(level, whole), take(snapshot, found == level), has_errors)
            for level in enough(found, snapshot.statistics)
        }
        return FittedStratified.of(self, fit_near(self.inner, whole, snapshot, has_errors), parts, found, snapshot)

    def find(self, snapshot: Snapshot) -> np.ndarray:
        """Level of each customer of `snapshot`; "" where none is known."""
        if self.given is None:
            return find_levels(snapshot, self.column)
        return self.given.reindex(snapshot.statistics.index, fill_value="").to_numpy(dtype=object)


@dataclass(frozen=True)
class FittedStratified:
    """See `analysis.forecast.candidates.Fitted`; all results keep the order of `index`.

    Attributes
    ----------
    whole : Fitted
        Fitted to all.
    parts : dict
        Fitted to the customers of each level.
    rest : Fitted, optional
        The whole's parameters for the customers of no level in `parts`, if there are any.
    levels : array
        Level of each customer among `parts`; "" for none.
    """

    model: Stratified
    whole: Fitted
    parts: dict[str, Fitted]
    rest: Fitted | None
    levels: np.ndarray
    index: pd.Index
    _kept: dict[tuple[str, float], pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, model: Stratified, whole: Fitted, parts: dict[str, Fitted], levels: np.ndarray, snapshot: Snapshot) -> FittedStratified:
        """The rest follows from the parts."""
        levels = np.where(np.isin(levels, list(parts)), levels, "")
        is_rest = levels == ""
        rest = whole if is_rest.all() else whole.apply(take(snapshot, is_rest)) if is_rest.any() else None
        return cls(model, whole, parts, rest, levels, snapshot.statistics.index)

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
        parts, kept = {}, dict(self._kept)
        for (level, part), own in zip(self.parts.items(), np.split(np.asarray(values, dtype=np.float64), ends), strict=True):
            mine = cast("Parametric", part)
            if np.array_equal(mine.estimate.parameters, own):
                parts[level] = part
                continue
            parts[level] = cast("Fitted", mine.with_parameters(own))
            kept = {known: table for known, table in kept.items() if known[0] != level}
        return replace(self, parts=parts, _kept=kept)

    def apply(self, snapshot: Snapshot) -> FittedStratified:
        """The same parameters for the customers of another snapshot, by their levels there."""
        levels = self.model.find(snapshot)
        parts = {level: part.apply(take(snapshot, levels == level)) for level, part in self.parts.items() if (levels == level).any()}
        whole = self.whole if len(parts) else self.whole.apply(snapshot)
        return FittedStratified.of(self.model, whole, parts, levels, snapshot)

    def refit(self, snapshot: Snapshot, has_errors: bool = False) -> FittedStratified:
        """Fit to another snapshot, these parameters being the start."""
        return self.model.fit_near(snapshot, self.whole, self.parts, has_errors)

    def predict(self, horizon_days: float) -> pd.DataFrame:
        """`expected_orders` and `p_order` within `horizon_days` after `as_of`, one row per customer."""
        for level, part in self._each():
            if (level, horizon_days) not in self._kept:
                self._kept[level, horizon_days] = part.predict(horizon_days)
        return self._gather({level: self._kept[level, horizon_days] for level, _ in self._each()})

    def p_active(self, z: float = 1.2816) -> pd.DataFrame:
        """`p_active`, `p_active_low`, `p_active_high`, one row per customer."""
        return self._gather({level: part.p_active(z) for level, part in self._each()})

    def counts(self, horizon_days: float) -> tuple[Counts, Whole]:
        """Distributions of the number of orders, and each customer's group among them."""
        group = np.empty(len(self.index), dtype=np.int64)
        counts, size, entries = [], 0, 0
        for level, part in self._each():
            own, own_group = part.counts(horizon_days)
            group[self.levels == level] = own_group + size
            counts.append((own.start[:-1] + entries, own.probability, own.none))
            size, entries = size + len(own.none), entries + len(own.probability)
        start, probability, none = (np.concatenate(parts) for parts in zip(*counts, strict=True))
        return Counts(np.append(start, entries), probability, none), group

    def _each(self) -> list[tuple[str, Fitted]]:
        """Parts and the rest, by the levels of their customers."""
        return [*self.parts.items(), *([("", self.rest)] if self.rest is not None else [])]

    def _gather(self, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
        columns = next(iter(tables.values())).columns
        values = np.empty((len(self.index), len(columns)))
        for level, table in tables.items():
            values[self.levels == level] = table.to_numpy()
        return pd.DataFrame(values, index=self.index, columns=columns)


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


def read_lasting_levels(ledger: Ledger, as_of: date, column: str = COLUMN) -> pd.Series | None:
    """`read_levels` for customers who have had no other level before; None without such a column.

    For earlier dates as for today: what somebody has become explains no earlier order, so that those count as of no level.
    """
    if not ledger.has("customers", column):
        return None
    found = read_levels(ledger, as_of, column)
    rows = ledger.read("customers")
    if "updated_at" in rows.columns:
        known = rows.filter(is_known(rows, "updated_at", as_of, ledger.zone))
        several = collect(known.group_by("customer_id").aggregate(count=known[column].nunique()).filter(lambda t: t["count"] > 1))
        found = found.drop(several["customer_id"], errors="ignore")
    return found


@lru_cache(maxsize=1)
def read_versions(ledger: Ledger, column: str = COLUMN) -> pd.DataFrame:
    """Every level that a customer has or had: `customer_id`, `level`, and `updated_at` where versions are dated; the last is kept."""
    rows = ledger.read("customers")
    dated = ["updated_at"] if "updated_at" in rows.columns else []
    return collect(rows.filter(rows[column].notnull()).select("customer_id", *dated, level=rows[column]))


def digest_levels(ledger: Ledger, ids: pd.Index, column: str = COLUMN) -> str:
    """Hash of the levels of customers: as long as it is the same, so are their levels on any day; "" without such a column.

    When a level was updated counts only for customers who have had several.
    """
    if not ledger.has("customers", column):
        return ""
    rows = read_versions(ledger, column)
    rows = rows[rows["customer_id"].isin(ids)].sort_values(list(rows.columns))
    several = rows.groupby("customer_id")["level"].transform("nunique") > 1
    total = hashlib.blake2b(digest_size=8)
    for part in (rows[["customer_id", "level"]].drop_duplicates(), rows[several]):
        total.update("\0".join(part.astype(str).to_numpy().ravel()).encode() + b"\n")
    return total.hexdigest()


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
