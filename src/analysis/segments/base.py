"""Cut-offs: fitted as of one base month and then held, so that a movement between months is a movement of customers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.params import Params
from analysis.period import Period
from analysis.segments import lifecycle, rfm, tiers
from analysis.segments.lifecycle import Limit
from analysis.segments.maps.grid import Grid, fit_grids
from analysis.segments.rfm import Edges
from analysis.segments.tiers import Part, Scale

Row = tuple[str, str, str, float | None, float | None, str, str]

_SCORES = {"r_score": "days_since_last_order", "f_score": "count_order_days", "m_score": "spend_total"}

MIN_MONTHS = 6
"""Months of data that a base month must have behind it, itself included."""


@dataclass(frozen=True)
class Cutoffs:
    """Everything that must hold still between months.

    Attributes
    ----------
    period : str
        The base month, YYYY-MM; empty when not stated.
    count_buyers : int
        Customers with an order by its end.
    rfm : Edges or None
        None: fewer than `params.rfm.min_buyers` buyers.
    tiers : Scale or None
        None: as above, or no part of the score tells buyers apart.
    lifecycle : tuple of Limit
        Silence limits, a stage of order numbers each.
    maps : dict
        Edges of the maps other than that of eleven, by name; one that could not be cut is missing.
    """

    period: str
    count_buyers: int
    rfm: Edges | None
    tiers: Scale | None
    lifecycle: tuple[Limit, ...]
    maps: dict[str, Grid] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Cutoffs:
        """Read back what `as_dict` wrote, after any trip through JSON."""
        edges, scale = values["rfm"], values["tiers"]
        return cls(
            values["period"],
            values["count_buyers"],
            edges and Edges(**{name: tuple(cuts) for name, cuts in edges.items()}),
            scale
            and Scale(
                tuple(Part(p["name"], p["weight"], tuple(p["grid"])) for p in scale["parts"]), scale["vip_from"], scale["ordinary_from"]
            ),
            tuple(Limit(**limit) for limit in values["lifecycle"]),
            {name: Grid.from_dict(grid) for name, grid in values["maps"].items()},
        )

    def rows(self) -> pd.DataFrame:
        """List the cut-offs as they are printed.

        Returns
        -------
        DataFrame
            One row a class of a scheme: `scheme, class, measure, low, high` (missing: no limit on that side), `closed`
            (the end that belongs to the class: ``high`` or ``low``), `basis` (the base month; for silence limits ``own``,
            ``pooled`` or ``fallback``). Tiers are cut on `tier_score`; its parts are in `weights`.
        """
        columns = ["scheme", "class", "measure", "low", "high", "closed", "basis"]
        rows = pd.DataFrame([*self._rfm_rows(), *self._tier_rows(), *self._lifecycle_rows()], columns=columns)
        return rows.astype({"low": float, "high": float})

    def limits(self) -> pd.DataFrame:
        """`rows` of tiers and silences alone: those of scores are among `maps.list_cutoffs`."""
        rows = self.rows()
        return rows[~rows["scheme"].isin(_SCORES)].reset_index(drop=True)

    def weights(self) -> pd.DataFrame:
        """List the parts of the tier score: `part, measure, weight` (0: the source does not have it; the others sum to 1)."""
        used = {part.name: part.weight for part in self.tiers.parts} if self.tiers else {}
        rows = [(name, column + "_per_year" * (name in tiers.YEARLY), used.get(name, 0.0)) for name, column in tiers.MEASURES.items()]
        return pd.DataFrame(rows, columns=["part", "measure", "weight"])

    def _rfm_rows(self) -> list[Row]:
        if self.rfm is None:
            return []
        rows: list[Row] = []
        for scheme, measure in _SCORES.items():
            cuts = [None, *getattr(self.rfm, measure), None]
            marks = rfm.SCORES if scheme != "r_score" else reversed(rfm.SCORES)
            rows += [(scheme, str(mark), measure, cuts[i], cuts[i + 1], "high", self.period) for i, mark in enumerate(marks)]
        return rows

    def _tier_rows(self) -> list[Row]:
        if self.tiers is None:
            return []
        edges = [None, self.tiers.ordinary_from, self.tiers.vip_from, None]
        labels = reversed(tiers.TIERS)
        return [("tier", label, "tier_score", edges[i], edges[i + 1], "low", self.period) for i, label in enumerate(labels)]

    def _lifecycle_rows(self) -> list[Row]:
        rows: list[Row] = []
        for number, limit in enumerate(self.lifecycle):
            last = self.lifecycle[number + 1].from_order - 1 if number + 1 < len(self.lifecycle) else None
            name = f"orders_{limit.from_order}" + ("_and_more" if last is None else f"_to_{last}" if last > limit.from_order else "")
            for label, low, high in (
                (lifecycle.DORMANT, limit.dormant_days, limit.lost_days),
                (lifecycle.LOST, limit.lost_days, None),
            ):
                rows.append((f"lifecycle_{name}", label, "days_since_last_order", low, high, "high", limit.basis))
        return rows


def base_period(period: Period, first_order_on: pd.Series, params: Params) -> Period:
    """Find the month whose cut-offs the report for `period` uses; never later than `period`.

    Parameters
    ----------
    period : Period
        The month of the report.
    first_order_on : Series of dates
        First order of each customer, as known at the end of `period`; missing for customers without one.
    params : Params
        `rfm.base_period`: a month named by a person. One that lies after `period` (a month of the past is run again)
        cannot be used and the rule below applies.

    Returns
    -------
    Period
        The last December at or before `period` with at least six months of data, itself included; else the sixth month of
        data; else the first month at whose end `params.rfm.min_buyers` customers have ordered; else `period`. A December
        or sixth month without that many buyers is passed over.
    """
    if params.rfm.base_period:
        named = Period.parse(params.rfm.base_period)
        if named <= period:
            return named
    firsts = pd.to_datetime(first_order_on).dropna()
    firsts = firsts[firsts <= pd.Timestamp(period.as_of)].sort_values()
    if len(firsts) < params.rfm.min_buyers:
        return period
    enough = Period.of(firsts.iloc[params.rfm.min_buyers - 1].date())
    sixth = Period.of(firsts.iloc[0].date()).shift(MIN_MONTHS - 1)
    december = period if period.month == 12 else Period(period.year - 1, 12)
    for candidate in (december, sixth):
        if max(sixth, enough) <= candidate <= period:
            return candidate
    return enough


def fit_cutoffs(customers: pd.DataFrame, spells: pd.DataFrame, params: Params, period: Period | None = None) -> Cutoffs:
    """Cut-offs of all schemes.

    Parameters
    ----------
    customers, spells : DataFrame
        One row a customer, one a spell: `history.build_customers` and `build_spells` as of the end of the base month.
    params : Params
        Shares and quantiles; see `tiers.fit_scale`, `lifecycle.fit_limits`.
    period : Period, optional
        The base month, to be printed.
    """
    buyers = customers[customers["count_order_days"] > 0]
    is_enough = len(buyers) >= params.rfm.min_buyers
    return Cutoffs(
        period=str(period) if period else "",
        count_buyers=len(buyers),
        rfm=rfm.fit_edges(buyers) if is_enough else None,
        tiers=tiers.fit_scale(buyers, params) if is_enough else None,
        lifecycle=lifecycle.fit_limits(spells, params),
        maps=fit_grids(buyers, params),
    )
