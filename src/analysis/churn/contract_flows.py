"""What a month did to the contracts that stood at its start: customers and recurring revenue, won and lost."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.churn.remarks import Remark
from analysis.contracts import Missing
from analysis.history.rates import add_rate
from analysis.params import ContractParams
from analysis.period import Period

COLUMNS = (
    *("month", "numerator", "denominator", "share", "share_low", "share_high", "revenue_churn", "net_retention"),
    *("count_new", "count_changed", "active_end"),
    *("fees_start", "fees_expansion", "fees_contraction", "fees_churned", "fees_new", "fees_end"),
)
MOVED = ("fees_churned", "fees_new", "fees_expansion", "fees_contraction", "revenue_churn", "net_retention")


def follow_months(contracts: pd.DataFrame, as_of: date, params: ContractParams, months: int = 13) -> pd.DataFrame | Missing:
    """Logo churn, revenue churn and net revenue retention by month.

    A customer is active on a day whose end lies within a contract: started by then, not ended by then. A contract's fee is the
    one on record; expansion and contraction therefore come from contracts added, ended or replaced while the customer stays.
    Months that began before ends were recorded are left out (nobody could be seen leaving in them).

    Parameters
    ----------
    contracts : DataFrame
        One row per contract known by the end of `as_of`: `customer_id`, `started_on`, `ended_on`, `is_ended`, `monthly_fee`.
    as_of : date
        Last day of the reporting month, inclusive.

    Returns
    -------
    DataFrame or Missing
        One row per month, oldest first: `month`, `numerator` (customers lost), `denominator` (customers at its start; new
        ones are in neither), `share` with `share_low` and `share_high` (Wilson), `count_new`, `count_changed` (customers who stayed
        and pay another fee), `active_end`; in currency a month `fees_start`, `fees_expansion`, `fees_contraction`,
        `fees_churned`, `fees_new`, `fees_end`;
        `revenue_churn` = churned / start; `net_retention` = (start + expansion - contraction - churned) / start. Identities:
        denominator + count_new - numerator = active_end; start + expansion - contraction - churned + new = end. The fees are
        missing where the source names none. Missing, in place of it all, where contracts have no dates.
    """
    lacking = [name for name, known in (("started_on", contracts["started_on"]), ("ended_on", contracts["ended_on"])) if known.isna().all()]
    if lacking:
        return Missing("contracts", tuple(lacking), ("A22", "X14"))
    last, first_end = Period.of(as_of), contracts["ended_on"].min()
    begin = max(Period.of(first_end.date()), last.shift(1 - months))
    known = contracts[contracts["started_on"].notna()]
    rows = [_follow(known, month) for month in begin.to(last)]
    table = add_rate(pd.DataFrame(rows), "numerator", "denominator", level=params.interval)
    start = table["fees_start"].where(table["fees_start"] > 0)
    kept = table["fees_start"] + table["fees_expansion"] - table["fees_contraction"] - table["fees_churned"]
    table = table.assign(revenue_churn=table["fees_churned"] / start, net_retention=kept / start)
    if contracts["monthly_fee"].isna().all():
        fees = [name for name in COLUMNS if name.startswith("fees_")]
        table = table.drop(columns=[*fees, "revenue_churn", "net_retention"])
    return table[[name for name in COLUMNS if name in table]]


def _follow(contracts: pd.DataFrame, month: Period) -> dict[str, object]:
    return {"month": str(month), **_follow_days(contracts, month.previous.as_of, month.as_of)}


def _follow_days(contracts: pd.DataFrame, first: date, last: date) -> dict[str, float]:
    before, after = (_fees_by_customer(contracts, day) for day in (first, last))
    stayed = before.index.intersection(after.index)
    change = after.reindex(stayed) - before.reindex(stayed)
    lost, new = before.index.difference(after.index), after.index.difference(before.index)
    return {
        "numerator": len(lost),
        "denominator": len(before),
        "count_new": len(new),
        "count_changed": int((change != 0).sum()),
        "active_end": len(after),
        "fees_start": float(before.sum()),
        "fees_expansion": float(change[change > 0].sum()),
        "fees_contraction": float(-change[change < 0].sum()) or 0.0,
        "fees_churned": float(before.reindex(lost).sum()),
        "fees_new": float(after.reindex(new).sum()),
        "fees_end": float(after.sum()),
    }


def _fees_by_customer(contracts: pd.DataFrame, day: date) -> pd.Series:
    """Monthly fees of customers with a contract at the end of `day`."""
    end = pd.Timestamp(day)
    runs = (contracts["started_on"] <= end) & ~(contracts["ended_on"] <= end)
    return contracts[runs].groupby("customer_id")["monthly_fee"].sum().astype(np.float64)


def hide_few(flows: pd.DataFrame | Missing, min_cell: int) -> pd.DataFrame | Missing:
    """`follow_months` for the page, without `count_changed`.

    Where fewer than `min_cell` were lost, came or changed their fee, all that moved in the month is left empty: it would be
    single persons' fees, and what one column hides the others would give away by subtraction.
    """
    if isinstance(flows, Missing):
        return flows
    few = flows[["numerator", "count_new", "count_changed"]].apply(lambda counts: counts.between(1, min_cell - 1)).any(axis=1)
    shown = flows.assign(**{name: flows[name].mask(few) for name in MOVED if name in flows})
    return shown.drop(columns="count_changed")


def tell_year(contracts: pd.DataFrame, flows: pd.DataFrame | Missing, as_of: date, params: ContractParams, min_cell: int) -> list[Remark]:
    """What a year did to the customers at its start, where its months are all in `flows` and at least `min_cell` have left.

    Returns
    -------
    list of Remark
        Key ``told`` with `numerator` (customers of a year ago without a contract now), `denominator` (customers of a year ago),
        `share` with `share_low` and `share_high` (Wilson), and `retention` (today's fees of those customers over their fees
        then); ``counts`` without the latter where the source names no fees. Else empty.
    """
    if isinstance(flows, Missing) or len(flows) < 12:
        return []
    before = Period.of(as_of).shift(-12).as_of
    year = _follow_days(contracts[contracts["started_on"].notna()], before, as_of)
    if not year["denominator"] or year["numerator"] < min_cell:
        return []
    row = add_rate(pd.DataFrame([year]), "numerator", "denominator", level=params.interval).iloc[0].to_dict()
    fields = {name: row[name] for name in ("numerator", "denominator", "share", "share_low", "share_high")}
    if not row["fees_start"] > 0:
        return [Remark("counts", fields)]
    kept = row["fees_start"] + row["fees_expansion"] - row["fees_contraction"] - row["fees_churned"]
    return [Remark("told", {**fields, "retention": kept / row["fees_start"]})]


def count_active(contracts: pd.DataFrame, period: Period, months: int = 13) -> pd.DataFrame:
    """Running contracts and their fees at the end of each of the last months; of a snapshot, of its own month alone.

    Returns
    -------
    DataFrame
        One row per month, oldest first: `month`, `count_contracts`, `fees` (currency a month).
    """
    rows = []
    is_dated = bool(contracts["started_on"].notna().all()) and len(contracts) > 0
    for month in [period.shift(-back) for back in range(months - 1, -1, -1)] if is_dated else [period]:
        end = pd.Timestamp(month.as_of)
        runs = (contracts["started_on"] <= end) & ~(contracts["ended_on"] <= end) if is_dated else ~contracts["is_ended"]
        rows.append((str(month), int(runs.sum()), float(contracts.loc[runs, "monthly_fee"].sum())))
    return pd.DataFrame(rows, columns=["month", "count_contracts", "fees"])
