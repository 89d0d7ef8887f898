"""A customer's own pace: the gap between orders that is usual for them."""

from __future__ import annotations

import numpy as np
import pandas as pd

PRIOR_GAPS = 1.0


def usual_gaps(spells: pd.DataFrame, typical_days: float | np.ndarray | pd.Series) -> np.ndarray:
    """Gap that was usual for the customer when each spell began.

    The mean of the customer's earlier gaps, drawn towards `typical_days` by the weight of one gap: one gap says little.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`; all earlier spells of a customer must be there.
    typical_days : float, array or Series
        Gap of comparable customers, for all or per spell; at least one day is taken.

    Returns
    -------
    array
        Days, one per row of `spells`; `typical_days` itself where the customer has no earlier gap.
    """
    first = spells.groupby("customer_id")["started_on"].transform("min")
    so_far = (spells["started_on"] - first).dt.days.to_numpy(dtype=float)
    number = spells["order_number"].to_numpy(dtype=float)
    typical = np.maximum(np.asarray(typical_days, dtype=float), 1.0)
    return (so_far + PRIOR_GAPS * typical) / (number - 1 + PRIOR_GAPS)


def typical_gap(spells: pd.DataFrame) -> float:
    """Median over customers of their mean completed gap, in days; 1 where no gap was completed.

    Each customer counts once: the median of all gaps would be that of the quickest, who have most of them.
    """
    gaps = spells.loc[spells["is_closed"]].groupby("customer_id")["duration_days"].mean()
    return max(float(gaps.median()), 1.0) if len(gaps) else 1.0
