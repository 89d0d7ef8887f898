"""A year ago in hindsight: what the model of today would have expected then of what was known then, and what came since.

It teaches how well chances of silence hold over the months of a value: the line through them (`Calibration`) corrects those
of today. The model is held, so that no other has to be fitted; its few parameters have seen the months since, which makes
this a check of fit, kinder than a grade. Grades are of totals that were issued a year ago, where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from analysis.forecast.chance import Calibration, calibrate_chances
from analysis.forecast.scorer import Scorer
from analysis.history.past import Past, day_number
from analysis.params import Params
from analysis.period import Period
from analysis.value.bridge import Remark
from analysis.value.clv import discount_factors
from analysis.value.margin import Margin
from analysis.value.survival_expectation import month_days


@dataclass(frozen=True)
class Hindsight:
    """The customers of an earlier month end over the `clv_months` after it; money is margin before discount, currency.

    Attributes
    ----------
    then : str
        The month end, YYYY-MM-DD.
    count_customers : int
        With an order by then.
    expected, low, high, came : float
        What all were expected to bring, its interval, and what they brought.
    silent_expected, silent_came : float
        Share of the customers without an order in these months.
    risk_expected, risk_came : float
        Share of the expected margin that stood on them.
    offset, slope : float
        Of the line that calibrates chances of an order, on the logit scale.
    """

    then: str
    count_customers: int
    expected: float
    low: float
    high: float
    came: float
    silent_expected: float
    silent_came: float
    risk_expected: float
    risk_came: float
    offset: float
    slope: float

    @property
    def calibration(self) -> Calibration:
        """The line that corrects today's chances of an order within the months of value."""
        return Calibration(self.offset, self.slope)


def look_back(forecast: Scorer, past: Past, as_of: date, margin: Margin, params: Params) -> Hindsight | None:
    """What `forecast`, made on `as_of`, would have expected `clv_months` before, beside what came until `as_of`.

    Parameters
    ----------
    forecast : Scorer
        Its parameters are held.
    past : Past
        Orders known at the end of `as_of`; what was known then is taken from it.
    margin : Margin
        Of today, for both sides.
    params : Params
        `value.clv_months`; `forecast.horizon_days` of orders must lie before that month end; `forecast.interval`.

    Returns
    -------
    Hindsight or None
        None where the orders do not reach so far back.
    """
    then = Period.of(as_of).shift(-params.value.clv_months).as_of
    days = (as_of - then).days
    first = past.ordered.min(initial=day_number(as_of))
    if day_number(then) - first < params.forecast.horizon_days or not len(past.days(then).day):
        return None
    held = forecast.apply(past, then)
    made, share = held.predict(days), margin.share_of(held.index).to_numpy()
    spend = made["expected_spend"].to_numpy()
    total = held.totals(days, NormalDist().inv_cdf(0.5 + params.forecast.interval / 2)).set_index("total").loc["spend"]
    expected, came = spend * share, bring(past, then, as_of, margin).reindex(held.index)
    chance, has_ordered = made["p_order"].to_numpy(), came.notna().to_numpy()
    whole = expected.sum()
    if whole <= 0:
        return None
    line = calibrate_chances([chance], [has_ordered.astype(float)])
    return Hindsight(
        then=then.isoformat(),
        count_customers=len(made),
        expected=float(whole),
        low=float(whole * total["low"] / total["expected"]),
        high=float(whole * total["high"] / total["expected"]),
        came=float(came.sum()),
        silent_expected=float(1 - chance.mean()),
        silent_came=float(1 - has_ordered.mean()),
        risk_expected=float(expected @ (1 - line.apply(chance)) / whole),
        risk_came=float(expected[~has_ordered].sum() / whole),
        offset=line.offset,
        slope=line.slope,
    )


def bring(past: Past, then: date, until: date, margin: Margin, discount_rate: float = 0.0) -> pd.Series:
    """Margin (currency) of the order days after `then` until `until` (inclusive), by `customer_id` of who had one.

    An order is discounted as value is: by the calendar month after `then` in which it came.
    """
    days = past.days(until)
    after = days.day > day_number(then)
    who, day = days.customer[after], days.day[after]
    months = (until.year - then.year) * 12 + until.month - then.month
    month = np.searchsorted(month_days(then, max(months, 1)) + day_number(then), day)
    worth = days.amount[after] * discount_factors(max(months, 1), discount_rate)[np.minimum(month, max(months, 1) - 1)]
    summed, there = (np.bincount(who, weights, minlength=len(past.ids)) for weights in (worth, None))
    ids = past.ids[there > 0]
    return pd.Series(summed[there > 0] * margin.share_of(ids).to_numpy(), index=ids)


def tell_hindsight(found: Hindsight | None, months: int) -> list[Remark]:
    """Where what came lay: ``inside`` the interval of the total, ``above`` or ``below`` it; ``young`` where no year is over."""
    if found is None:
        return [Remark("young", {"months": months})]
    where = "above" if found.came > found.high else "below" if found.came < found.low else "inside"
    fields = {
        "months": months,
        "then": date.fromisoformat(found.then),
        "ratio": found.expected / found.came if found.came else float("nan"),
    }
    return [Remark(where, fields | {name: getattr(found, name) for name in ("count_customers", "expected", "low", "high", "came")})]


def grade_issued(said: Mapping[str, Any] | None, past: Past, as_of: date, margin: Margin, params: Params) -> list[Remark]:
    """The total that was issued `clv_months` ago, as `said` in the archive, against what those customers brought since, discounted alike.

    Customers are those with an order by then as known now; one remark ``issued_inside``, ``issued_above`` or
    ``issued_below``; none where nothing was issued with an interval for as many months.
    """
    value = params.value
    if said is None or said.get("clv_months") != value.clv_months or not said.get("equity_limits"):
        return []
    then = Period.of(as_of).shift(-value.clv_months).as_of
    known = past.ids[past.days(then).who]
    came = float(bring(past, then, as_of, margin, value.discount_rate).reindex(known).sum())
    low, high = (float(limit) for limit in said["equity_limits"])
    where = "above" if came > high else "below" if came < low else "inside"
    return [Remark(f"issued_{where}", {"then": then, "equity": float(said["equity"]), "low": low, "high": high, "came": came})]


def tell_risk(value: pd.DataFrame, scores: pd.DataFrame, found: Hindsight | None, params: Params) -> list[Remark]:
    """How much value is at risk, how that was checked, and what it would be by the model's belief that customers have left.

    Parameters
    ----------
    value, scores : DataFrame
        One row per customer: `clv`, `value_at_risk`, `p_silent`; `customer_id`, `p_active`.
    found : Hindsight, optional
        Behind the calibration; told where at least `report.min_cell` customers were silent, and as many were not.
    params : Params
        `value.clv_months`, `report.min_cell`, and `forecast.interval` for the interval of customers' own chance.
    """
    whole = float(value["clv"].sum())
    if whole <= 0 or "p_silent" not in value:
        return []  # nobody is worth anything, or leaves by silence
    clv, silent = value["clv"].to_numpy(), value["p_silent"].to_numpy()
    spread = NormalDist().inv_cdf(0.5 + params.forecast.interval / 2) * float(np.sqrt((clv**2 * silent * (1 - silent)).sum())) / whole
    active = value["customer_id"].map(scores.set_index("customer_id")["p_active"]).fillna(1.0).to_numpy()
    share = float(clv @ silent) / whole
    fields = {
        "months": params.value.clv_months,
        "risk": float(value["value_at_risk"].sum()),
        "share": share,
        "low": max(share - spread, 0.0),
        "high": min(share + spread, 1.0),
        "by_model": float(clv @ (1 - active)) / whole,
    }
    if found is None:
        return [Remark("unchecked", fields)]
    silent_then = round(found.silent_came * found.count_customers)
    if min(silent_then, found.count_customers - silent_then) < params.report.min_cell:
        return [Remark("unchecked", fields)]
    fields |= {"then": date.fromisoformat(found.then)} | {
        name: getattr(found, name) for name in ("silent_came", "risk_expected", "risk_came")
    }
    return [Remark("checked" if found.calibration == Calibration() else "calibrated", fields)]
