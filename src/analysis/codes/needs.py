"""Needs: what customers ask for, how urgent it is, what is overdue, and who asks often."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from analysis.contracts import Missing
from analysis.history.orders import collect, merge_ids, survivors
from analysis.params import CodeParams
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger

OTHER, UNKNOWN = "other_urgency", "unknown"
TREND_MONTHS = 12


def read_needs(ledger: Ledger, as_of: date) -> pd.DataFrame | None:
    """Needs known by the end of `as_of` (inclusive); None where the source has none.

    Returns
    -------
    DataFrame
        One row a need, sorted by `raised_on`, `need_id`: `need_id`, `customer_id` (merges known by then applied), `raised_on`
        (local date), `need_type`, `urgency`, `due_on`, `is_open` (not met by then), `is_overdue` (open, and due before `as_of`),
        `days_open` (since it was raised; of open ones).
    """
    if not ledger.has("needs"):
        return None
    rows = merge_ids(ledger.table("needs", as_of), survivors(ledger, as_of))
    frame = collect(rows.select("need_id", "customer_id", "raised_at", "need_type", "urgency", "due_on", "met_at"))
    local = frame["raised_at"].dt.tz_localize("UTC").dt.tz_convert(ledger.zone).dt.tz_localize(None).dt.normalize()
    is_open = frame["met_at"].isna()
    frame = frame.assign(
        raised_on=local,
        is_open=is_open,
        is_overdue=is_open & (frame["due_on"] < pd.Timestamp(as_of)),
        days_open=(pd.Timestamp(as_of) - local).dt.days.where(is_open).astype("Int64"),
    )
    return frame.drop(columns=["raised_at", "met_at"]).sort_values(["raised_on", "need_id"], ignore_index=True)


def rank_urgency(needs: pd.DataFrame, params: CodeParams) -> pd.Series:
    """Urgency of each customer's most urgent open need, by `customer_id`.

    `params.urgency` lists levels from the most urgent on; others come after these as ``other_urgency``, needs without one last as
    ``unknown``. Customers without an open need are left out.
    """
    waiting = needs[needs["is_open"]]
    place = _place(waiting["urgency"], params)
    names = (*params.urgency, OTHER, UNKNOWN)
    return place.groupby(waiting["customer_id"]).min().map(lambda number: names[number]).rename("urgency")


def count_types(needs: pd.DataFrame | None, period: Period, requirements: tuple[str, ...] = ("E4",)) -> pd.DataFrame | Missing:
    """Needs by type (requirement E4).

    Returns
    -------
    DataFrame
        One row a type, the most frequent of the year first: `need_type`, `count_month` (raised in the month), `count_before` (in
        the month before), `count_year` (in the twelve months that end with it), `count_open` (of all, not met yet), `share_met`
        (of the year's, met by the end of the month).
    """
    if needs is None:
        return Missing("needs", (), requirements)
    month = needs["raised_on"].dt.to_period("M").astype(str)
    months = {str(period.shift(-back)) for back in range(TREND_MONTHS)}
    in_year = month.isin(months)
    facts = needs[["need_type"]].assign(
        count_month=month == str(period),
        count_before=month == str(period.previous),
        count_year=in_year,
        count_open=needs["is_open"],
        met=in_year & ~needs["is_open"],
    )
    table = facts.groupby("need_type").sum().astype("int64").reset_index()
    table["share_met"] = table["met"] / table["count_year"].where(table["count_year"] > 0)
    return table.drop(columns="met").sort_values(["count_year", "need_type"], ascending=[False, True], ignore_index=True)


def trend_types(needs: pd.DataFrame | None, period: Period, top: int = 6) -> pd.DataFrame | Missing:
    """Needs raised in each of the twelve months that end with `period`, by type: `month`, `need_type`, `count_needs`; zeros included.

    The `top` most frequent types; a line for each.
    """
    if needs is None:
        return Missing("needs", (), ("E4",))
    months = [str(period.shift(-back)) for back in range(TREND_MONTHS - 1, -1, -1)]
    month = needs["raised_on"].dt.to_period("M").astype(str)
    seen = needs.assign(month=month)[month.isin(months)]
    types = sorted(seen["need_type"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:top])
    pairs = pd.MultiIndex.from_product([types, months], names=["need_type", "month"])
    counts = seen.groupby(["need_type", "month"]).size().reindex(pairs, fill_value=0)
    return counts.rename("count_needs").reset_index()[["month", "need_type", "count_needs"]]


def queue_urgency(needs: pd.DataFrame | None, params: CodeParams) -> pd.DataFrame | Missing:
    """Open needs by urgency (requirement E5).

    Returns
    -------
    DataFrame
        One row an urgency, the most urgent first: `urgency`, `count_open`, `count_overdue` (past their due date), `count_undated`
        (open without a due date), `share_overdue` (of the dated), `median_days_open`.
    """
    if needs is None:
        return Missing("needs", (), ("E5",))
    waiting = needs[needs["is_open"]]
    names = (*params.urgency, OTHER, UNKNOWN)
    groups = waiting.assign(place=_place(waiting["urgency"], params), is_undated=waiting["due_on"].isna()).groupby("place")
    table = groups.agg(
        count_open=("need_id", "size"),
        count_overdue=("is_overdue", "sum"),
        count_undated=("is_undated", "sum"),
        median_days_open=("days_open", "median"),
    ).reset_index()
    dated = table["count_open"] - table["count_undated"]
    table = table.assign(
        urgency=table["place"].map(lambda number: names[number]), share_overdue=table["count_overdue"] / dated.where(dated > 0)
    )
    return table[["urgency", "count_open", "count_overdue", "count_undated", "share_overdue", "median_days_open"]]


def list_open(needs: pd.DataFrame | None, params: CodeParams) -> pd.DataFrame:
    """The queue of needs that have not been met (requirement E5), the most urgent first, then the overdue, then the oldest.

    Returns
    -------
    DataFrame
        One row an open need: `need_id, customer_id, need_type, urgency` (as entered), `raised_on, due_on, is_overdue, days_open`. Empty
        where the source has no needs.
    """
    columns = ["need_id", "customer_id", "need_type", "urgency", "raised_on", "due_on", "is_overdue", "days_open"]
    if needs is None:
        return pd.DataFrame(columns=columns)
    waiting = needs[needs["is_open"]]
    waiting = waiting.assign(place=_place(waiting["urgency"], params), waits=~waiting["is_overdue"])
    return waiting.sort_values(["place", "waits", "raised_on", "need_id"], ignore_index=True)[columns]


def list_high_need(needs: pd.DataFrame | None, as_of: date, params: CodeParams) -> pd.DataFrame:
    """Customers who ask often (requirement E6): at least `high_need_count` needs in the `high_need_days` days that end with `as_of`.

    Returns
    -------
    DataFrame
        One row a customer, the most needs first: `customer_id`, `count_needs` (of these days), `count_open` and `count_overdue` (of
        all), `main_need` (type of most of the days' needs; of several the first by name), `urgency` (of the most urgent open one),
        `last_raised_on`. Empty where the source has no needs.
    """
    columns = ["customer_id", "count_needs", "count_open", "count_overdue", "main_need", "urgency", "last_raised_on"]
    if needs is None:
        return pd.DataFrame(columns=columns)
    recent = needs[needs["raised_on"] > pd.Timestamp(as_of - timedelta(days=params.high_need_days))]
    groups = recent.groupby("customer_id")
    table = groups.agg(count_needs=("need_id", "size"), last_raised_on=("raised_on", "max"))
    kinds = recent.groupby(["customer_id", "need_type"]).size().rename("count").reset_index()
    kinds = kinds.sort_values(["customer_id", "count", "need_type"], ascending=[True, False, True]).drop_duplicates("customer_id")
    waiting = needs.groupby("customer_id")[["is_open", "is_overdue"]].sum().astype("int64")
    table = table[table["count_needs"] >= params.high_need_count].join(
        [waiting.set_axis(["count_open", "count_overdue"], axis=1), kinds.set_index("customer_id")["need_type"].rename("main_need")]
    )
    table = (
        table.join(rank_urgency(needs, params))
        .reset_index()
        .astype({"count_needs": "int64", "count_open": "int64", "count_overdue": "int64"})
    )
    return table[columns].sort_values(["count_needs", "customer_id"], ascending=[False, True], ignore_index=True)


def headline(needs: pd.DataFrame | None, high_need: pd.DataFrame, as_of: date, params: CodeParams) -> dict[str, float]:
    """High-need customers in numbers: `count` of them, `asking` (customers with any need in these days), `share_needs` of these days."""
    if needs is None:
        return {"count": 0, "asking": 0, "share_needs": float("nan")}
    recent = needs[needs["raised_on"] > pd.Timestamp(as_of - timedelta(days=params.high_need_days))]
    share = float(high_need["count_needs"].sum() / len(recent)) if len(recent) else float("nan")
    return {"count": len(high_need), "asking": int(recent["customer_id"].nunique()), "share_needs": share}


def _place(urgency: pd.Series, params: CodeParams) -> pd.Series:
    """Place of a level among `params.urgency`, then others, then none."""
    order = {level: number for number, level in enumerate(params.urgency)}
    known = urgency.str.strip().str.lower().map(order)
    return known.where(known.notna(), urgency.notna().map({True: len(order), False: len(order) + 1})).astype("int64")
