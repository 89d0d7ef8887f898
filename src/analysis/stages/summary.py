"""The summary's six indicators."""

from __future__ import annotations

import pandas as pd

from analysis.churn.contract_flows import count_active
from analysis.metrics import Metric, from_months, from_rates, from_total, repurchase_rates
from analysis.month import Month

_Z = 1.2815515655446004
"""Half width, in standard deviations, of a central interval of 80 %."""


def build_metrics(month: Month) -> list[Metric]:
    """The summary's six indicators of `month`, each with its last twelve months where they cost no further model."""
    if month.ledger.is_contractual:
        return _contract_metrics(month)
    period, previous, lapses = month.period, month.previous, month.lapses
    recent = [period.shift(-back) for back in range(12, -1, -1)]
    equity = month.equity_limits
    return [
        from_months(month.months, "revenue", period, "money", "revenue"),
        from_months(lapses, "active_end", period, "count", "active_customers"),
        from_months(month.months, "count_new_buyers", period, "count", "new_customers"),
        from_rates(repurchase_rates(month.read("spells"), recent), period, "repurchase_rate"),
        from_rates(lapses, period, "lapse_rate"),
        from_total((equity["clv"], equity["low"], equity["high"]), previous.equity if previous.has_orders else None, "customer_equity"),
    ]


def _contract_metrics(month: Month) -> list[Metric]:
    """The indicators of a company whose customers leave by ending contracts."""
    period, contracts, churn, value = month.period, month.contracts, month.read("churn"), month.read("value")
    active = count_active(contracts, period)
    total, low, high = (month.contract_total[name] for name in ("clv", "low", "high"))
    equity = float(value["clv"].sum())
    ended = pd.DataFrame({"month": [str(period)], "numerator": [int(churn["is_lapsed"].sum())], "denominator": [len(churn)]})
    ends = churn["p_end"].dropna()
    spread = float((ends * (1 - ends)).sum()) ** 0.5
    expected = float(ends.sum())
    before = month.previous.contracts
    previous = month.previous.contract_total["clv"] if len(before) else None
    return [
        from_months(active, "count_contracts", period, "count", "active_contracts"),
        from_months(active, "fees", period, "money", "recurring_revenue"),
        from_rates(ended, period, "ended_share"),
        Metric("expected_ends", expected, None, "count", low=max(expected - _Z * spread, 0.0), high=expected + _Z * spread),
        Metric("value_at_risk", float(value["value_at_risk"].sum()), None, "money"),
        from_total((equity, low - total + equity, high - total + equity), previous, "contract_equity"),
    ]
