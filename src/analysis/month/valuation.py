"""What a month's customers are worth, together and one by one, and how that came from last month's."""

from __future__ import annotations

from dataclasses import asdict
from statistics import NormalDist
from typing import Any

import pandas as pd

from analysis.archive import newest_in_time, read_usable
from analysis.churn.lapse import label_lapsed
from analysis.history import survivors
from analysis.history.past import read_past
from analysis.month.basis import Basis, kept
from analysis.month.churn import find_limits
from analysis.month.contractual import list_value
from analysis.month.customers import has_orders, read_orders, sum_margins
from analysis.month.forecasts import fit_champion, open_memo_of
from analysis.value import Standing, build_bridge, compare_opinions, start_from, tell_bridge, tell_opinions, value_customers
from analysis.value.bridge import Remark
from analysis.value.build import NO_CHANGE, Value
from analysis.value.clv import look_ahead as expect
from analysis.value.clv import sum_equity as add_up
from analysis.value.hindsight import Hindsight, grade_issued, look_back, tell_hindsight
from analysis.value.margin import Margin, find_margin
from analysis.value.survival_expectation import month_days


def make_value(month: Basis) -> pd.DataFrame:
    """The table ``value``, see `value.value_customers`."""
    return list_value(month) if month.ledger.is_contractual else value_all(month).table


@kept
def value_all(month: Basis) -> Value:
    """Customer value with the margin and the model that it stands on."""
    hindsight = look_back_year(month)
    line = hindsight.calibration if hindsight else NO_CHANGE
    given = {"margins": sum_margins(month), "ahead": look_ahead(month), "calibration": line}
    return value_customers(month.read("customers"), month.read("spells"), fit_champion(month), month.as_of, month.params, **given)


@kept
def look_back_year(month: Basis) -> Hindsight | None:
    """What the month's model would have expected as many months ago as a value looks ahead, see `value.hindsight.look_back`."""

    def make() -> dict[str, Any] | None:
        found = look_back(fit_champion(month), read_orders(month), month.as_of, _find_margin(month), month.params)
        return None if found is None else asdict(found)

    found = month.memo.values(f"{month.period}/hindsight", make)
    return None if found is None else Hindsight(**found)


@kept
def grade_equity(month: Basis) -> list[Remark]:
    """How the company's total of a year ago came out: as issued then where it was, else in hindsight; nothing without orders."""
    if not has_orders(month):
        return []
    months = month.params.value.clv_months
    then = month.period.shift(-months)
    issue = newest_in_time(read_usable(month.folder, month.period), then, then.shift(1).as_of)
    said = None if issue is None else issue.said
    issued = [] if said is None else grade_issued(said, read_orders(month), month.as_of, _find_margin(month), month.params)
    return issued or tell_hindsight(look_back_year(month), months)


@kept
def look_ahead(month: Basis) -> pd.DataFrame:
    """What the month's forecast expects of the months of its customers' value, see `value.clv.look_ahead`."""
    chosen = month.params.value
    name = f"ahead-{chosen.clv_months}-{chosen.discount_rate}"
    table = open_memo_of(month, month.as_of).table(name, lambda: expect(fit_champion(month), month.as_of, month.params).reset_index())
    return table.set_index("customer_id")


def _find_margin(month: Basis) -> Margin:
    return find_margin(month.read("customers"), month.params.value, sum_margins(month))


@kept
def sum_equity(month: Basis) -> float:
    """Sum of the customers' lifetime value (the sum of `clv` in the value table), currency."""
    return month.memo.values(f"{month.period}/equity", lambda: add_up(look_ahead(month), _find_margin(month)))


@kept
def limit_equity(month: Basis) -> dict[str, float]:
    """`clv` (see `sum_equity`) with the limits `low` and `high` of its central interval of `share`.

    The interval is that of the company's spend over the same months, in proportion.
    """
    equity, share = sum_equity(month), month.params.forecast.interval
    low, high = month.memo.values(f"{month.period}/equity_limits", lambda: _widen(month, share))
    return {"clv": equity, "low": equity * low, "high": equity * high, "share": share}


def _widen(month: Basis, share: float) -> list[float]:
    """Limits of the company's spend over the months of its customers' value, as shares of what is expected."""
    days = int(month_days(month.as_of, month.params.value.clv_months)[-1])
    spend = fit_champion(month).totals(days, NormalDist().inv_cdf(0.5 + share / 2)).set_index("total").loc["spend"]
    return [float(spend[name] / spend["expected"]) for name in ("low", "high")]


@kept
def read_issued(month: Basis) -> float | None:
    """Last month's customer equity as it was issued, in time for this report; None where none was."""
    issue = newest_in_time(read_usable(month.folder, month.period), month.previous.period, month.as_of)
    equity = None if issue is None else issue.said.get("equity")
    return None if equity is None else float(equity)


@kept
def bridge_months(month: Basis) -> pd.DataFrame | None:
    """Last month's customer equity to this month's, see `value.build_bridge`; None where nobody had an order a month ago."""
    if not has_orders(month.previous):
        return None
    return start_from(month.memo.table(f"{month.period}/bridge", lambda: _bridge_replayed(month)), read_issued(month))


def _bridge_replayed(month: Basis) -> pd.DataFrame:
    """The bridge from last month as it is replayed."""
    before = month.previous
    ids, ids_now = (survivors(month.ledger, day) for day in (before.as_of, month.as_of))
    past, merged = (read_orders(month), None) if ids == ids_now else (read_past(month.ledger, month.as_of, ids), read_orders(month))
    labels = label_lapsed(before.read("spells"), find_limits(before), before.as_of)
    lapsed = set(labels.loc[labels["is_lapsed"], "customer_id"])
    start, end = (Standing(at.as_of, fit_champion(at), _find_margin(at), look_ahead(at)) for at in (before, month))
    return build_bridge(start, end, past, lapsed, month.params, merged=merged)


@kept
def tell_remarks(month: Basis) -> list[Remark]:
    """What to know of the bridge; nothing where there is none."""
    return [] if bridge_months(month) is None else tell_bridge(fit_champion(month.previous), fit_champion(month), read_issued(month))


@kept
def compare_two(month: Basis) -> pd.DataFrame | None:
    """Expected orders of the model beside those of the spells' own survival, see `value.compare_opinions`; None without orders."""
    return compare_opinions(month.read("value"), month.read("spells")) if has_orders(month) else None


@kept
def tell_two(month: Basis) -> list[Remark]:
    """How far the two lie apart, and why, see `value.tell_opinions`; nothing without orders."""
    days, table = float(month_days(month.as_of, month.params.value.clv_months)[-1]), compare_two(month)
    return [] if table is None else tell_opinions(table, fit_champion(month), days)
