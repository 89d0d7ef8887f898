"""Watch lists as they were issued, in place of the replayed ones: what was sent is a fact, and is graded as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.churn.watch import Watch


def put_issued(watch: Watch, issued: Mapping[str, pd.DataFrame]) -> Watch:
    """`watch` with the lists of some months as they were issued.

    Parameters
    ----------
    watch : Watch
        Lists of the last months, replayed.
    issued : mapping
        By month (YYYY-MM) the list: one row per customer, `customer_id`, `warning`, `reasons` (joined by "|"), `spend_at_risk`.

    Returns
    -------
    Watch
        In these months `is_warned`, `warning`, `reason`, `reasons` and, of the listed, `spend_at_risk` are those of the list;
        a listed customer whom today's ledger does not know as active then is left out. `signs` has `is_issued` in addition.
    """
    signs = watch.signs.assign(is_issued=watch.signs["month"].isin(list(issued)))
    if not issued:
        return replace(watch, signs=signs)
    sent = {(month, row.customer_id): row for month, table in issued.items() for row in table.itertuples()}
    rows = [sent.get(key) for key in zip(signs["month"], signs["customer_id"], strict=True)]
    is_listed = np.array([row is not None for row in rows], dtype=bool)
    replayed = ~signs["is_issued"].to_numpy()
    as_sent = {
        "warning": [row and row.warning for row in rows],
        "reason": [row and row.reasons.split("|")[0] for row in rows],
        "reasons": [row and row.reasons for row in rows],
    }
    for name, values in as_sent.items():
        signs[name] = signs[name].astype(object).where(replayed, pd.Series(values, index=signs.index, dtype=object))
    signs.loc[is_listed, "spend_at_risk"] = [row.spend_at_risk for row in rows if row is not None]
    signs["is_warned"] = np.where(replayed, signs["is_warned"], is_listed).astype(bool)
    return replace(watch, signs=signs)
