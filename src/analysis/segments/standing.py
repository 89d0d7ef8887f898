"""Buyers on one day as plain arrays, to be classed again and again: by other cut-offs, or month after month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments import lifecycle, maps, tiers
from analysis.segments.base import Cutoffs
from analysis.segments.lifecycle import Limit
from analysis.segments.maps.assign import place_segments
from analysis.segments.rfm import NOT_ENOUGH_DATA
from analysis.segments.summary import classes
from analysis.segments.tiers import Scale

Floats = NDArray[np.float64]
Places = NDArray[np.signedinteger[Any]]

SCHEMES = ("rfm_segment", "tier", "lifecycle_stage")
"""Columns of the table `segments` that class by cut-offs."""


@dataclass(frozen=True)
class Standing:
    """Customers with an order, one entry each.

    Attributes
    ----------
    days_since_last_order, count_order_days, spend_total, days_as_customer : array
        As in the contract `customers`.
    last_gap_days : array
        Length of the last completed gap; missing after a single order.
    measures : dict
        Values of each part of the tier score, see `tiers.measure`.
    """

    days_since_last_order: Floats
    count_order_days: Floats
    spend_total: Floats
    days_as_customer: Floats
    last_gap_days: Floats
    measures: dict[str, Floats]

    @classmethod
    def of(cls, buyers: pd.DataFrame, spells: pd.DataFrame) -> Standing:
        """Read `buyers` (one row a customer with an order) and their `spells`."""
        return cls(
            days_since_last_order=buyers["days_since_last_order"].to_numpy(dtype=float),
            count_order_days=buyers["count_order_days"].to_numpy(dtype=float),
            spend_total=buyers["spend_total"].to_numpy(dtype=float),
            days_as_customer=buyers["days_as_customer"].to_numpy(dtype=float),
            last_gap_days=buyers["customer_id"].map(lifecycle.last_gaps(spells)).to_numpy(dtype=float),
            measures={name: tiers.measure(buyers, name).to_numpy() for name in tiers.MEASURES},
        )

    def take(self, rows: NDArray[Any]) -> Standing:
        """Only the customers whom `rows` (a mask or positions) chooses."""
        return Standing(
            self.days_since_last_order[rows],
            self.count_order_days[rows],
            self.spend_total[rows],
            self.days_as_customer[rows],
            self.last_gap_days[rows],
            {name: values[rows] for name, values in self.measures.items()},
        )

    def __len__(self) -> int:
        return len(self.count_order_days)

    @cached_property
    def spend_mean(self) -> Floats:
        """Spend per order day, as `maps.read_amount` rounds it."""
        return np.round(self.spend_total / self.count_order_days, 8)

    def find_segments(self, name: str, cutoffs: Cutoffs, params: Params) -> Places:
        """Position of each customer's segment in ``maps.labels(name)``, see `maps.assign`."""
        grid = maps.grid_of(name, cutoffs)
        if grid is None:
            return np.full(len(self), maps.labels(name).index(NOT_ENOUGH_DATA))
        amounts = self.spend_total if grid.measure == "spend_total" else self.spend_mean
        return place_segments(name, grid, self.days_since_last_order, self.count_order_days, amounts, self.days_as_customer, params)

    def find_tiers(self, scale: Scale | None) -> Places:
        """Position of each customer's tier in ``tiers.LABELS``, see `tiers.assign`."""
        if scale is None:
            return np.full(len(self), tiers.LABELS.index(NOT_ENOUGH_DATA))
        return tiers.place_tiers(self.score(scale), scale.vip_from, scale.ordinary_from)

    def score(self, scale: Scale) -> Floats:
        """Score of each customer on a scale, see `tiers.score`."""
        return tiers.rank(len(self), self.measures, scale.parts)

    def find_stages(self, limits: tuple[Limit, ...], params: Params) -> Places:
        """Position of each customer's stage in ``lifecycle.STAGES``, see `lifecycle.assign`."""
        return _STAGE_OF_RULE[
            lifecycle.find_rules(
                self.count_order_days, self.days_since_last_order, self.days_as_customer, self.last_gap_days, limits, params
            )
        ]

    def find(self, scheme: str, cutoffs: Cutoffs, params: Params) -> Places:
        """Position of each customer's class in ``classes(scheme)``, for the schemes of the table `segments`."""
        if scheme == "rfm_segment":
            return self.find_segments(maps.ELEVEN, cutoffs, params)
        return self.find_tiers(cutoffs.tiers) if scheme == "tier" else self.find_stages(cutoffs.lifecycle, params)


@dataclass(frozen=True)
class Measured:
    """Buyers of a month, and the base month whose buyers set the cut-offs that they are measured by.

    Attributes
    ----------
    customers, spells : DataFrame
        Of the month: one row a customer, one a spell.
    base_customers, base_spells : DataFrame
        Of the base month, from whom `cutoffs` were taken.
    cutoffs : Cutoffs
        In use.
    """

    customers: pd.DataFrame
    spells: pd.DataFrame
    base_customers: pd.DataFrame
    base_spells: pd.DataFrame
    cutoffs: Cutoffs

    @cached_property
    def buyers(self) -> pd.DataFrame:
        """Customers of the month with an order, by id."""
        return _choose_buyers(self.customers)

    @cached_property
    def base(self) -> pd.DataFrame:
        """Customers of the base month with an order, by id."""
        return _choose_buyers(self.base_customers)

    @cached_property
    def standing(self) -> Standing:
        """`buyers` as arrays."""
        return Standing.of(self.buyers, self.spells)


def labels_of(scheme: str) -> NDArray[np.object_]:
    """``classes(scheme)``, to be looked up by the positions that `Standing.find` gives."""
    return np.array(classes(scheme), dtype=object)


def _choose_buyers(customers: pd.DataFrame) -> pd.DataFrame:
    return customers[customers["count_order_days"] > 0].sort_values("customer_id", kind="stable").reset_index(drop=True)


_STAGE_OF_RULE = np.array([lifecycle.STAGES.index(stage) for stage in lifecycle.RULES.values()])
