"""The facts of a month behind the portraits of segments, and what portraits are used for (requirements C4, C5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.contracts import Missing
from analysis.history.categories import find_complaining, find_main_categories
from analysis.history.disclosure import hide_small
from analysis.report.words.catalogue import label_level
from analysis.segments.cards import build_cards, tell_apart
from analysis.segments.summary import classes

if TYPE_CHECKING:
    from analysis.month import Month

Members: TypeAlias = dict[str, NDArray[np.bool_]]

FACTS = (
    *("revenue", "repeat_rate", "usual_gap_days", "spend_mean", "main_category", "main_channel", "region", "customer_type"),
    *("satisfaction", "share_complained", "p_none", "clv"),
)
"""What a card tells, in this order."""
USES = (
    *("high_value", "high_value_warned", "core", "important", "potential", "potential_returner"),
    *("needs_quality", "needs_price", "needs_service", "dissatisfied"),
)
"""What people are looked for with the help of portraits."""
INPUTS = {
    "potential_returner": Missing("interactions", (), ("A30",)),
    **dict.fromkeys(("needs_quality", "needs_price", "needs_service"), Missing("needs", (), ("C2",))),
    "dissatisfied": Missing("surveys", (), ("C5",)),
}
"""Without which nobody can be found; all other uses are read from orders."""


def gather_facts(month: Month) -> pd.DataFrame:
    """What portraits tell of, of the customers of `month`.

    Returns
    -------
    DataFrame
        One row per customer, in the order of the customers table: the columns that `segments.cards.build_cards` asks for. The
        chance of an order, the value and complaints are missing for who never ordered, complaints and answers where the source has none.
    """
    params, customers = month.params.portraits, month.read("customers")
    ids = customers["customer_id"]

    def look_up(table: str, column: str) -> pd.Series:
        return ids.map(month.read(table).set_index("customer_id")[column])

    channels = month.traits.set_index("customer_id")["main_channel"]
    categories = find_main_categories(month.ledger, month.as_of)
    complaining = find_complaining(month.ledger, month.as_of, month.period.shift(-params.complaint_months).as_of)
    satisfaction = customers["satisfaction"].astype("Float64").astype("float64")
    low = (satisfaction < params.low_satisfaction).astype("boolean").mask(satisfaction.isna())
    is_buyer = customers["count_order_days"] > 0
    gaps = customers["days_first_to_last_order"].astype("Float64").astype("float64") / (customers["count_order_days"] - 1).where(
        customers["count_order_days"] > 1
    )
    return pd.DataFrame(
        {
            "customer_id": ids,
            "segment": look_up("segments", "rfm_segment"),
            "count_order_days": customers["count_order_days"],
            "spend_total": customers["spend_total"].astype("float64"),
            "spend_mean": customers["spend_mean"].astype("Float64").astype("float64"),
            "usual_gap_days": gaps,
            "p_order": look_up("scores", "p_order").astype("float64"),
            "clv": look_up("value", "clv").astype("float64"),
            "satisfaction": satisfaction,
            "is_dissatisfied": low,
            "has_complained": pd.NA if complaining is None else ids.isin(set(complaining)).astype("boolean").mask(~is_buyer),
            "main_channel": ids.map(channels),
            "region": customers["region"],
            "customer_type": look_up("classes", "customer_type").replace("unknown", np.nan),
            "main_category": None if categories is None else ids.map(categories.set_index("customer_id")["main_category"]),
        }
    )


def describe_segments(month: Month, facts: pd.DataFrame) -> pd.DataFrame | None:
    """`segments.cards.build_cards` of the RFM segments, in their order."""
    return build_cards(facts, list(classes("rfm_segment")), month.params.report.min_cell, month.params.portraits.least_known)


def set_apart(month: Month, facts: pd.DataFrame) -> pd.DataFrame:
    """`segments.cards.tell_apart` of the RFM segments."""
    return tell_apart(facts, month.params.portraits, month.params.report.min_cell)


def headline(cards: pd.DataFrame | None, apart: pd.DataFrame) -> dict[str, object]:
    """The chapter in three numbers: `segments` with customers, `distinct` ones that something sets apart, `largest` of them all."""
    if cards is None:
        return {"segments": 0, "distinct": 0, "share": float("nan")}
    return {"segments": len(cards), "distinct": apart["segment"].nunique(), "share": float(cards["share_customers"].max())}


def list_uses(facts: pd.DataFrame, members: Members) -> pd.DataFrame:
    """The customers whom `count_uses` counts, by name, to work with: never on a page.

    Parameters
    ----------
    facts, members
        From `gather_facts` and `find_members`.

    Returns
    -------
    DataFrame
        One row per use and customer, the most valuable first within a use: `use` (in words), `customer_id`, `segment` (in words),
        `spend_total` (so far), `clv`. A customer may be in several uses.
    """
    columns = ["customer_id", "segment", "spend_total", "clv"]
    parts = [facts.loc[found, columns].assign(use=label_level("portrait_use", use)) for use, found in members.items()]
    ordered = [part.sort_values(["clv", "spend_total", "customer_id"], ascending=[False, False, True]) for part in parts]
    listed = pd.concat(ordered, ignore_index=True)
    segments = {name: label_level("rfm_segment", name) for name in listed["segment"].unique()}
    return listed.assign(segment=listed["segment"].map(segments))[["use", *columns]]


def count_uses(facts: pd.DataFrame, members: Members, min_cell: int) -> pd.DataFrame:
    """Whom portraits help to find (requirement C5); a customer may be in several rows.

    Parameters
    ----------
    facts, members
        From `gather_facts` and `find_members`.
    min_cell : int
        Money of fewer customers is blank.

    Returns
    -------
    DataFrame
        One row per use of `USES` that the source tells of (see `find_gaps`): `use`, `count_customers`, `share_customers`, `revenue`
        (spend so far), `clv` (sum). ``high_value`` by amount (D4), ``high_value_warned`` of them on
        the watch list; ``core`` by score (B18); ``important`` (D2); ``potential`` in the segments that may become loyal;
        ``potential_returner`` silent, but in touch of late (A30); ``needs_*`` by need segment (C2); ``dissatisfied`` by the mean answer.
    """
    rows = [(use, int(found.sum()), facts.loc[found, "spend_total"].sum(), facts.loc[found, "clv"].sum()) for use, found in members.items()]
    table = pd.DataFrame(rows, columns=["use", "count_customers", "revenue", "clv"])
    table.insert(2, "share_customers", table["count_customers"] / max(len(facts), 1))
    return hide_small(table, "count_customers", ["revenue", "clv"], min_cell)


def find_gaps(members: Members) -> list[Missing]:
    """What the source lacks to find people by: nobody found for want of an input is no finding of nobody."""
    return list(dict.fromkeys(gap for use, gap in INPUTS.items() if use not in members))


def find_members(month: Month, facts: pd.DataFrame) -> Members:
    """Whether each row of `facts` belongs to each of `USES` of which anything is known."""
    groups = month.read("classes").set_index("customer_id").reindex(facts["customer_id"])
    churn = month.read("churn")
    warned = facts["customer_id"].isin(set(churn.loc[churn["warning"].notna(), "customer_id"])).to_numpy()
    high = (groups["value_amount"] == "high").to_numpy()
    found = {
        "high_value": high,
        "high_value_warned": high & warned,
        "core": (groups["value_score"] == "high").to_numpy(),
        "important": (groups["importance"] == "important").to_numpy(),
        "potential": facts["segment"].isin(["potential_loyalist", "promising", "new"]).to_numpy(),
        "potential_returner": (groups["returning"] == "potential_returning").to_numpy(),
        **{f"needs_{name}": (groups["need_segment"] == name).to_numpy() for name in ("quality", "price", "service")},
        "dissatisfied": facts["is_dissatisfied"].fillna(False).to_numpy(dtype=bool),
    }
    told = {gap for use, gap in INPUTS.items() if found[use].any() or month.ledger.has(gap.table)}
    return {use: found[use] for use in USES if use not in INPUTS or INPUTS[use] in told}
