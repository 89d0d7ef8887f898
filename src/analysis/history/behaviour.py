"""How customers buy: how often, for how much, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.contracts import Missing
from analysis.history.orders import collect, order_days
from analysis.history.rates import LEVEL, add_rate

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from analysis.ledger import Ledger

ORDER_BANDS = (1, 2, 3, 4, 5, 7, 10, 20, 50)
"""First number of order days of each band."""

GAP_BANDS = (1, 7, 14, 30, 60, 90, 120, 180, 365)
"""First number of days of each band of completed gaps."""

AMOUNT_BANDS = tuple(step * 10**power for power in range(8) for step in (1, 2, 5))
"""First amount of each band after the lowest (0 to 1), in source currency: equal steps on a logarithmic scale."""

_QUARTER_HOUR = 900


@dataclass(frozen=True)
class Purchases:
    """Distributions of purchase behaviour; each table has one row a band, all bands between the lowest and the highest filled one.

    Attributes
    ----------
    orders_per_customer : DataFrame
        `orders_from, orders_to` (inclusive; missing: no upper end), `count_customers, total, share, share_low, share_high`.
    amounts : DataFrame
        `amount_from` (inclusive), `amount_to` (exclusive), `count_orders, total`, share and limits. An order is a
        customer's day, netted of what was cancelled by then.
    gaps : DataFrame
        `days_from, days_to` (inclusive), `count_gaps, total`, share and limits. Completed gaps between a customer's
        consecutive order days; the silence after the last one is not among them, so long gaps are under-represented.
    weekdays : DataFrame
        `weekday` (1 Monday to 7 Sunday), `count_orders, total`, share and limits.
    months : DataFrame
        `month` (1 to 12), `count_orders, count_days` (days of that calendar month from the first sale to `as_of`), `orders_per_day`, and
        `index` (orders per day over that of all days). Months never seen are left out.
    hours : DataFrame or Missing
        `hour` (0 to 23, source's local time), `count_orders, total`, share and limits; `Missing` without clock times.
    """

    orders_per_customer: pd.DataFrame
    amounts: pd.DataFrame
    gaps: pd.DataFrame
    weekdays: pd.DataFrame
    months: pd.DataFrame
    hours: pd.DataFrame | Missing


def purchase_distributions(ledger: Ledger, as_of: date, level: float = LEVEL) -> Purchases:
    """Frequency, amount and time of purchases known by the end of `as_of`, inclusive (requirement A8).

    Parameters
    ----------
    ledger : Ledger
        A clean ledger.
    as_of : date
        Last day that is read, local.
    level : float
        Confidence of the shares' Wilson intervals. They treat orders as independent; a customer's orders are not, so
        read the ones over orders and gaps as the least uncertainty there is.

    Returns
    -------
    Purchases
        Frequency, amounts and gaps come from netted order days of known customers. Weekday, month and hour come from sale
        lines, an order counted once at its first line, anonymous sales included, cancelled ones too: they show when
        people buy.
    """
    # Each is read several times below; kept by the engine, lines are netted once.
    days = order_days(ledger, as_of).cache()
    sales = _first_lines(ledger.table("order_lines", as_of)).cache()
    return Purchases(
        orders_per_customer=_count_bands(_orders_per_customer(days), ORDER_BANDS, "orders", "count_customers", level),
        amounts=_amounts(days, level),
        gaps=_count_bands(_gaps(days), GAP_BANDS, "days", "count_gaps", level),
        weekdays=_weekdays(sales, level),
        months=_months(sales, as_of),
        hours=_hours(sales, ledger, level),
    )


def _first_lines(lines: ir.Table) -> ir.Table:
    sales = lines.filter(lines.line_kind == "sale")
    return sales.group_by(sales.order_id).aggregate(ordered_at=sales.ordered_at.min(), ordered_on=sales.ordered_on.min())


def _orders_per_customer(days: ir.Table) -> pd.DataFrame:
    orders = days.group_by("customer_id").aggregate(value=days.count())
    return collect(orders.group_by("value").aggregate(count=orders.count()))


def _gaps(days: ir.Table) -> pd.DataFrame:
    import ibis

    number = days.ordered_on.epoch_days()
    ordered = ibis.window(group_by=days.customer_id, order_by=days.ordered_on)
    gaps = days.select(value=number - number.lag().over(ordered))
    gaps = gaps.filter(gaps.value.notnull())
    return collect(gaps.group_by("value").aggregate(count=gaps.count()))


def _count_bands(counts: pd.DataFrame, starts: tuple[int, ...], name: str, label: str, level: float) -> pd.DataFrame:
    band = pd.Series(starts).searchsorted(counts["value"].astype("int64"), side="right") - 1
    filled = counts["count"].groupby(band).sum()
    table = _dense(filled, label)
    ends = [*(start - 1 for start in starts[1:]), None]
    table.insert(0, f"{name}_from", [starts[i] for i in table.index])
    table.insert(1, f"{name}_to", pd.array([ends[i] for i in table.index], dtype="Int64"))
    return _with_share(table, label, level)


def _amounts(days: ir.Table, level: float) -> pd.DataFrame:
    edges = AMOUNT_BANDS
    band = sum(((days.amount >= edge).ifelse(1, 0) for edge in edges[1:]), (days.amount >= edges[0]).ifelse(1, 0))
    banded = days.select(band=band)
    counts = collect(banded.group_by("band").aggregate(count=banded.count())).set_index("band")["count"].sort_index()
    table = _dense(counts, "count_orders")
    table.insert(0, "amount_from", [edges[i - 1] if i else 0 for i in table.index])
    table.insert(1, "amount_to", pd.array([edges[i] if i < len(edges) else None for i in table.index], dtype="Int64"))
    return _with_share(table, "count_orders", level)


def _weekdays(sales: ir.Table, level: float) -> pd.DataFrame:
    days = sales.select(weekday=sales.ordered_on.day_of_week.index() + 1)
    counts = collect(days.group_by("weekday").aggregate(count=days.count())).set_index("weekday")["count"]
    table = counts.reindex(range(1, 8), fill_value=0).astype("int64").rename("count_orders").rename_axis("weekday").reset_index()
    return _with_share(table, "count_orders", level)


def _months(sales: ir.Table, as_of: date) -> pd.DataFrame:
    per_day = collect(sales.group_by("ordered_on").aggregate(count=sales.count())).sort_values("ordered_on")
    columns = ["month", "count_orders", "count_days", "orders_per_day", "index"]
    if per_day.empty:
        return pd.DataFrame(columns=columns)
    counts = per_day.set_index(pd.DatetimeIndex(per_day["ordered_on"]))["count"]
    calendar = counts.reindex(pd.date_range(counts.index[0], pd.Timestamp(as_of)), fill_value=0)
    table = calendar.groupby(calendar.index.month).agg(["sum", "size"]).rename_axis("month").reset_index()
    table.columns = pd.Index(columns[:3])
    table["orders_per_day"] = table["count_orders"] / table["count_days"]
    table["index"] = table["orders_per_day"] / calendar.mean()
    return table


def _hours(sales: ir.Table, ledger: Ledger, level: float) -> pd.DataFrame | Missing:
    # Offsets of time zones are whole quarters of an hour: the aggregate can be shifted here, engine-independently.
    quarters = sales.select(quarter=sales.ordered_at.epoch_seconds() // _QUARTER_HOUR)
    counts = collect(quarters.group_by("quarter").aggregate(count=quarters.count()))
    instants = pd.to_datetime(counts["quarter"].astype("int64") * _QUARTER_HOUR, unit="s", utc=True).dt.tz_convert(ledger.zone)
    is_midnight = (instants.dt.hour == 0) & (instants.dt.minute == 0)
    # A date without a clock time is stored as local midnight (an hour later on the rare day that has none).
    if counts["count"].where(is_midnight, 0).sum() > 0.99 * counts["count"].sum() or counts.empty:
        return Missing("order_lines", ("ordered_at",), ("A8",))
    by_hour = counts["count"].groupby(instants.dt.hour).sum().reindex(range(24), fill_value=0).astype("int64")
    return _with_share(by_hour.rename("count_orders").rename_axis("hour").reset_index(), "count_orders", level)


def _dense(counts: pd.Series, label: str) -> pd.DataFrame:
    span = range(counts.index.min(), counts.index.max() + 1) if len(counts) else range(0)
    return counts.reindex(span, fill_value=0).astype("int64").to_frame(label)


def _with_share(table: pd.DataFrame, label: str, level: float) -> pd.DataFrame:
    return add_rate(table.assign(total=table[label].sum()), label, "total", level=level).reset_index(drop=True)
