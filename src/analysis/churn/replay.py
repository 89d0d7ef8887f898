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
from analysis.churn.groups import ORDER_GROUPS, code_order_group
from analysis.churn.kaplan_meier import estimate
from analysis.churn.lapse import label_lapsed, set_limits
from analysis.forecast.bg_nbd import MBG_NBD
from analysis.forecast.candidates import Snapshot
from analysis.forecast.scoring import choose
from analysis.history.orders import survivors_by_date
from analysis.history.past import Days, Past, day_number, read_past, statistics
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
    _days: dict[tuple[date, date], Days] = field(default_factory=dict, repr=False)

    def under(self, day: date) -> Past:
        """The past under the ids of `day`."""
        into = self.survivors[day]
        key = frozenset(into.items())
        if key not in self._merged:
            self._merged[key] = _rename(self.past, into)
        return self._merged[key]

    def days(self, day: date, until: date | None = None) -> tuple[Days, pd.Index]:
        """Order days as known at the end of `until` (by default `day`), under the ids of `day`; and those ids."""
        past, key = self.under(day), (day, until or day)
        if key not in self._days:
            self._days[key] = past.days(key[1])
        return self._days[key], past.ids

    def spells(self, day: date) -> pd.DataFrame:
        """`history.build_spells` as of `day`, without looking at the ledger again."""
        days, ids = self.days(day)
        return make_spells(days, ids)


def _rename(past: Past, into: dict[str, str]) -> Past:
    if not into or not len(past.ids):
        return past
    names, place = np.unique([into.get(name, name) for name in past.ids], return_inverse=True)
    customer = place[past.customer].astype(np.int64)
    order = np.lexsort((past.amount, past.known, past.ordered, customer))
    ids = pd.Index(names.astype(object), name=past.ids.name)
    return Past(past.as_of, ids, customer[order], past.ordered[order], past.known[order], past.amount[order])


def make_spells(days: Days, ids: pd.Index) -> pd.DataFrame:
    """Spells of the order days known on a date: the columns of `history.build_spells`."""
    count = len(days.customer)
    last = np.ones(count, dtype=bool)
    last[: count - 1] = np.diff(days.customer) != 0
    first = np.concatenate([[0], np.flatnonzero(last) + 1])[:-1] if count else np.zeros(0, dtype=np.int64)
    number = np.arange(count) - np.repeat(first, np.diff(np.append(first, count))) + 1
    end = np.where(last, days.as_of, np.append(days.day[1:], days.as_of)[:count])
    started, ended = (part.astype("datetime64[D]").astype("datetime64[ns]") for part in (days.day, end))
    ended[last] = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "customer_id": ids.to_numpy()[days.customer],
            "order_number": number,
            "started_on": started,
            "ended_on": ended,
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
    # it looks no further than the buyer who makes them enough
    first = np.sort(days.day[days.start[:-1]])[: max(params.rfm.min_buyers, 1)]
    return base_period(month, pd.Series(EPOCH + pd.to_timedelta(first, unit="D")), params)


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
    # ids are in order: their positions sort and group as they do, in a fraction of the time
    places = pd.RangeIndex(len(ids), name=ids.name)
    spells = make_spells(days, places)
    table = label_lapsed(spells, limits, as_of)[["customer_id", "is_lapsed", "order_group", "silence_days"]]
    table = table.merge(measure_rhythm(spells, params.forecast.horizon_days), on="customer_id", validate="one_to_one")
    known = statistics(days, places)
    usual = expect_usual(table, spells, params.forecast.horizon_days)
    table = table.assign(usual_spend=usual * known["mean"].to_numpy(), p_order=expect_orders(known, as_of, params))
    ahead = _look_ahead(orders, table["customer_id"].to_numpy(), as_of, until, params.forecast.horizon_days)
    table["customer_id"] = ids.to_numpy(dtype=object)[table["customer_id"]]
    table["p_order_before"] = np.nan if before is None else table["customer_id"].map(before).astype(float)
    if signals is not None:
        table = table.merge(signals, on="customer_id", how="left", validate="one_to_one")
    return table.assign(**ahead)


def expect_usual(table: pd.DataFrame, spells: pd.DataFrame, horizon_days: int) -> np.ndarray:
    """Orders in the horizon at the customer's own pace.

    Horizon / usual gap with two own gaps or more; with fewer, the share of such spells that end within the horizon
    (Kaplan-Meier), since most first orders have no second and "usual" must not pretend one.
    """
    groups, own = (code_order_group(numbers) for numbers in (spells["order_number"], table["count_gaps"] + 1))
    duration, closed = spells["duration_days"].to_numpy(), spells["is_closed"].to_numpy(dtype=bool)
    few = np.full(len(table), np.nan)
    for group in range(len(ORDER_GROUPS)):
        same = groups == group
        few[own == group] = 1 - float(estimate(duration[same], closed[same]).at([horizon_days])[0])
    return np.where(table["count_gaps"] >= OWN_GAPS, horizon_days / table["usual_gap_days"], few)


def expect_orders(known: pd.DataFrame, as_of: date, params: Params) -> np.ndarray:
    """Chance of an order in the horizon by a fit of MBG/NBD to each month's own customers, or by the own rate where they are too few.

    A fit takes a few hundredths of a second; the champion would cost seconds for each month of the replay. It is used to
    compare customers with others of the same chance, and to tell a chance that fell.
    """
    choice = choose(known, params.forecast)
    candidate = MBG_NBD if choice.reason == "enough_customers" else choice.candidate
    return candidate.fit(Snapshot(as_of, known)).predict(params.forecast.horizon_days)["p_order"].to_numpy()


def _look_ahead(orders: Orders, places: np.ndarray, as_of: date, until: date | None, horizon_days: int) -> dict[str, np.ndarray]:
    """What happened in the horizon to the customers at `places`, as known at its end; missing where that is after `until`."""
    end = as_of + timedelta(days=horizon_days)
    if until is None or end > until:
        missing = np.full(len(places), np.nan)
        return {"is_silent": missing, "spend_after": missing}
    days, ids = orders.days(as_of, end)
    after = days.day > day_number(as_of)
    who, spend = days.customer[after], days.amount[after]
    count = np.bincount(who, minlength=len(ids))[places]
    return {"is_silent": (count == 0).astype(float), "spend_after": np.bincount(who, spend, minlength=len(ids))[places]}
