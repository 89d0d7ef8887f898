"""Which segment of a map each customer is in, and the cut-offs as they are printed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.params import Params
from analysis.segments import rfm
from analysis.segments.maps.grid import ELEVEN, NAMES, Grid, grid_of, read_amount
from analysis.segments.maps.segment_map import SIDES, labels, load

if TYPE_CHECKING:
    from analysis.segments.base import Cutoffs

Floats = NDArray[np.float64]
COLUMNS = ["map", "axis", "class", "measure", "low", "high", "basis"]


def assign(name: str, customers: pd.DataFrame, cutoffs: Cutoffs, params: Params) -> pd.Series:
    """Segment of every customer by the map `name` (``eleven``, ``klaviyo`` or ``eight``).

    Parameters
    ----------
    customers : DataFrame
        One row a customer: `count_order_days, spend_total, days_since_last_order`; for ``eleven`` `days_as_customer` as well.
    cutoffs : Cutoffs
        As of the base month.

    Returns
    -------
    Series of str
        Same index, one of `labels(name)`: ``prospect`` without an order, ``not_enough_data`` where the base month had too few
        buyers to be cut. For ``eleven`` the same as `rfm_segment` of the table `segments`.

    Raises
    ------
    ContractError
        There is no such map, or it leaves a cell open or doubled.
    """
    load(name)  # an unknown or unsound map is refused before anybody is classed
    grid = grid_of(name, cutoffs)
    is_buyer = (customers["count_order_days"] > 0).to_numpy()
    result = pd.Series(np.where(is_buyer, rfm.NOT_ENOUGH_DATA, rfm.PROSPECT), index=customers.index, dtype=object, name=f"rfm_{name}")
    if grid is None or not is_buyer.any():
        return result
    buyers = customers[is_buyer]
    days, orders = (buyers[column].to_numpy(dtype=float) for column in ("days_since_last_order", "count_order_days"))
    age = buyers["days_as_customer"].to_numpy(dtype=float) if name == ELEVEN else days
    places = place_segments(name, grid, days, orders, read_amount(buyers, grid.measure).to_numpy(), age, params)
    result[is_buyer] = np.array(labels(name), dtype=object)[places]
    return result


def place_segments(
    name: str, grid: Grid, days: Floats, orders: Floats, amounts: Floats, age: Floats, params: Params
) -> NDArray[np.signedinteger[Any]]:
    """Position in `labels(name)` of the segment of each customer with an order.

    Parameters
    ----------
    days, orders, amounts : array
        What `grid` cuts: days since the last order, order days, and its measure of amounts.
    age : array
        Days since the first order; only the map of eleven reads it.
    """
    side = np.where(age < params.lifecycle.new_days, 0, 1) if name == ELEVEN else 0
    r, f, m = grid.cut(days, orders, amounts)
    return _lay_out(name)[side, r, f, m]


@cache
def _lay_out(name: str) -> NDArray[np.int8]:
    """One number a cell and side, so that millions of customers are one look-up."""
    found = load(name)
    layout = np.full((len(SIDES), found.top + 1, found.top + 1, found.top + 1), -1, dtype=np.int8)
    for place, segment in enumerate(found.segments):
        for r, f, m in segment.cells:
            for side in segment.sides:
                layout[SIDES.index(side), r, f, m] = place
    return layout


def list_cutoffs(cutoffs: Cutoffs) -> pd.DataFrame:
    """The edges of all maps as they are printed.

    Returns
    -------
    DataFrame
        One row a map, axis and score: `map, axis` (``recency``, ``frequency``, ``amount``), `class` (the score), `measure, low`
        (exclusive), `high` (inclusive; missing: no limit), `basis`. Nothing of a map that could not be cut.
    """
    rows = []
    for name in NAMES:
        grid = grid_of(name, cutoffs)
        if grid is None:
            continue
        parts = (
            ("recency", "days_since_last_order", grid.days),
            ("frequency", "count_order_days", grid.orders),
            ("amount", grid.measure, grid.amounts),
        )
        for axis, measure, edges in parts:
            limits = [np.nan, *edges, np.nan]
            marks = range(1, len(edges) + 2)
            for place, mark in enumerate(reversed(marks) if axis == "recency" else marks):
                rows.append((name, axis, str(mark), measure, limits[place], limits[place + 1], grid.basis))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"low": float, "high": float})
