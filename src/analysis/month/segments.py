"""Segments, clusters and classes of a month's customers, by cut-offs of a base month that hold until a person re-bases them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.history.activity import read_activity
from analysis.history.traits import read_persons
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

if TYPE_CHECKING:
    from analysis.month.month import Month


def make_segments(month: Month) -> pd.DataFrame:
    """The table ``segments``, see `segments.build_segments` and `segments.clusters.add_clusters`."""
    if month.ledger.is_contractual:
        return build_contract_segments(month.read("customers"), month.contracts)
    return add_clusters(month.segment(month.cutoffs), month.clusters, month.behaviour)


def make_classes(month: Month) -> pd.DataFrame:
    """The table ``classes``, see `segments.schemes.build_classes`."""
    home, is_contractual = month.config.home_country, month.ledger.is_contractual
    return build_classes(month.facts, month.voices, month.class_cutoffs, month.as_of, month.params, home, is_contractual)


def find_base(month: Month) -> Month:
    """The month whose customers set the cut-offs of segments, tiers and stages."""
    return month.at(base_period(month.period, month.read("customers")["first_order_on"], month.params))


def hold_cutoffs(month: Month) -> Cutoffs:
    """Cut-offs of the base month, held until a person re-bases them."""
    return month.base.fitted_cutoffs


def fit_own_cutoffs(month: Month) -> Cutoffs:
    """Cut-offs fitted to this month's customers."""

    def make() -> dict[str, Any]:
        return fit_cutoffs(month.read("customers"), month.read("spells"), month.params, month.period).as_dict()

    return Cutoffs.from_dict(month.memo.values(f"{month.period}/cutoffs", make))


def segment_by(month: Month, cutoffs: Cutoffs) -> pd.DataFrame:
    """Class this month's customers by `cutoffs` (last month's tell what a moved cut-off alone did)."""
    return build_segments(month.read("customers"), month.read("spells"), month.as_of, month.params, cutoffs)


def group_by(month: Month, column: str) -> pd.Series:
    """A column of the segments table by customer_id, for example ``rfm_segment``."""
    return month.read("segments").set_index("customer_id")[column]


def describe_behaviour(month: Month) -> Behaviour:
    """What clusters tell this month's buyers apart by, see `segments.cluster_features.describe_buyers`."""
    return describe_buyers(month.read("customers"), month.read("spells"), month.baskets)


def hold_clusters(month: Month) -> Clusters:
    """Clusters of the base month's buyers, held until a person re-bases them; see `_name_clusters`."""
    base = month.base
    return Clusters.from_dict(month.memo.values(f"{base.period}/clusters", lambda: _name_clusters(base).as_dict()))


def _name_clusters(base: Month) -> Clusters:
    """Clusters of the base month `base`, with the names of those of the base month before it that they continue."""
    new, firsts = base.fitted_clusters, base.read("customers")["first_order_on"]
    before = base.at(base_period(base.period.previous, firsts, base.params))
    had_enough = (firsts <= pd.Timestamp(before.as_of)).sum() >= base.params.clusters.min_customers
    if new.model is None or before.period >= base.period or not had_enough:
        return new
    return carry_names(new, before.fitted_clusters, base.behaviour, base.params.clusters.match_overlap)


def fit_own_clusters(month: Month) -> Clusters:
    """Clusters of this month's buyers, with names of their own."""

    def make() -> dict[str, Any]:
        tables = month.read("customers"), month.read("spells"), month.baskets
        return fit_clusters(*tables, month.params.clusters, str(month.period)).as_dict()

    return Clusters.from_dict(month.memo.values(f"{month.period}/fitted_clusters", make))


def gather_facts(month: Month) -> pd.DataFrame:
    """The facts that all classes are made from, see `segments.schemes.gather`."""
    segments = month.read("segments")
    return gather(month.read("customers"), month.traits, month.margins, month.as_of, month.params, segments, month.cutoffs)


def hold_class_cutoffs(month: Month) -> ClassCutoffs:
    """Cut-offs of the classes, as of the base month and held until a person re-bases them."""
    base = month.base

    def make() -> dict[str, Any]:
        facts = gather(base.read("customers"), read_persons(base.ledger, base.as_of), base.margins, base.as_of, month.params)
        return fit_class_cutoffs(facts, base.read("spells"), month.params, str(base.period)).as_dict()

    return ClassCutoffs.from_dict(month.memo.values(f"{base.period}/class_cutoffs", make))


def replay_history(month: Month) -> ClassHistory:
    """Classes of all buyers at the end of this and the last months, by this month's cut-offs."""
    first = Period.of(month.first_on) if month.first_on else month.period
    periods = [month.period.shift(-back) for back in range(count_months(month.params.movement) - 1, -1, -1)]
    ends = [period.as_of for period in periods if period >= first]
    return replay_classes(month.past, read_activity(month.ledger, ends), ends, month.cutoffs, month.params)


def rate_flips(month: Month) -> pd.DataFrame:
    """How likely each buyer is to be in another class by cut-offs of other customers, see `segments.flips.estimate_flips`."""
    return month.memo.table(f"{month.period}/flips", lambda: estimate_flips(month.measured, month.params))


def move_cutoffs(month: Month) -> pd.DataFrame:
    """Who would change class if one cut-off lay one step off, see `segments.steps.step_cutoffs`."""
    return step_cutoffs(month.measured, month.params)


def measure_by_base(month: Month) -> Measured:
    """Buyers of the month beside those of the base month, whose cut-offs measure them."""
    base = month.base
    return Measured(month.read("customers"), month.read("spells"), base.read("customers"), base.read("spells"), month.cutoffs)
