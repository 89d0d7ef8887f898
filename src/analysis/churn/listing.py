"""The churn chapter's tables as they are shown: names of terms put together, forecasts counted in bands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.churn.cox import CoxStory

CHANCE_BANDS = tuple(step / 10 for step in range(11))
"""Edges of the bands of `p_order`; the last band holds 1."""


def list_ratios(story: CoxStory | None) -> pd.DataFrame | None:
    """Hazard ratios in one line each; None without a model.

    Returns
    -------
    DataFrame
        One row per term and window of silence: `covariate`, `level`, `reference`, `window` (days, "" for all of them),
        `hr`, `low`, `high`, `p`, `count_returns`, `holds`.
    """
    if story is None:
        return None
    rows = story.hazard_ratios
    return rows.assign(window=_windows(rows))[
        ["covariate", "level", "reference", "window", "hr", "low", "high", "p", "count_returns", "holds"]
    ]


def list_tests(story: CoxStory | None) -> pd.DataFrame | None:
    """Proportional-hazards tests before and after the answers; None without a model.

    Returns
    -------
    DataFrame
        One row per stage, term and window, time by rank: `stage`, `covariate`, `level`, `window`, `chi_square`,
        `p_clustered`, `p_adjusted`, `drift`, `answer`.
    """
    if story is None:
        return None
    rows = story.tests[story.tests["transform"] == "rank"]
    return rows.assign(window=_windows(rows))[
        ["stage", "covariate", "level", "window", "chi_square", "p_clustered", "p_adjusted", "drift", "answer"]
    ]


def count_chances(scores: pd.DataFrame) -> pd.DataFrame:
    """Customers by their chance of an order within the horizon.

    Returns
    -------
    DataFrame
        One row per tenth: `p_from` (inclusive), `p_to` (exclusive; the last band includes 1), `count_customers`.
    """
    counts, _ = np.histogram(scores["p_order"].to_numpy(dtype=float), bins=np.array(CHANCE_BANDS))
    return pd.DataFrame({"p_from": CHANCE_BANDS[:-1], "p_to": CHANCE_BANDS[1:], "count_customers": counts})


def _windows(rows: pd.DataFrame) -> list[str]:
    """Windows of silence as text: "" for all days, "31-90", "91+"."""
    return [
        "" if not (start > 0 or end == end) else f"{int(start) + 1}+" if end != end else f"{int(start) + 1}\u2013{int(end)}"
        for start, end in zip(rows["from_days"], rows["to_days"], strict=True)
    ]
