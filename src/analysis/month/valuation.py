"""What a month's customers are worth, together and one by one, and how that came from last month's."""

from __future__ import annotations

from dataclasses import asdict
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.archive import newest_in_time, read_usable
from analysis.churn.lapse import label_lapsed
from analysis.history import survivors
from analysis.history.past import read_past
from analysis.value import Standing, build_bridge, compare_opinions, start_from, tell_bridge, tell_opinions, value_customers
from analysis.value.bridge import Remark
from analysis.value.build import NO_CHANGE, Value
from analysis.value.clv import look_ahead as expect
from analysis.value.clv import sum_equity as add_up
from analysis.value.hindsight import Hindsight, grade_issued, look_back, tell_hindsight
from analysis.value.margin import Margin, find_margin
from analysis.value.survival_expectation import month_days

if TYPE_CHECKING:
    from analysis.month.month import Month


def make_value(month: Month) -> pd.DataFrame:
    """The table ``value``, see `value.value_customers`."""
    return month.contract_value if month.ledger.is_contractual else month.value.table


def value_all(month: Month) -> Value:
    """Customer value with the margin and the model that it stands on."""
    line = month.hindsight.calibration if month.hindsight else NO_CHANGE
    given = {"margins": month.margins, "ahead": month.ahead, "calibration": line}
    return value_customers(month.read("customers"), month.read("spells"), month.forecast, month.as_of, month.params, **given)


def look_back_year(month: Month) -> Hindsight | None:
    """What the month's model would have expected as many months ago as a value looks ahead, see `value.hindsight.look_back`."""

    def make() -> dict[str, Any] | None:
        found = look_back(month.forecast, month.past, month.as_of, _find_margin(month), month.params)
        return None if found is None else asdict(found)

    found = month.memo.values(f"{month.period}/hindsight", make)
    return None if found is None else Hindsight(**found)


def grade_equity(month: Month) -> list[Remark]:
    """How the company's total of a year ago came out: as issued then where it was, else in hindsight; nothing without orders."""
    if not month.has_orders:
        return []
    months = month.params.value.clv_months
    then = month.period.shift(-months)
    issue = newest_in_time(read_usable(month.folder, month.period), then, then.shift(1).as_of)
    said = None if issue is None else issue.said
    issued = [] if said is None else grade_issued(said, month.past, month.as_of, _find_margin(month), month.params)
    return issued or tell_hindsight(month.hindsight, months)


def look_ahead(month: Month) -> pd.DataFrame:
    """What the month's forecast expects of the months of its customers' value, see `value.clv.look_ahead`."""
    chosen = month.params.value
    name = f"ahead-{chosen.clv_months}-{chosen.discount_rate}"
    table = month.memo_of(month.as_of).table(name, lambda: expect(month.forecast, month.as_of, month.params).reset_index())
    return table.set_index("customer_id")


def _find_margin(month: Month) -> Margin:
    return find_margin(month.read("customers"), month.params.value, month.margins)


def sum_equity(month: Month) -> float:
    """Sum of the customers' lifetime value (the sum of `clv` in the value table), currency."""
    return month.memo.values(f"{month.period}/equity", lambda: add_up(month.ahead, _find_margin(month)))


def limit_equity(month: Month) -> dict[str, float]:
    """`clv` (see `sum_equity`) with the limits `low` and `high` of its central interval of `share`.

    The interval is that of the company's spend over the same months, in proportion.
    """
    equity, share = month.equity, month.params.forecast.interval
    low, high = month.memo.values(f"{month.period}/equity_limits", lambda: _widen(month, share))
    return {"clv": equity, "low": equity * low, "high": equity * high, "share": share}


def _widen(month: Month, share: float) -> list[float]:
    """Limits of the company's spend over the months of its customers' value, as shares of what is expected."""
    days = int(month_days(month.as_of, month.params.value.clv_months)[-1])
    spend = month.forecast.totals(days, NormalDist().inv_cdf(0.5 + share / 2)).set_index("total").loc["spend"]
    return [float(spend[name] / spend["expected"]) for name in ("low", "high")]


def read_issued(month: Month) -> float | None:
    """Last month's customer equity as it was issued, in time for this report; None where none was."""
    issue = newest_in_time(read_usable(month.folder, month.period), month.previous.period, month.as_of)
    equity = None if issue is None else issue.said.get("equity")
    return None if equity is None else float(equity)


def bridge_months(month: Month) -> pd.DataFrame | None:
    """Last month's customer equity to this month's, see `value.build_bridge`; None where nobody had an order a month ago."""
    if not month.previous.has_orders:
        return None
    return start_from(month.memo.table(f"{month.period}/bridge", lambda: _bridge_replayed(month)), month.issued_equity)


def _bridge_replayed(month: Month) -> pd.DataFrame:
    """The bridge from last month as it is replayed."""
    before = month.previous
    ids, ids_now = (survivors(month.ledger, day) for day in (before.as_of, month.as_of))
    past, merged = (month.past, None) if ids == ids_now else (read_past(month.ledger, month.as_of, ids), month.past)
    labels = label_lapsed(before.read("spells"), before.lapse_limits, before.as_of)
    lapsed = set(labels.loc[labels["is_lapsed"], "customer_id"])
    start, end = (Standing(at.as_of, at.forecast, _find_margin(at), at.ahead) for at in (before, month))
    return build_bridge(start, end, past, lapsed, month.params, merged=merged)


def tell_remarks(month: Month) -> list[Remark]:
    """What to know of the bridge; nothing where there is none."""
    return [] if month.bridge is None else tell_bridge(month.previous.forecast, month.forecast, month.issued_equity)


def compare_two(month: Month) -> pd.DataFrame:
    """Expected orders of the model beside those of the spells' own survival, see `value.compare_opinions`."""
    return compare_opinions(month.read("value"), month.read("spells"))


def tell_two(month: Month) -> list[Remark]:
    """How far the two lie apart, and why, see `value.tell_opinions`; nothing without orders."""
    days = float(month_days(month.as_of, month.params.value.clv_months)[-1])
    return tell_opinions(month.opinions, month.forecast, days) if month.has_orders else []
