"""Was last time's prediction right for the small and for the large? By tenths of the prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd

Z95 = 1.959963984540054


def compare_tenths(table: pd.DataFrame | None, predicted: str, actual: str) -> pd.DataFrame | None:
    """`split_tenths` of two columns of a forecast beside its outcome (see `backtest.compare`); None without a forecast."""
    return None if table is None else split_tenths(table[predicted], table[actual])


def split_tenths(predicted: pd.Series, actual: pd.Series, groups: int = 10) -> pd.DataFrame:
    """Predicted against actual orders or spend by tenth of the prediction.

    Parameters
    ----------
    predicted, actual : Series
        By customer, over the same days. A customer without an entry in `actual` had none.
    groups : int
        Number of groups; equal predictions stay together, so that there may be fewer.

    Returns
    -------
    DataFrame
        One row per group, lowest prediction first: `tenth` (1-based), `count_customers`, `predicted_mean`,
        `actual_mean`, `actual_low`, `actual_high` (95 %, over customers; normal on the log scale, by the delta method, as
        what cannot be negative has no negative limit), `predicted_sum`, `actual_sum`.
    """
    table = pd.DataFrame({"predicted": predicted.astype(float)})
    table["actual"] = actual.reindex(table.index).fillna(0.0).astype(float)
    if table.empty:
        return pd.DataFrame(
            columns=[
                "tenth",
                "count_customers",
                "predicted_mean",
                "actual_mean",
                "actual_low",
                "actual_high",
                "predicted_sum",
                "actual_sum",
            ]
        )
    rank = table["predicted"].rank(method="average") / len(table)
    tenth = np.ceil(rank * groups - 1e-9).clip(1, groups).astype(int)
    tenth = tenth.rank(method="dense").astype(int)
    made = table.groupby(tenth).agg(
        count_customers=("actual", "size"), predicted_mean=("predicted", "mean"), actual_mean=("actual", "mean"),
        error=("actual", "sem"), predicted_sum=("predicted", "sum"), actual_sum=("actual", "sum"),
    )  # fmt: skip
    mean, error = made["actual_mean"], made["error"].fillna(0.0)
    spread = np.exp(Z95 * error / mean.where(mean > 0, np.inf))
    made = made.assign(actual_low=mean / spread, actual_high=mean * spread)
    made = made.rename_axis("tenth").reset_index()
    return made[["tenth", "count_customers", "predicted_mean", "actual_mean", "actual_low", "actual_high", "predicted_sum", "actual_sum"]]
