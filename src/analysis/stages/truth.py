"""A simulated company's classes beside what its customers truly are."""

from __future__ import annotations

import json

import pandas as pd

from analysis.month import Month
from analysis.report.words.catalogue import label_level
from analysis.segments.recovery import confuse_kinds, confuse_outcomes, lay_beside, rate_recovery

TRUE = ("customer_id", "true_segment", "true_type", "left_on", "true_margin", "true_clv_12m")
KNOWN = (
    *("count_order_days", "spend_total", "days_since_last_order", "days_as_customer", "count_products", "count_interactions"),
    "satisfaction",
)

VALUE_LEVELS = "class_label"


def read_truth(month: Month) -> pd.DataFrame | None:
    """Buyers' classes beside the truth of a simulated company, see `segments.recovery.lay_beside`.

    None where there is no truth, or where it is of another day: the value of the months to come is that after the last day of the data.
    """
    folder = month.folder / "truth"
    if not (folder / "customers.csv").is_file() or not (folder / "parameters.json").is_file():
        return None
    parameters = json.loads((folder / "parameters.json").read_text(encoding="utf-8"))
    if parameters["covered_until"] != month.as_of.isoformat():
        return None
    hazards = {kind["name"]: float(kind["hazard"]) for kind in parameters["archetypes"]}
    truth = pd.read_csv(folder / "customers.csv", usecols=list(TRUE), dtype=str)
    both = month.read("segments")[["customer_id", "cluster", "tier", "lifecycle_stage"]]
    for table, columns in (("classes", ["value_profit", "customer_type"]), ("customers", ["days_as_customer"])):
        both = both.merge(month.read(table)[["customer_id", *columns]], on="customer_id", validate="one_to_one")
    buyers = both[both["lifecycle_stage"] != "prospect"]
    return lay_beside(buyers, truth, hazards, pd.Timestamp(month.as_of), month.params.clusters.interval)


def rate_classes(month: Month, beside: pd.DataFrame) -> pd.DataFrame:
    """Agreement of classes with the truth, see `segments.recovery.rate_recovery`; a forest may look at what classes are made from."""
    customers = month.read("customers").set_index("customer_id")
    behaviour, params = month.behaviour, month.params.clusters
    known = customers[list(KNOWN)].astype("Float64").astype(float)
    known = known.assign(is_business=customers["customer_type"].eq("business").astype(float))
    facts = pd.concat([behaviour.shown, behaviour.evidence.add_suffix("_evidence"), known.reindex(behaviour.index)], axis=1)
    return rate_recovery(beside, facts, params.interval, params.rand_samples, params.seed)


def confuse_clusters(month: Month, beside: pd.DataFrame) -> pd.DataFrame | None:
    """Clusters against true kinds, see `segments.recovery.confuse_kinds`."""
    return confuse_kinds(beside, month.clusters.names, month.params.report.min_cell)


def confuse_classes(month: Month, beside: pd.DataFrame) -> pd.DataFrame:
    """What became of classes, see `segments.recovery.confuse_outcomes`; classes in words."""
    table = confuse_outcomes(beside, month.clusters.names, month.params.report.min_cell)
    spaces = {"value_profit": VALUE_LEVELS}
    labels = [label_level(spaces.get(scheme, scheme), label) for scheme, label in zip(table["scheme"], table["class"], strict=True)]
    return table.assign(**{"class": labels})
