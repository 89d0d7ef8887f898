"""Why did customers leave? One cause for everybody who did, with the grade of its evidence, and a check of what was stated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from analysis.churn.evidence import OTHER, find_evidence, read_exits
from analysis.contracts import Missing
from analysis.history.disclosure import hide_small
from analysis.history.rates import add_rate
from analysis.params import Params
from analysis.period import Period

if TYPE_CHECKING:
    from analysis.ledger import Ledger

CAUSES = ("product_quality", "service_quality", "competitor", "price", OTHER)
NONE, TOTAL = "none", "total"
BACKED, STATED, INFERRED = "a", "b", "c"
WINDOW_DAYS = 365
_WAITING = ("C13", "E14", "X9")


@dataclass(frozen=True)
class CauseStory:
    """Finished tables of why customers left.

    Attributes
    ----------
    causes : DataFrame, Missing or None
        As `count_causes`; what the source lacks where it has no voice of customers at all; None where nobody left in the window.
    agreement : DataFrame, Missing or None
        As `check_stated`; what the source lacks for it; None with nothing to compare.
    exits : DataFrame or Missing
        As `evidence.read_exits`.
    facts : dict
        `count_left`, `count_month` (customers), `count_none` (without evidence) with `share_none`, `low`, `high`; `count_told`
        (customers who ever stated an exit after their first order), `count_back` (of them, ordered since) with `share_back`.
    """

    causes: pd.DataFrame | Missing | None
    agreement: pd.DataFrame | Missing | None
    exits: pd.DataFrame | Missing
    facts: dict[str, object]


def tell_causes(ledger: Ledger, as_of: date, spells: pd.DataFrame, churn: pd.DataFrame, params: Params) -> CauseStory:
    """Causes of those who left in the year that ends with `as_of`, and the check of stated reasons against the data.

    Parameters
    ----------
    spells : DataFrame
        One row per spell, as known at the end of `as_of`.
    churn : DataFrame
        The month's churn table: `customer_id`, `is_lapsed`, `lapsed_on`.
    params : Params
        Sections `churn` and `report`.
    """
    exits = read_exits(ledger, as_of, params.churn.causes)
    gone = list_gone(spells, churn, exits, as_of)
    days = pd.Timedelta(days=params.churn.evidence_days)
    windows = pd.DataFrame({
        "customer_id": gone["customer_id"],
        "from_on": gone["last_order_on"] - days,
        "to_on": pd.concat([gone["last_order_on"] + days, gone["gone_on"]], axis=1).min(axis=1),
    })  # fmt: skip
    graded = grade_causes(gone, find_evidence(ledger, as_of, windows, params.churn))
    recent = graded[graded["gone_on"] > pd.Timestamp(as_of) - pd.Timedelta(days=WINDOW_DAYS)]
    heard = ledger.has("feedback", "topic") or ledger.has("surveys")
    agreement: pd.DataFrame | Missing | None
    if exits is not None:
        agreement = check_stated(graded, params.churn.interval) if heard else Missing("feedback", ("topic",), _WAITING)
    else:
        agreement = Missing("exits", ("customer_id", "left_on", "reason"), _WAITING)
    facts = _count_facts(recent, exits, spells, as_of, params.churn.interval)
    lacking = Missing("exits", ("customer_id", "left_on", "reason"), _WAITING)
    table: pd.DataFrame | Missing | None = None
    if exits is None and not heard:
        table = lacking
    elif len(recent):
        table = count_causes(recent, as_of, params.churn.interval, params.report.min_cell)
    return CauseStory(table, agreement, lacking if exits is None else exits, facts)


def list_gone(spells: pd.DataFrame, churn: pd.DataFrame, exits: pd.DataFrame | None, as_of: date) -> pd.DataFrame:
    """Customers who are gone at the end of `as_of`: who said so and have not ordered since, and who have lapsed.

    Returns
    -------
    DataFrame
        One row per customer, sorted by `customer_id`: `customer_id`, `last_order_on`, `gone_on` (day of the stated exit, else of the
        lapse), `stated` (cause of the last exit stated on or after the last order; None without), `is_backed`,
        `spend_lost` (currency: spend of the 365 days that end with the last order).
    """
    last = spells.groupby("customer_id")["started_on"].max().rename("last_order_on")
    table = churn.set_index("customer_id")[["lapsed_on"]].join(last, how="inner")
    table["stated"], table["is_backed"], told = None, False, pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    if exits is not None and len(exits):
        known = exits[(exits["left_on"] >= exits["customer_id"].map(last)) & (exits["left_on"] <= pd.Timestamp(as_of))]
        known = known.drop_duplicates("customer_id", keep="last").set_index("customer_id").reindex(table.index)
        table["stated"] = known["cause"].astype("object").where(known["cause"].notna(), None)
        table["is_backed"], told = known["is_backed"].eq(True), known["left_on"]
    table["gone_on"] = told.where(told.notna(), table["lapsed_on"])
    gone = table[table["gone_on"].notna()]
    year = spells[spells["started_on"] > spells["customer_id"].map(last) - pd.Timedelta(days=WINDOW_DAYS)]
    gone = gone.assign(spend_lost=year.groupby("customer_id")["amount"].sum().reindex(gone.index).fillna(0.0))
    columns = ["customer_id", "last_order_on", "gone_on", "stated", "is_backed", "spend_lost"]
    return gone.rename_axis("customer_id").reset_index().sort_values("customer_id", ignore_index=True)[columns]


def grade_causes(gone: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """`gone` with `inferred` (cause of the evidence, None without), `cause` and `grade`.

    A stated cause goes before an inferred one. Grades: ``a`` stated, with a competitor named or evidence on file; ``b`` stated;
    ``c`` inferred from what the customer said near the last order; ``none``.
    """
    inferred = gone["customer_id"].map(evidence.set_index("customer_id")["cause"]).astype("object")
    inferred = inferred.where(inferred.notna(), None)
    is_stated = gone["stated"].notna()
    cause = gone["stated"].where(is_stated, inferred)
    grade = pd.Series(NONE, index=gone.index, dtype="object")
    grade = grade.mask(inferred.notna(), INFERRED).mask(is_stated, STATED).mask(is_stated & gone["is_backed"], BACKED)
    return gone.assign(inferred=inferred, cause=cause.where(cause.notna(), NONE), grade=grade)


def count_causes(graded: pd.DataFrame, as_of: date, interval: float, min_cell: int) -> pd.DataFrame:
    """Customers gone in the window by cause.

    Returns
    -------
    DataFrame
        One row per cause, ``none`` and ``total`` last: `cause`, `count_month` (gone in the month of `as_of`), `count_a`,
        `count_b`, `count_c` (by grade), `count_customers`, `share` with `share_low` and `share_high` (of all gone; Wilson;
        no interval for the total), `spend_lost` (NaN for groups too small to show). Identity: rows but the last sum to it.
    """
    month = pd.Timestamp(Period.of(as_of).previous.as_of)
    rows = []
    for cause in (*CAUSES, NONE, TOTAL):
        own = graded if cause == TOTAL else graded[graded["cause"] == cause]
        grades = own["grade"].value_counts()
        counts = {f"count_{grade}": int(grades.get(grade, 0)) for grade in (BACKED, STATED, INFERRED)}
        is_month = int((own["gone_on"] > month).sum())
        rows.append({"cause": cause, "count_month": is_month, **counts, "count_customers": len(own), "spend_lost": own["spend_lost"].sum()})
    table = add_rate(pd.DataFrame(rows).assign(_all=len(graded)), "count_customers", "_all", level=interval).drop(columns="_all")
    table.loc[table["cause"] == TOTAL, ["share_low", "share_high"]] = float("nan")
    table = pd.concat([hide_small(table.iloc[:-1], "count_customers", ["spend_lost"], min_cell), table.iloc[[-1]]], ignore_index=True)
    return table[[*(name for name in table if name != "spend_lost"), "spend_lost"]]


def check_stated(graded: pd.DataFrame, interval: float) -> pd.DataFrame | None:
    """Whether what customers complained of agrees with the cause that they stated.

    Returns
    -------
    DataFrame or None
        One row per stated cause: `cause`, `count_customers` (stated it), `count_heard` (of them, with a complaint or bad
        answer near the last order), `count_same` (of these, of the same cause), `share` with `share_low` and `share_high`
        (of `count_heard`; Wilson), `share_all` (the same cause's share in the complaints of everybody who stated one: what
        agreement by chance would give). None where nobody stated a cause.
    """
    stated = graded[graded["stated"].notna()]
    if stated.empty:
        return None
    heard = stated[stated["inferred"].notna()]
    rows = []
    for cause in CAUSES:
        own = heard[heard["stated"] == cause]
        count = int((stated["stated"] == cause).sum())
        if not count:
            continue
        same = int((own["inferred"] == cause).sum())
        usual = float((heard["inferred"] == cause).mean()) if len(heard) else float("nan")
        rows.append({"cause": cause, "count_customers": count, "count_heard": len(own), "count_same": same, "share_all": usual})
    table = add_rate(pd.DataFrame(rows), "count_same", "count_heard", level=interval)
    return table[[*(name for name in table if name != "share_all"), "share_all"]]


def _count_facts(recent: pd.DataFrame, exits: pd.DataFrame | None, spells: pd.DataFrame, as_of: date, interval: float) -> dict[str, object]:
    none = int((recent["grade"] == NONE).sum())
    shares = add_rate(pd.DataFrame({"k": [none], "n": [len(recent)]}), "k", "n", level=interval).iloc[0]
    month = pd.Timestamp(Period.of(as_of).previous.as_of)
    facts: dict[str, object] = {
        "count_left": len(recent),
        "count_month": int((recent["gone_on"] > month).sum()),
        "count_none": none,
        "share_none": float(shares["share"]),
        "low": float(shares["share_low"]),
        "high": float(shares["share_high"]),
        "count_told": 0,
        "count_back": 0,
        "share_back": float("nan"),
    }
    if exits is not None and len(exits):
        orders = spells.groupby("customer_id")["started_on"].agg(["min", "max"])
        told = exits.drop_duplicates("customer_id").set_index("customer_id").join(orders, how="inner")
        told = told[told["left_on"] >= told["min"]]
        back = int((told["max"] > told["left_on"]).sum())
        facts |= {"count_told": len(told), "count_back": back, "share_back": back / len(told) if len(told) else float("nan")}
    return facts
