"""What the chapter on classes says beside the classes themselves."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.contracts import Missing
from analysis.history.disclosure import hide_small
from analysis.history.pairs import read_holdings
from analysis.history.traits import count_channels
from analysis.month import Month
from analysis.report.words.catalogue import label_level
from analysis.segments.schemes.pairs import OFFER, choose_offers, count_offers, weigh_pairs
from analysis.segments.schemes.rules import Rule, tell_rules
from analysis.segments.schemes.stages import find_transitions, move_vocabularies
from analysis.segments.schemes.tables import shift_channels
from analysis.value.concentration import draw_concentration


def tell_class_rules(month: Month, family: str) -> list[Rule]:
    """Rules, with their cut-offs, of a family of schemes; see `segments.schemes.rules`."""
    held, by_contract = (month.class_cutoffs, month.cutoffs), month.ledger.is_contractual
    return tell_rules(family, month.read("classes"), *held, month.params, month.as_of.year, by_contract)


def concentrate_profit(month: Month) -> pd.DataFrame | Missing:
    """Pareto curve of profit so far; losses count as zero."""
    profit = month.facts["profit_total"].dropna().clip(lower=0).to_numpy()
    if not (profit > 0).any():
        return Missing("order_lines", ("unit_cost",), ("C1",))
    return draw_concentration(profit, min_cell=month.params.report.min_cell)


def mix_channels(month: Month) -> pd.DataFrame | Missing | None:
    """Orders by channel in the last twelve months and in those before; see `segments.schemes.tables.shift_channels`."""
    if not month.ledger.has("order_lines", "channel"):
        return Missing("order_lines", ("channel",), ("C6",))
    middle, since = (month.period.shift(-back).as_of for back in (12, 24))
    return shift_channels(count_channels(month.ledger, month.as_of, middle, since), month.params.report.min_cell)


def move_stages(month: Month) -> pd.DataFrame:
    """Movement since last month in three vocabularies, see `segments.schemes.stages.move_vocabularies`."""
    return move_vocabularies(month.previous.read("segments"), month.read("segments"))


def list_groups(month: Month) -> pd.DataFrame:
    """Customers to filter by tag and class (requirements A9, D16): never on a page.

    Returns
    -------
    DataFrame
        One row a customer with a tag, of high value (A9), or dormant after high or medium value; sorted by `customer_id`: `GROUPS`,
        classes in words.
    """
    table = month.read("classes").assign(tags=month.facts["tags"].to_numpy())
    was_worth = (table["lifecycle_a9"] == "dormant") & table["value_amount"].isin(("high", "medium"))
    rows = table[table["tags"].notna() | (table["lifecycle_a9"] == "high_value") | was_worth]
    words = {name: {label: label_level("class_label", label) for label in rows[name].unique()} for name in GROUPS[2:]}
    return rows.assign(**{name: rows[name].map(labels) for name, labels in words.items()})[list(GROUPS)].sort_values("customer_id")


GROUPS = ("customer_id", "tags", "lifecycle_a9", "value_amount", "tier", "customer_type", "region4", "need_segment")


def list_transitions(month: Month) -> pd.DataFrame:
    """Changes of stage since last month with the rule that fired; money of few blanked."""
    found = find_transitions(month.previous.read("segments"), month.facts)
    return hide_small(found, "count_customers", ["revenue"], month.params.report.min_cell)


@dataclass(frozen=True)
class CrossSelling:
    """Products that go together, and what follows for customers who keep one.

    Attributes
    ----------
    pairs : DataFrame or Missing
        The pairs that stand out, see `segments.schemes.pairs.weigh_pairs`; `first` and `second` are names.
    offers : DataFrame
        One row a customer with an offer, see `choose_offers`: never on a page.
    offered : DataFrame
        One row a product and its offer, that of most customers first; those of fewer than `report.min_cell` left out:
        `product, offer, count_customers, share_keep, lift, lift_low, lift_high`.
    numbers : dict
        `NUMBERS`: `single, offered, products` (`count_offers`), `tests` (pairs looked at), `distinct` ones, `least` customers of a pair,
        `level` of chance.
    """

    pairs: pd.DataFrame | Missing
    offers: pd.DataFrame
    offered: pd.DataFrame
    numbers: dict[str, float]


NUMBERS = ("single", "offered", "products", "tests", "distinct", "least", "level")


def pair_products(month: Month) -> CrossSelling:
    """What the month's customers keep together (requirement D6)."""
    chosen, min_cell = month.params.classes, month.params.report.min_cell
    holdings = read_holdings(month.ledger, month.as_of, chosen.pair_products, chosen.pair_customers)
    if holdings is None:
        nobody, nothing = pd.DataFrame(columns=list(OFFER)), pd.DataFrame(columns=["product", "offer", "count_customers", *OFFER[3:]])
        return CrossSelling(Missing("order_lines", ("product_id",), ("D6",)), nobody, nothing, dict.fromkeys(NUMBERS, 0))
    pairs = weigh_pairs(holdings, chosen)
    offers = choose_offers(pairs, holdings)
    distinct = pairs[pairs["is_distinct"] & (pairs["count_customers"] >= min_cell)].drop(columns="is_distinct")
    names = holdings.products.set_index("product_id")["name"]
    tests = len(names) * (len(names) - 1) // 2
    numbers = {"tests": tests, "distinct": len(distinct), "least": chosen.pair_customers, "level": chosen.pair_level}
    groups = offers.groupby(["product", "offer"], as_index=False)
    offered = groups.agg(count_customers=("customer_id", "size"), **{name: (name, "first") for name in OFFER[3:]})
    return CrossSelling(
        distinct.assign(first=distinct["first"].map(names), second=distinct["second"].map(names)).reset_index(drop=True),
        offers,
        offered[offered["count_customers"] >= min_cell].sort_values(
            ["count_customers", "product"], ascending=[False, True], ignore_index=True
        ),
        count_offers(offers, holdings) | numbers,
    )
