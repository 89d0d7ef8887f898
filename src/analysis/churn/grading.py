"""Grades of the warnings: did they come true, and did they tell more than was known without them.

Most customers who are silent for a quarter never were regular, so the share of a list that stayed silent says little
alone. The fair question is asked twice: against customers of the same kind who were not on the list (the same month,
last order and tenth of usual spend), and against customers of the same chance of an order by a model of orders alone:
what is above 1 there is what the list adds to that model.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.churn.early_warning import REASONS
from analysis.churn.remarks import Remark
from analysis.churn.watch import TENTHS, URGENT, WATCH, Watch
from analysis.history.rates import add_rate
from analysis.params import ChurnParams

if TYPE_CHECKING:
    from analysis.ledger import Ledger

MIN_COMPARABLE = 5
"""Customers off the list that a cell needs to say what is usual there."""
ALL = "all"
VOICE_TABLES = ("feedback", "surveys", "needs", "interactions")
"""Tables of the reasons that orders do not show."""
MATCHES = {"kind": "against_kind", "chance": "against_chance"}


def grade_months(watch: Watch, params: ChurnParams) -> pd.DataFrame | None:
    """Lists whose horizon has closed, a month each and all together.

    Returns
    -------
    DataFrame
        One row per month (YYYY-MM), then ``all``: `month`, `count_warned`, `count_silent` (of them without an order in
        the horizon), `precision` with `precision_low`, `precision_high` (Wilson; of all months together a range is left
        out, since their horizons overlap), `count_active`, `count_active_silent`, `base_rate` (share of all active
        customers), `share_comparable` (`precision` / `against_kind`: what customers of the same kind did), `recall`
        (share of the silent who were on the list) with `recall_low`, `recall_high`, and of `compare`: `against_kind`,
        `against_chance` with `_low`, `_high`. None where no list has closed.
    """
    closed = _closed(watch, params)
    if closed.empty:
        return None
    groups = [*((month, rows) for month, rows in closed.groupby("month")), (ALL, closed)]
    rows = [{"month": name, **_count(part), **_compare_both(part, part["is_warned"], params)} for name, part in groups]
    table = add_rate(pd.DataFrame(rows), "count_silent", "count_warned", "precision", params.interval)
    table = add_rate(table, "count_silent", "count_active_silent", "recall", params.interval)
    table["base_rate"] = table["count_active_silent"] / table["count_active"]
    table["share_comparable"] = table["precision"] / table["against_kind"]
    overlapping = table["month"] == ALL
    for name in ("precision_low", "precision_high", "recall_low", "recall_high"):
        table[name] = table[name].mask(overlapping)
    return table


def grade_reasons(watch: Watch, params: ChurnParams) -> pd.DataFrame | None:
    """The same lists by each reason among a warning's reasons, and by urgency.

    Returns
    -------
    DataFrame
        One row per reason that at least `MIN_COMPARABLE` warnings gave, then per urgency: `part`, `count_warned` (over the
        months: a customer counts once a month), `count_silent`, `precision`, `against_kind`, `against_chance` with `_low`,
        `_high`. None where no list has closed.
    """
    closed = _closed(watch, params)
    if closed.empty:
        return None
    named = closed["reasons"].fillna("").str.split("|")
    parts = {reason: named.map(lambda names, wanted=reason: wanted in names) for reason in REASONS}
    parts |= {level: closed["warning"] == level for level in (URGENT, WATCH)}
    rows = []
    for part, chosen in parts.items():
        if chosen.sum() >= MIN_COMPARABLE:
            rest = ~closed["is_warned"] | chosen
            rows.append({"part": part, **_count(closed[rest]), **_compare_both(closed[rest], chosen[rest], params)})
    table = pd.DataFrame(rows)
    columns = ["part", "count_warned", "count_silent", "precision", *(f"{m}{s}" for m in MATCHES.values() for s in ("", "_low", "_high"))]
    return table.assign(precision=table["count_silent"] / table["count_warned"])[columns]


def grade_rankings(watch: Watch, params: ChurnParams) -> pd.DataFrame | None:
    """The lists beside lists of the same length by simpler rules, month by month, over all closed months.

    Returns
    -------
    DataFrame
        One row per rule: `rule` (``list``; ``chance_spend``: chance of no order x usual spend; ``chance``: chance of no
        order; ``spend``: usual spend), `count_warned`, `count_silent`, `precision`, `against_kind`, `against_chance` with
        limits, and `share_lost`: share of the usual spend of all active customers who stayed silent that the list named.
    """
    closed = _closed(watch, params)
    if closed.empty:
        return None
    silent_chance = 1 - closed["p_order"]
    scores = {"list": None, "chance_spend": silent_chance * closed["usual_spend"], "chance": silent_chance, "spend": closed["usual_spend"]}
    room = closed.groupby("month")["is_warned"].transform("sum")
    lost = closed["usual_spend"] * closed["is_silent"]
    rows = []
    for rule, score in scores.items():
        if score is None:
            chosen = closed["is_warned"]
        else:
            ordered = closed.assign(score=-score).sort_values(["month", "score", "customer_id"])
            chosen = (ordered.groupby("month").cumcount() < room[ordered.index]).reindex(closed.index)
        part = closed.assign(is_warned=chosen)
        found = {"rule": rule, **_count(part), **_compare_both(part, chosen, params)}
        rows.append(found | {"share_lost": _divide(lost[chosen].sum(), lost.sum())})
    table = pd.DataFrame(rows)
    columns = ["rule", "count_warned", "count_silent", "precision", *(f"{m}{s}" for m in MATCHES.values() for s in ("", "_low", "_high"))]
    return table.assign(precision=table["count_silent"] / table["count_warned"])[[*columns, "share_lost"]]


def compare(part: pd.DataFrame, chosen: pd.Series, cell: pd.Series, level: float) -> tuple[float, float, float]:
    """Share of the chosen who stayed silent over that expected of them, with a confidence interval.

    Expected is the share among those not chosen in the same cell; cells with fewer than `MIN_COMPARABLE` of them are left
    out on both sides. The interval is of the logarithm, by linearisation, all months of a customer taken as one
    observation. What strikes all customers alike (a bad season) is on both sides and cancels.

    Parameters
    ----------
    part : DataFrame
        One row per month and customer: `customer_id`, `is_silent`.
    """
    codes, _ = pd.factorize(cell)
    silent, chosen_now = part["is_silent"].to_numpy(dtype=float), chosen.to_numpy(dtype=bool)
    count, others = np.bincount(codes), np.bincount(codes, ~chosen_now)
    usable = (others >= MIN_COMPARABLE)[codes]
    inside, outside = chosen_now & usable, ~chosen_now & usable
    size = inside.sum()
    if not size:
        return np.nan, np.nan, np.nan
    rate = np.bincount(codes, silent * ~chosen_now, len(count)) / np.maximum(others, 1)
    observed, expected = silent[inside].mean(), rate[codes[inside]].mean()
    if observed <= 0 or expected <= 0:
        return _divide(observed, expected), np.nan, np.nan
    weight = np.bincount(codes, inside, len(count)) / size
    influence = np.zeros(len(part))
    influence[inside] = (silent[inside] - observed) / (size * observed) - (rate[codes[inside]] - expected) / (size * expected)
    spread = (weight / np.maximum(others, 1))[codes[outside]]
    influence[outside] = -spread * (silent[outside] - rate[codes[outside]]) / expected
    who, _ = pd.factorize(part["customer_id"])
    error = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt((np.bincount(who, influence) ** 2).sum())
    lift = observed / expected
    return lift, lift * np.exp(-error), lift * np.exp(error)


def cells(part: pd.DataFrame) -> dict[str, pd.Series]:
    """Cells of comparable customers, each within a month: same last order and tenth of usual spend; same tenth of `p_order`."""

    def tenth(name: str) -> pd.Series:
        place = part.groupby("month")[name].rank(method="average", pct=True) * TENTHS
        return np.ceil(place).clip(1, TENTHS).astype(int).astype(str)

    month = part["month"].astype(str) + "/"
    return {"kind": month + part["order_group"].astype(str) + "/" + tenth("usual_spend"), "chance": month + tenth("p_order")}


def _compare_both(part: pd.DataFrame, chosen: pd.Series, params: ChurnParams) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, match in MATCHES.items():
        lift, low, high = compare(part, chosen, part[f"cell_{name}"], params.interval)
        found |= {match: lift, f"{match}_low": low, f"{match}_high": high}
    return found


def _closed(watch: Watch, params: ChurnParams) -> pd.DataFrame:
    """Active customers of the months whose lists can be graded, with their cells."""
    signs = watch.signs
    closed = signs[signs["is_replayed"] & signs["is_silent"].notna()]
    newest = sorted(closed["month"].unique())[-params.warning_graded_months :]
    closed = closed[closed["month"].isin(newest)].reset_index(drop=True)
    return closed.assign(**{f"cell_{name}": cell for name, cell in cells(closed).items()}) if len(closed) else closed


def _count(part: pd.DataFrame) -> dict[str, int]:
    warned = part["is_warned"].astype(bool)
    return {
        "count_warned": int(warned.sum()),
        "count_silent": int(part.loc[warned, "is_silent"].sum()),
        "count_active": len(part),
        "count_active_silent": int(part["is_silent"].sum()),
    }


def _divide(a: float, b: float) -> float:
    return float(a / b) if b else np.nan


def list_grades(grades: pd.DataFrame | None) -> pd.DataFrame | None:
    """`grade_months` as it is shown: `month`, counts, `precision`, `recall` and both comparisons with limits."""
    if grades is None:
        return None
    compared = [f"{match}{end}" for match in MATCHES.values() for end in ("", "_low", "_high")]
    return grades[["month", "count_warned", "count_silent", "precision", "recall", *compared]]


def chart_months(grades: pd.DataFrame | None) -> pd.DataFrame | None:
    """Share silent of the warned and of comparable customers, one row per month and `who` (``warned``, ``comparable``).

    Columns: `month`, `who`, `share`, `low`, `high` (of the warned, Wilson). None without grades.
    """
    if grades is None:
        return None
    months = grades[grades["month"] != ALL]
    warned = months.assign(who="warned", share=months["precision"], low=months["precision_low"], high=months["precision_high"])
    others = months.assign(who="comparable", share=months["share_comparable"], low=np.nan, high=np.nan)
    return pd.concat([warned, others], ignore_index=True)[["month", "who", "share", "low", "high"]]


def tell_origin(watch: Watch, params: ChurnParams) -> list[Remark]:
    """Which of the graded lists were sent as they are graded: ``replayed`` (none), ``issued`` (all), else ``some_issued``."""
    closed = _closed(watch, params)
    if closed.empty:
        return []
    sent = sorted(closed.loc[closed["is_issued"], "month"].unique()) if "is_issued" in closed else []
    fields = {"issued": len(sent), "count": closed["month"].nunique(), "months": ", ".join(sent)}
    return [Remark("replayed" if not sent else "issued" if len(sent) == fields["count"] else "some_issued", fields)]


def tell_grades(grades: pd.DataFrame | None, ledger: Ledger) -> list[Remark]:
    """What the grades of all months say, and which reasons the source cannot give.

    ``better``: the intervals of both comparisons lie above 1; ``kind``: that against the same kind alone; ``worse``: that
    against the same kind lies below 1; else ``unclear``; ``none`` without grades. ``unseen`` where tables are missing.
    """
    found = [Remark("none")] if grades is None else [_tell_total(grades)]
    absent = [name for name in VOICE_TABLES if not ledger.has(name)]
    return [*found, Remark("unseen", {"tables": ", ".join(absent)})] if absent else found


def _tell_total(grades: pd.DataFrame) -> Remark:
    row = grades[grades["month"] == ALL].iloc[0].to_dict()
    kind, chance = row["against_kind_low"] > 1, row["against_chance_low"] > 1
    outcome = "better" if kind and chance else "kind" if kind else "worse" if row["against_kind_high"] < 1 else "unclear"
    return Remark(outcome, row | {"count_months": len(grades) - 1})
