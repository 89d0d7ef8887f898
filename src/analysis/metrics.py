"""The summary's six indicators, and what moved the month's revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.history.rates import wilson
from analysis.period import Period

BETTER = {"lapse_rate": "lower", "ended_share": "lower", "expected_ends": "lower", "value_at_risk": "lower"}
"""Indicators that are good news when they fall."""

Unit = Literal["money", "count", "share"]


@dataclass(frozen=True)
class Metric:
    """One indicator of one month.

    Attributes
    ----------
    name : str
        Also the key of its title and definition in the report's words.
    value, previous : float or None
        This month's value and last month's, in `unit`; None where it cannot be said.
    numerator, denominator : float or None
        What a rate was made of.
    low, high : float or None
        Interval of `value`; None for a plain count or sum.
    history : tuple of (str, float or None)
        Month and value, oldest first, this month last.
    """

    name: str
    value: float | None
    previous: float | None
    unit: Unit
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    history: tuple[tuple[str, float | None], ...] = ()

    @property
    def change(self) -> float | None:
        """Value less last month's, in the same unit (a difference of shares for a share)."""
        return None if self.value is None or self.previous is None else self.value - self.previous

    def as_dict(self) -> dict[str, Any]:
        """For ``metrics.json``; `definition` is the key of its definition in the report's words."""
        return asdict(self) | {"change": self.change, "definition": f"kpi.{self.name}.definition"}


def from_months(monthly: pd.DataFrame, column: str, period: Period, unit: Unit, name: str) -> Metric:
    """An indicator that is one column of the monthly table.

    Parameters
    ----------
    monthly : DataFrame
        One row per month (`month` as YYYY-MM), oldest first, up to `period`.
    """
    values = {str(month): float(value) for month, value in zip(monthly["month"], monthly[column], strict=True)}
    months = [str(period.shift(-back)) for back in range(11, -1, -1)]
    history = tuple((month, values.get(month)) for month in months)
    return Metric(name, values.get(str(period)), values.get(str(period.previous)), unit, history=history)


def from_rates(rates: pd.DataFrame, period: Period, name: str) -> Metric:
    """An indicator that is a share with numerator and denominator.

    Parameters
    ----------
    rates : DataFrame
        One row per month: `month`, `numerator`, `denominator`; oldest first, up to `period`.
    """
    rows = {str(row.month): (float(row.numerator), float(row.denominator)) for row in rates.itertuples()}

    def share(month: Period) -> float | None:
        top, bottom = rows.get(str(month), (0.0, 0.0))
        return top / bottom if bottom > 0 else None

    top, bottom = rows.get(str(period), (0.0, 0.0))
    low, high = (float(limit[0]) for limit in wilson([top], [bottom])) if bottom > 0 else (None, None)
    months = [period.shift(-back) for back in range(11, -1, -1)]
    history = tuple((str(month), share(month)) for month in months)
    return Metric(name, share(period), share(period.previous), "share", top, bottom, low, high, history)


def repurchase_rates(spells: pd.DataFrame, months: Sequence[Period]) -> pd.DataFrame:
    """Buyers with a second order day by each month's end, of all buyers by then (requirement B7).

    Parameters
    ----------
    spells : DataFrame
        One row per spell; those of order number 1 start at the first order and end at the second.

    Returns
    -------
    DataFrame
        One row per month: `month`, `numerator`, `denominator`.
    """
    first = spells[spells["order_number"] == 1]
    started = np.sort(pd.to_datetime(first["started_on"]).to_numpy())
    ended = np.sort(pd.to_datetime(first["ended_on"].dropna()).to_numpy())
    ends = [np.datetime64(month.as_of) for month in months]
    return pd.DataFrame(
        {
            "month": [str(month) for month in months],
            "numerator": [int(np.searchsorted(ended, end, side="right")) for end in ends],
            "denominator": [int(np.searchsorted(started, end, side="right")) for end in ends],
        }
    )


def from_total(total: tuple[float, float, float], previous: float | None, name: str) -> Metric:
    """A sum of money with its interval: `total` is expected, low and high."""
    expected, low, high = total
    return Metric(name, expected, previous, "money", low=low, high=high)


def decompose_revenue(monthly: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Change of revenue since last month, split into buyers, orders a buyer and amount an order.

    Logarithmic mean Divisia index (Ang 2005, eq. 5): each factor's part is L(R1, R0) ln(f1 / f0), and the parts add up.

    Returns
    -------
    DataFrame
        One row per factor: `factor`, `before`, `after`, `contribution` (currency). Empty where either month has no revenue.
    """
    rows = monthly.set_index("month")
    pair = [str(period.previous), str(period)]
    columns = ["factor", "before", "after", "contribution"]
    if not set(pair) <= set(rows.index) or (rows.loc[pair, ["revenue", "count_orders", "count_buyers"]] <= 0).to_numpy().any():
        return pd.DataFrame(columns=columns)
    before, after = (rows.loc[month, ["revenue", "count_orders", "count_buyers"]].astype(float) for month in pair)

    def factors(row: pd.Series) -> dict[str, float]:
        return {
            "buyers": row["count_buyers"],
            "orders_per_buyer": row["count_orders"] / row["count_buyers"],
            "amount_per_order": row["revenue"] / row["count_orders"],
        }

    old, new = factors(before), factors(after)
    mean = _mean_logarithmically(before["revenue"], after["revenue"])
    parts = [(name, old[name], new[name], mean * np.log(new[name] / old[name])) for name in old]
    return pd.DataFrame(parts, columns=columns)


def _mean_logarithmically(first: float, second: float) -> float:
    """L(a, b) = (b - a) / ln(b / a) of two positive numbers; of nearly equal ones, their mean (the same to 13 digits)."""
    if abs(second - first) < 1e-6 * first:
        return (first + second) / 2
    return (second - first) / float(np.log(second / first))


def revenue_in(spells: pd.DataFrame, period: Period) -> pd.Series:
    """Net revenue by customer_id of the order days in `period`, from spells (one row per order day, `amount`)."""
    started = pd.to_datetime(spells["started_on"])
    inside = (started >= pd.Timestamp(period.starts_on)) & (started <= pd.Timestamp(period.as_of))
    return spells[inside].groupby("customer_id")["amount"].sum()


ORIGINS = ("new_customer", "came_back", "bought_more", "bought_less", "paused")
"""Where a change of revenue comes from, by what a customer did in the two months."""


def bridge_revenue(spells: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Revenue change since last month by what customers did.

    Parameters
    ----------
    spells : DataFrame
        One row per order day, as known now: `customer_id`, `order_number`, `started_on`, `amount`.

    Returns
    -------
    DataFrame
        One row per origin, in the order of `ORIGINS`: `origin`, `count_customers`, `before`, `after`, `change` (currency).
        ``new_customer``: first order in the month; ``came_back``: ordered before, but not last month; ``bought_more``
        and ``bought_less``: in both months, for at least as much or for less; ``paused``: last month only. The changes
        add up to the change of revenue.
    """
    frame = pd.concat({"before": revenue_in(spells, period.previous), "after": revenue_in(spells, period)}, axis=1).fillna(0.0)
    first = spells.loc[spells["order_number"] == 1].set_index("customer_id")["started_on"]
    is_new = pd.to_datetime(first.reindex(frame.index)) >= pd.Timestamp(period.starts_on)
    conditions = [is_new, frame["before"] == 0, frame["after"] == 0, frame["after"] >= frame["before"]]
    frame["origin"] = np.select(conditions, ["new_customer", "came_back", "paused", "bought_more"], "bought_less")
    table = frame.groupby("origin").agg(count_customers=("before", "size"), before=("before", "sum"), after=("after", "sum"))
    table = table.reindex(list(ORIGINS)).fillna(0.0).rename_axis("origin").reset_index().astype({"count_customers": "int64"})
    return table.assign(change=table["after"] - table["before"])
