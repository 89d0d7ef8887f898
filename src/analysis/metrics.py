"""The summary's six indicators, and what moved the month's revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.period import Period

Unit = Literal["money", "count", "share"]
Z95 = 1.959963984540054


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
        """For ``metrics.json``."""
        return asdict(self) | {"change": self.change, "definition": f"metrics.{self.name}.definition"}


def wilson_interval(successes: float, trials: float, z: float = Z95) -> tuple[float, float]:
    """Score interval of a share (Wilson 1927); (nan, nan) without trials."""
    if trials <= 0:
        return (float("nan"), float("nan"))
    share, scale = successes / trials, 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / scale
    return (max(0.0, float(centre - half)), min(1.0, float(centre + half)))


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
    low, high = wilson_interval(top, bottom) if bottom > 0 else (None, None)
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
    return pd.DataFrame({
        "month": [str(month) for month in months],
        "numerator": [int(np.searchsorted(ended, end, side="right")) for end in ends],
        "denominator": [int(np.searchsorted(started, end, side="right")) for end in ends],
    })


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
    before, after = (rows.loc[month].astype({c: float for c in ("revenue", "count_orders", "count_buyers")}) for month in pair)

    def factors(row: pd.Series) -> dict[str, float]:
        return {
            "buyers": row["count_buyers"],
            "orders_per_buyer": row["count_orders"] / row["count_buyers"],
            "amount_per_order": row["revenue"] / row["count_orders"],
        }

    old, new = factors(before), factors(after)
    change = after["revenue"] - before["revenue"]
    mean = before["revenue"] if change == 0 else change / np.log(after["revenue"] / before["revenue"])
    parts = [(name, old[name], new[name], mean * np.log(new[name] / old[name])) for name in old]
    return pd.DataFrame(parts, columns=columns)


def revenue_by_origin(monthly: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Buyers of this month and last by origin: first order in the month, or known before.

    Returns
    -------
    DataFrame
        One row per origin: `origin`, `before`, `after`, `change` (counts of buyers).
    """
    rows = monthly.set_index("month")
    old, new = (rows.loc[str(m)] if str(m) in rows.index else pd.Series({"count_buyers": 0, "count_new_buyers": 0}) for m in (period.previous, period))
    table = pd.DataFrame({
        "origin": ["first_order", "known_before"],
        "before": [int(old["count_new_buyers"]), int(old["count_buyers"] - old["count_new_buyers"])],
        "after": [int(new["count_new_buyers"]), int(new["count_buyers"] - new["count_new_buyers"])],
    })
    return table.assign(change=table["after"] - table["before"])


def bridge_by_group(previous: pd.Series, current: pd.Series, group: pd.Series) -> pd.DataFrame:
    """Revenue change by the group that a customer was in at the end of last month.

    Parameters
    ----------
    previous, current : Series
        Net revenue by customer_id in last month and in this one.
    group : Series
        Group by customer_id as of the end of last month; a customer without one is `new_customer`.

    Returns
    -------
    DataFrame
        `group`, `before`, `after`, `change`, largest change first; the changes add up to the total change.
    """
    frame = pd.concat({"before": previous, "after": current}, axis=1).fillna(0.0)
    frame["group"] = group.reindex(frame.index).astype("object").fillna("new_customer")
    table = frame.groupby("group", as_index=False)[["before", "after"]].sum()
    table["change"] = table["after"] - table["before"]
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)
