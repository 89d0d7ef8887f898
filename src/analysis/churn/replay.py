"""What was known of each customer at the end of each of the last months, all from one reading of the orders.

The early warning of a month looks back: a warning is held for some months, the weight of a reason is learnt from months
whose horizon has closed, and lists are graded when theirs has. Each month sees what was known on its last day: its own
merges, cancellations known by then, the limits of its own base month. What a later month adds changes none of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.churn.early_warning import OWN_GAPS, measure_rhythm
from analysis.churn.groups import label_order_group
from analysis.churn.kaplan_meier import estimate
from analysis.churn.lapse import label_lapsed, set_limits
from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.scoring import choose
from analysis.history.orders import survivors_by_date
from analysis.history.past import Days, Past, day_number, make_past, read_past, statistics
from analysis.history.signals import replay_signals
from analysis.params import Params
from analysis.period import Period
from analysis.segments import base_period

if TYPE_CHECKING:
    from analysis.ledger import Ledger

EPOCH = pd.Timestamp(0)


@dataclass
class Orders:
    """Orders under the ids of the raw data, and the merges known on each date: what any date knew.

    Attributes
    ----------
    past : Past
        Sales and cancellations known by the last date, unmerged.
    survivors : dict
        By date, which ids stood under which (history.survivors_by_date).
    """

    past: Past
    survivors: dict[date, dict[str, str]]
    _merged: dict[frozenset[tuple[str, str]], Past] = field(default_factory=dict, repr=False)

    def under(self, day: date) -> Past:
        """The past under the ids of `day`."""
        into = self.survivors[day]
        key = frozenset(into.items())
        if key not in self._merged:
            self._merged[key] = _rename(self.past, into)
        return self._merged[key]

    def days(self, day: date, until: date | None = None) -> tuple[Days, pd.Index]:
        """Order days as known at the end of `until` (by default `day`), under the ids of `day`; and those ids."""
        past = self.under(day)
        return past.days(until or day), past.ids

    def spells(self, day: date) -> pd.DataFrame:
        """`history.build_spells` as of `day`, without looking at the ledger again."""
        days, ids = self.days(day)
        return make_spells(days, ids)


def _rename(past: Past, into: dict[str, str]) -> Past:
    if not into or not len(past.ids):
        return past
    import pyarrow as pa

    names = past.ids.to_series().replace(into).to_numpy(dtype=object)[past.customer]
    return make_past(past.as_of, pa.chunked_array([pa.array(names, pa.string())]), past.ordered, past.known, past.amount)


def make_spells(days: Days, ids: pd.Index) -> pd.DataFrame:
    """Spells of the order days known on a date: the columns of `history.build_spells`."""
    count = len(days.customer)
    last = np.ones(count, dtype=bool)
    last[: count - 1] = np.diff(days.customer) != 0
    first = np.concatenate([[0], np.flatnonzero(last) + 1])[:-1] if count else np.zeros(0, dtype=np.int64)
    number = np.arange(count) - np.repeat(first, np.diff(np.append(first, count))) + 1
    end = np.where(last, days.as_of, np.append(days.day[1:], days.as_of)[:count])
    started = EPOCH + pd.to_timedelta(days.day, unit="D")
    return pd.DataFrame(
        {
            "customer_id": ids.to_numpy(dtype=object)[days.customer],
            "order_number": number,
            "started_on": started.astype("datetime64[ns]"),
            "ended_on": pd.Series(EPOCH + pd.to_timedelta(end, unit="D")).astype("datetime64[ns]").where(~last),
            "amount": days.amount,
            "duration_days": end - days.day,
            "is_closed": ~last,
        }
    )


def replay_signs(ledger: Ledger, last: Period, params: Params) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Signs of every active customer at the end of the last months, and the merges known then.

    Parameters
    ----------
    ledger : Ledger
        Nothing known after the end of `last` is read.
    last : Period
        The month of the report.
    params : Params
        `churn.warning_memory_months` and `churn.warning_graded_months` set how far back, `forecast.horizon_days` when an
        outcome is known.

    Returns
    -------
    tuple
        The signs, one row per month and customer who had not lapsed (see `describe`), months as YYYY-MM; and by month
        the ids that stood under others.
    """
    raw = read_past(ledger, last.as_of, {})
    back = last.shift(1 - count_months(params)).to(last)
    # the month of the report itself even where nobody has ordered yet: its list is empty, not missing
    months = [month for month in back if (raw.known <= day_number(month.as_of)).any()] or [last]
    orders = Orders(raw, survivors_by_date(ledger, [month.as_of for month in months]))
    bases = {month: _find_base(orders, month, params) for month in months}
    early = [base.as_of for base in bases.values() if base.as_of not in orders.survivors]
    if early:
        orders.survivors.update(survivors_by_date(ledger, early))
    signals = replay_signals(ledger, [month.as_of for month in months])
    limits = {base: set_limits(orders.spells(base.as_of), params.churn) for base in set(bases.values())}
    tables, before = [], None
    for month in months:
        seen = None if signals is None else signals[signals["as_of"] == pd.Timestamp(month.as_of)].drop(columns="as_of")
        table = describe(orders, month.as_of, limits[bases[month]], params, signals=seen, before=before, until=last.as_of)
        before = table.set_index("customer_id")["p_order"]
        tables.append(table[~table["is_lapsed"]].drop(columns="is_lapsed").assign(month=str(month)))
    return pd.concat(tables, ignore_index=True), {str(month): orders.survivors[month.as_of] for month in months}


def count_months(params: Params) -> int:
    """Months to replay, this one included.

    Each graded list may be held from the months of its memory, and each of those weighs its reasons by closed months.
    """
    churn = params.churn
    return churn.warning_graded_months + churn.warning_memory_months + churn.warning_learnt_months + 2 * horizon_months(params) - 2


def horizon_months(params: Params) -> int:
    """Months until the outcome of a month's end is known on a month's end."""
    return ceil(params.forecast.horizon_days / 28)


def _find_base(orders: Orders, month: Period, params: Params) -> Period:
    """The month whose limits `month` uses, by what it knew: see `segments.base_period`."""
    days, _ = orders.days(month.as_of)
    first = EPOCH + pd.to_timedelta(days.day[days.start[:-1]], unit="D")
    return base_period(month, pd.Series(first), params)


def describe(
    orders: Orders,
    as_of: date,
    limits: pd.DataFrame,
    params: Params,
    *,
    signals: pd.DataFrame | None = None,
    before: pd.Series | None = None,
    until: date | None = None,
) -> pd.DataFrame:
    """One month's signs.

    Parameters
    ----------
    orders : Orders
        Must hold the merges of `as_of`.
    limits : DataFrame
        From `lapse.set_limits`, of the base month.
    signals : DataFrame, optional
        One row per customer: columns of `history.build_signals`.
    before : Series, optional
        `p_order` of the month before, by customer id.
    until : date, optional
        What was known by the end of this day may serve as outcome.

    Returns
    -------
    DataFrame
        One row per customer with an order by `as_of`: `customer_id`, `is_lapsed`, `order_group`, `silence_days`, the
        columns of `early_warning.measure_rhythm`, `p_order` (see `expect_orders`), `p_order_before`, `usual_spend`
        (currency in the horizon, at the customer's own pace), the columns of `signals`, and, where the horizon has
        closed by `until`, `is_silent` (no order in it) and `spend_after` (currency); else missing.
    """
    days, ids = orders.days(as_of)
    spells = make_spells(days, ids)
    table = label_lapsed(spells, limits, as_of)[["customer_id", "is_lapsed", "order_group", "silence_days"]]
    table = table.merge(measure_rhythm(spells, params.forecast.horizon_days), on="customer_id", validate="one_to_one")
    known = statistics(days, ids).reindex(table["customer_id"])
    usual = expect_usual(table, spells, params.forecast.horizon_days)
    table = table.assign(usual_spend=usual * known["mean"].to_numpy(), p_order=expect_orders(known, as_of, params))
    table["p_order_before"] = np.nan if before is None else table["customer_id"].map(before).astype(float)
    if signals is not None:
        table = table.merge(signals, on="customer_id", how="left", validate="one_to_one")
    return table.assign(**_look_ahead(orders, table["customer_id"], as_of, until, params.forecast.horizon_days))


def expect_usual(table: pd.DataFrame, spells: pd.DataFrame, horizon_days: int) -> np.ndarray:
    """Orders in the horizon at the customer's own pace.

    Horizon / usual gap with two own gaps or more; with fewer, the share of such spells that end within the horizon
    (Kaplan-Meier), since most first orders have no second and "usual" must not pretend one.
    """
    returned = {}
    groups = label_order_group(spells["order_number"])
    for group, rows in spells.groupby(groups.to_numpy()):
        curve = estimate(rows["duration_days"].to_numpy(), rows["is_closed"].to_numpy())
        returned[group] = 1 - float(curve.at([horizon_days])[0])
    few = table["order_group"].map(returned).astype(float)
    return np.where(table["count_gaps"] >= OWN_GAPS, horizon_days / table["usual_gap_days"], few)


def expect_orders(known: pd.DataFrame, as_of: date, params: Params) -> np.ndarray:
    """Chance of an order in the horizon by a fit of MBG/NBD to each month's own customers, or by the own rate where they are too few.

    A fit takes a few hundredths of a second; the champion would cost seconds for each month of the replay. It is used to
    compare customers with others of the same chance, and to tell a chance that fell.
    """
    choice = choose(known, params.forecast)
    candidate = MBG_NBD if choice.reason == "enough_customers" else choice.candidate
    return candidate.fit(Snapshot(as_of, known)).predict(params.forecast.horizon_days)["p_order"].to_numpy()


def _look_ahead(orders: Orders, ids: pd.Series, as_of: date, until: date | None, horizon_days: int) -> dict[str, np.ndarray]:
    """What happened in the horizon, as known at its end; missing where that is after `until`."""
    end = as_of + timedelta(days=horizon_days)
    if until is None or end > until:
        missing = np.full(len(ids), np.nan)
        return {"is_silent": missing, "spend_after": missing}
    days, names = orders.days(as_of, end)
    after = days.day > day_number(as_of)
    spend = pd.Series(days.amount[after], index=names[days.customer[after]]).groupby(level=0).sum().reindex(ids)
    return {"is_silent": spend.isna().to_numpy(dtype=float), "spend_after": spend.fillna(0.0).to_numpy()}
