"""Segments, clusters and classes of a month's customers, by cut-offs of a base month that hold until a person re-bases them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.history.activity import read_activity
from analysis.history.traits import read_persons
from analysis.month.basis import Basis, kept
from analysis.month.contractual import read_contracts
from analysis.month.customers import find_baskets, find_first_on, find_traits, find_voices, read_orders, sum_margins
from analysis.period import Period
from analysis.segments import Cutoffs, base_period, build_segments, fit_cutoffs
from analysis.segments.cluster_features import Behaviour, describe_buyers
from analysis.segments.clusters import Clusters, add_clusters, carry_names, fit_clusters
from analysis.segments.composition import count_months
from analysis.segments.contractual import build_contract_segments
from analysis.segments.flips import estimate_flips
from analysis.segments.replay import ClassHistory, replay_classes
from analysis.segments.schemes import ClassCutoffs, build_classes, fit_class_cutoffs, gather
from analysis.segments.standing import Measured
from analysis.segments.steps import step_cutoffs


def make_segments(month: Basis) -> pd.DataFrame:
    """The table ``segments``, see `segments.build_segments` and `segments.clusters.add_clusters`."""
    if month.ledger.is_contractual:
        return build_contract_segments(month.read("customers"), read_contracts(month))
    return add_clusters(segment_by(month, hold_cutoffs(month)), hold_clusters(month), describe_behaviour(month))


def make_classes(month: Basis) -> pd.DataFrame:
    """The table ``classes``, see `segments.schemes.build_classes`."""
    home, is_contractual = month.config.home_country, month.ledger.is_contractual
    return build_classes(
        gather_facts(month), find_voices(month), hold_class_cutoffs(month), month.as_of, month.params, home, is_contractual
    )


@kept
def find_base(month: Basis) -> Basis:
    """The month whose customers set the cut-offs of segments, tiers and stages."""
    return month.at(base_period(month.period, month.read("customers")["first_order_on"], month.params))


@kept
def hold_cutoffs(month: Basis) -> Cutoffs:
    """Cut-offs of the base month, held until a person re-bases them."""
    return fit_own_cutoffs(find_base(month))


@kept
def fit_own_cutoffs(month: Basis) -> Cutoffs:
    """Cut-offs fitted to this month's customers."""

    def make() -> dict[str, Any]:
        return fit_cutoffs(month.read("customers"), month.read("spells"), month.params, month.period).as_dict()

    return Cutoffs.from_dict(month.memo.values(f"{month.period}/cutoffs", make))


def segment_by(month: Basis, cutoffs: Cutoffs) -> pd.DataFrame:
    """Class this month's customers by `cutoffs` (last month's tell what a moved cut-off alone did)."""
    return build_segments(month.read("customers"), month.read("spells"), month.as_of, month.params, cutoffs)


def group_by(month: Basis, column: str) -> pd.Series:
    """A column of the segments table by customer_id, for example ``rfm_segment``."""
    return month.read("segments").set_index("customer_id")[column]


@kept
def describe_behaviour(month: Basis) -> Behaviour:
    """What clusters tell this month's buyers apart by, see `segments.cluster_features.describe_buyers`."""
    return describe_buyers(month.read("customers"), month.read("spells"), find_baskets(month))


@kept
def hold_clusters(month: Basis) -> Clusters:
    """Clusters of the base month's buyers, held until a person re-bases them; see `_name_clusters`."""
    base = find_base(month)
    return Clusters.from_dict(month.memo.values(f"{base.period}/clusters", lambda: _name_clusters(base).as_dict()))


def _name_clusters(base: Basis) -> Clusters:
    """Clusters of the base month `base`, with the names of those of the base month before it that they continue."""
    new, firsts = fit_own_clusters(base), base.read("customers")["first_order_on"]
    before = base.at(base_period(base.period.previous, firsts, base.params))
    had_enough = (firsts <= pd.Timestamp(before.as_of)).sum() >= base.params.clusters.min_customers
    if new.model is None or before.period >= base.period or not had_enough:
        return new
    return carry_names(new, fit_own_clusters(before), describe_behaviour(base), base.params.clusters.match_overlap)


@kept
def fit_own_clusters(month: Basis) -> Clusters:
    """Clusters of this month's buyers, with names of their own."""

    def make() -> dict[str, Any]:
        tables = month.read("customers"), month.read("spells"), find_baskets(month)
        return fit_clusters(*tables, month.params.clusters, str(month.period)).as_dict()

    return Clusters.from_dict(month.memo.values(f"{month.period}/fitted_clusters", make))


@kept
def gather_facts(month: Basis) -> pd.DataFrame:
    """The facts that all classes are made from, see `segments.schemes.gather`."""
    segments = month.read("segments")
    return gather(month.read("customers"), find_traits(month), sum_margins(month), month.as_of, month.params, segments, hold_cutoffs(month))


@kept
def hold_class_cutoffs(month: Basis) -> ClassCutoffs:
    """Cut-offs of the classes, as of the base month and held until a person re-bases them."""
    base = find_base(month)

    def make() -> dict[str, Any]:
        facts = gather(base.read("customers"), read_persons(base.ledger, base.as_of), sum_margins(base), base.as_of, month.params)
        return fit_class_cutoffs(facts, base.read("spells"), month.params, str(base.period)).as_dict()

    return ClassCutoffs.from_dict(month.memo.values(f"{base.period}/class_cutoffs", make))


@kept
def replay_history(month: Basis) -> ClassHistory:
    """Classes of all buyers at the end of this and the last months, by this month's cut-offs."""
    first_on = find_first_on(month)
    first = Period.of(first_on) if first_on else month.period
    periods = [month.period.shift(-back) for back in range(count_months(month.params.movement) - 1, -1, -1)]
    ends = [period.as_of for period in periods if period >= first]
    return replay_classes(read_orders(month), read_activity(month.ledger, ends), ends, hold_cutoffs(month), month.params)


@kept
def rate_flips(month: Basis) -> pd.DataFrame:
    """How likely each buyer is to be in another class by cut-offs of other customers, see `segments.flips.estimate_flips`."""
    return month.memo.table(f"{month.period}/flips", lambda: estimate_flips(measure_by_base(month), month.params))


def move_cutoffs(month: Basis) -> pd.DataFrame:
    """Who would change class if one cut-off lay one step off, see `segments.steps.step_cutoffs`."""
    return step_cutoffs(measure_by_base(month), month.params)


@kept
def measure_by_base(month: Basis) -> Measured:
    """Buyers of the month beside those of the base month, whose cut-offs measure them."""
    base = find_base(month)
    return Measured(month.read("customers"), month.read("spells"), base.read("customers"), base.read("spells"), hold_cutoffs(month))
