"""The cut-offs of a map: where recency, frequency and amount are cut into scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments.rfm import lower_quantiles

if TYPE_CHECKING:
    from analysis.segments.base import Cutoffs

Floats = NDArray[np.float64]
Places = NDArray[np.signedinteger[Any]]

ELEVEN, KLAVIYO, EIGHT = "eleven", "klaviyo", "eight"
NAMES = (ELEVEN, KLAVIYO, EIGHT)

QUINTILES, THIRDS, MEDIANS, PARAMETER = "quintiles", "thirds", "medians", "parameter"


@dataclass(frozen=True)
class Grid:
    """Edges between the scores of one map, ascending; a value on an edge belongs to the side below it.

    Attributes
    ----------
    days : tuple of float
        Of `days_since_last_order`: fewer days, higher score.
    orders : tuple of float
        Of `count_order_days`.
    amounts : tuple of float
        Of `measure`, source currency.
    measure : str
        ``spend_total``, or ``spend_mean`` (per order day).
    basis : str
        ``quintiles``, ``thirds`` or ``medians`` of the base month's buyers, or ``parameter``.
    """

    days: tuple[float, ...]
    orders: tuple[float, ...]
    amounts: tuple[float, ...]
    measure: str
    basis: str

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Grid:
        """Read back what `dataclasses.asdict` wrote, after any trip through JSON."""
        edges = {name: tuple(values[name]) for name in ("days", "orders", "amounts")}
        return cls(**edges, measure=values["measure"], basis=values["basis"])

    def cut(self, days: Floats, orders: Floats, amounts: Floats) -> tuple[Places, Places, Places]:
        """Scores `r, f, m`, 1 and up, of customers with an order: by days since the last order, order days, and `measure`."""
        recent = 1 + len(self.days) - np.searchsorted(self.days, days, side="left")
        return recent, 1 + np.searchsorted(self.orders, orders, side="left"), 1 + np.searchsorted(self.amounts, amounts, side="left")

    def reached(self) -> dict[str, set[int]]:
        """Scores that some value gets; repeated edges (one value fills several parts) leave the others empty for good."""
        edges = {"r": self.days, "f": self.orders, "m": self.amounts}
        found = {name: {1 + int(np.searchsorted(cuts, value, side="left")) for value in (*cuts, np.inf)} for name, cuts in edges.items()}
        found["r"] = {len(self.days) + 2 - score for score in found["r"]}
        return found


def read_amount(customers: pd.DataFrame, measure: str) -> pd.Series:
    """`spend_total`, or `spend_mean`: the same per order day, to a hundred-millionth so that no edge hangs on a float's last bit."""
    spend = customers["spend_total"].astype("float64")
    return spend if measure == "spend_total" else (spend / customers["count_order_days"]).round(8)


def fit_grids(buyers: pd.DataFrame, params: Params) -> dict[str, Grid]:
    """Edges of the maps other than that of eleven (its are `rfm.fit_edges`).

    Parameters
    ----------
    buyers : DataFrame
        Customers with an order by the end of the base month.
    params : Params
        `maps`: days of Klaviyo's recency, and what the eight classes are cut by: ``medians`` of these buyers, or the
        ``published`` values, a value on which of days and amount is the lower side's, while as many orders are high.

    Returns
    -------
    dict
        By name of the map; a map whose edges come from data is missing with fewer than `rfm.min_buyers` buyers.
    """
    chosen, grids = params.maps, {}
    is_enough = len(buyers) >= params.rfm.min_buyers
    if is_enough:
        orders, amounts = (lower_quantiles(buyers[name], (1 / 3, 2 / 3)) for name in ("count_order_days", "spend_total"))
        days = (float(chosen.klaviyo_recent_days), float(chosen.klaviyo_middle_days))
        grids[KLAVIYO] = Grid(days, orders, amounts, "spend_total", THIRDS)
    if chosen.eight_basis == "published":
        grids[EIGHT] = Grid((float(chosen.eight_days),), (chosen.eight_orders - 1.0,), (chosen.eight_amount,), "spend_mean", PARAMETER)
    elif is_enough:
        columns = (buyers["days_since_last_order"], buyers["count_order_days"], read_amount(buyers, "spend_mean"))
        medians = [lower_quantiles(values, (0.5,)) for values in columns]
        grids[EIGHT] = Grid(medians[0], medians[1], medians[2], "spend_mean", MEDIANS)
    return grids


def grid_of(name: str, cutoffs: Cutoffs) -> Grid | None:
    """The edges of a map as of the base month; None where its buyers were too few to be cut."""
    if name != ELEVEN:
        return cutoffs.maps.get(name)
    edges = cutoffs.rfm
    return None if edges is None else Grid(edges.days_since_last_order, edges.count_order_days, edges.spend_total, "spend_total", QUINTILES)
