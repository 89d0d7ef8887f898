"""What of revenue is margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.params import ValueParams

PRIOR_ORDERS = 5.0


@dataclass(frozen=True)
class Margin:
    """Margin shares of customers.

    Attributes
    ----------
    share : Series
        Expected margin per unit of revenue by `customer_id`, 0 or more.
    historic : Series
        Margin so far (currency) by `customer_id`; below 0 for a customer served at a loss.
    basis : str
        ``costs`` (the source names unit costs), ``share`` (`value.margin_share`), or ``revenue`` (that share is 1, so
        that value means revenue).
    overall : float
        Margin of all revenue that has costs, or `value.margin_share`.
    count_negative : int
        Customers whose own expected share was below 0 and is counted as 0: nobody has to go on serving at a loss.
    count_unknown : int
        Customers without costs on record, who get the overall share (with ``costs``).
    """

    share: pd.Series
    historic: pd.Series
    basis: str
    overall: float
    count_negative: int
    count_unknown: int

    def share_of(self, customers: pd.Index) -> pd.Series:
        """Share of each of `customers`; who was no customer when margins were found gets the overall one."""
        return self.share.reindex(customers).fillna(max(self.overall, 0.0))


def find_margin(customers: pd.DataFrame, params: ValueParams, margins: pd.DataFrame | None = None) -> Margin:
    """Margin of every customer with an order.

    Parameters
    ----------
    customers : DataFrame
        One row per customer: `customer_id`, `count_order_days`, `spend_total`.
    params : ValueParams
        `margin_share`, used where no costs are known.
    margins : DataFrame, optional
        One row per customer with costs on record: `customer_id`, `revenue` (of the lines that have a cost) and `cost`
        (both net of cancellations, currency).

    Returns
    -------
    Margin
        With costs, a customer's expected share is the own one and the overall one, weighted by orders and by five
        orders: few orders say little about the next.
    """
    buyers = customers[customers["count_order_days"] > 0].set_index("customer_id")
    spend = buyers["spend_total"].astype(float)
    if margins is None or not len(margins) or margins["revenue"].sum() <= 0:
        share = pd.Series(params.margin_share, index=spend.index)
        basis = "revenue" if params.margin_share == 1 else "share"
        return Margin(share, spend * params.margin_share, basis, params.margin_share, 0, 0)
    known = margins.set_index("customer_id").reindex(spend.index).astype(float)
    overall = float(1 - margins["cost"].sum() / margins["revenue"].sum())
    has = (known["revenue"] > 0).to_numpy()
    own = np.where(has, 1 - known["cost"] / known["revenue"].where(has, 1.0), overall)
    orders = buyers["count_order_days"].to_numpy(dtype=float)
    raw = (orders * own + PRIOR_ORDERS * overall) / (orders + PRIOR_ORDERS)
    share = pd.Series(np.clip(raw, 0.0, None), index=spend.index)
    return Margin(share, spend * own, "costs", overall, int((raw < 0).sum()), int((~has).sum()))
