"""What a way of classing customers is: its name, its labels in order, and the requirements that it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.segments import lifecycle, maps, rfm, tiers

UNKNOWN, NOT_ENOUGH, NO_ORDER = "unknown", "not_enough_data", "no_order"
HIGH, MEDIUM, LOW = "high", "medium", "low"
LEVELS = (HIGH, MEDIUM, LOW)


@dataclass(frozen=True)
class Scheme:
    """One way of classing customers: a column of the table `classes`.

    Attributes
    ----------
    name : str
        The column.
    family : str
        The section of the chapter that shows it.
    labels : tuple of str
        Every label it may hold, best or first one first; empty where the labels are levels of the data.
    requirements : tuple of str
        Ids of the requirements that it answers.
    table : str
        The canonical table that it needs.
    columns : tuple of str
        The columns of that table without which nobody can be classed.
    parameters : tuple of str
        Dotted names of the parameters that its rule uses.
    """

    name: str
    family: str
    labels: tuple[str, ...]
    requirements: tuple[str, ...]
    table: str = "order_lines"
    columns: tuple[str, ...] = ()
    parameters: tuple[str, ...] = field(default=())


_VALUE = (*LEVELS, NOT_ENOUGH, NO_ORDER)
_SEGMENTS = (*(rule.name for rule in rfm.load_map()), rfm.PROSPECT, rfm.NOT_ENOUGH_DATA)
_REGIONS4 = ("east", "south", "west", "north", "outside", UNKNOWN)
_REGIONS_NBS = ("east", "central", "west", "northeast", "outside_list", "outside", UNKNOWN)
_CITIES = ("tier_1", "new_tier_1", "tier_2", "tier_3", "not_listed", "outside", UNKNOWN)

SCHEMES: tuple[Scheme, ...] = (
    Scheme("value_profit", "value", (*LEVELS, "margin_missing", NOT_ENOUGH, NO_ORDER), ("C1",), "order_lines", ("unit_cost",),
           ("classes.high_share", "classes.medium_share", "classes.cost_coverage")),
    Scheme("value_amount", "value", _VALUE, ("D4", "E7"), parameters=("classes.high_share", "classes.medium_share")),
    Scheme("value_score", "value", _VALUE, ("B18",),
           parameters=("classes.score_amount", "classes.score_frequency", "classes.score_interaction", "classes.score_high_share",
                       "classes.score_medium_share")),
    Scheme("importance", "value", ("important", "ordinary", "potential", NOT_ENOUGH), ("D2",)),
    Scheme("tier", "value", (*tiers.TIERS, NOT_ENOUGH), ("A12", "A13", "E8"), parameters=("tiers.vip_share", "tiers.ordinary_share")),
    Scheme("frequency_band", "behaviour", _VALUE, ("D3", "D5"),
           parameters=("classes.high_gap_quantile", "classes.low_gap_quantile")),
    Scheme("amount_band", "behaviour", ("large", "middle", "small", NOT_ENOUGH, NO_ORDER), ("D4",)),
    Scheme("product_breadth", "behaviour", ("multi", "single", UNKNOWN, NO_ORDER), ("D6",), "order_lines", ("product_id",)),
    Scheme("joiner", "behaviour", ("early", "middle", "late", NOT_ENOUGH, UNKNOWN), ("D7",)),
    Scheme("tenure", "behaviour", ("new", "old", NO_ORDER), ("E7",), parameters=("lifecycle.new_days",)),
    Scheme("returning", "behaviour", ("loyal", "potential_returning", "returned", "silent", "other", NO_ORDER), ("A30",),
           parameters=("classes.recent_contact_days",)),
    Scheme("purchase_channel", "behaviour", (), ("C6",), "order_lines", ("channel",)),
    Scheme("customer_type", "who", ("business", "individual", UNKNOWN), ("D1",), "customers", ("customer_type",),
           ("classes.guess_units", "classes.guess_order_days")),
    Scheme("customer_type_basis", "who", ("given", "guessed", UNKNOWN), ("D1",), "customers", ("customer_type",)),
    Scheme("contract_type", "who", (), ("D15",), "customers", ("contract_type",)),
    Scheme("industry", "who", (), ("D15",), "customers", ("industry",)),
    Scheme("origin", "place", ("domestic", "foreign", UNKNOWN), ("D9",), "customers", ("country",)),
    Scheme("region4", "place", _REGIONS4, ("D10", "D15"), "customers", ("region",)),
    Scheme("region_nbs", "place", _REGIONS_NBS, ("D10",), "customers", ("region",)),
    Scheme("city_tier", "place", _CITIES, ("D11",), "customers", ("city",)),
    Scheme("need_segment", "needs", ("quality", "price", "service", "mixed", "unclassified"), ("C2",), "needs", (),
           ("classes.need_pieces", "classes.discount_level")),
    Scheme("lifecycle_a9", "lifecycle", ("high_value", "potential", "dormant", NOT_ENOUGH), ("A9",)),
    Scheme("lifecycle_a19", "lifecycle", ("introduction", "growth", "maturity", "decline"), ("A19",)),
    Scheme("lifecycle_b17", "lifecycle", ("new", "active", "silent", "not_named"), ("B17",)),
    Scheme("lifecycle_c9", "lifecycle", ("potential", "first_purchase", "repeat", "loyal"), ("C9",),
           parameters=("lifecycle.loyal_order_days",)),
    Scheme("lifecycle_d8", "lifecycle", ("potential", "new", "active", "lost"), ("D8",)),
    Scheme("rfm_eleven", "rfm", _SEGMENTS, ("B4",), parameters=("rfm.base_period",)),
    Scheme("rfm_klaviyo", "rfm", maps.labels(maps.KLAVIYO), ("B4",), parameters=("rfm.base_period",)),
    Scheme("rfm_eight", "rfm", maps.labels(maps.EIGHT), ("B4",), parameters=("rfm.base_period",)),
)  # fmt: skip
"""Every way of classing customers, in the order of the table's columns."""

BY_NAME = {scheme.name: scheme for scheme in SCHEMES}
STAGES = lifecycle.STAGES


def labels_of(name: str) -> tuple[str, ...]:
    """Labels of a scheme in order; empty where they come from the data."""
    return BY_NAME[name].labels
