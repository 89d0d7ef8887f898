"""What each part of the code says of every customer, before it becomes a symbol."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.codes.book import NO_ANSWER, NOT_ENOUGH, UNKNOWN, Codebook, CodeError
from analysis.params import CodeParams
from analysis.segments.schemes.needs import UNCLASSIFIED

HIGH, MEDIUM, LOW = "high", "medium", "low"
LAPSED, NO_ORDER, NO_OPEN_NEED, PRIVATE = "lapsed", "no_order", "no_open_need", "private"
FIFTHS = {5: "latest_fifth", 4: "second_fifth", 3: "third_fifth", 2: "fourth_fifth", 1: "earliest_fifth"}
MASTER = ("city", "region", "country", "gender", "acquisition_source")
SEGMENTS = ("rfm_segment", "lifecycle_stage", "cluster")


def gather_labels(
    classes: pd.DataFrame,
    customers: pd.DataFrame,
    segments: pd.DataFrame,
    stays: pd.DataFrame,
    urgency: pd.Series | None,
    params: CodeParams,
    *,
    has_answers: bool,
    has_orders: bool = True,
) -> pd.DataFrame:
    """All columns that a codebook may name.

    Parameters
    ----------
    classes, customers, segments : DataFrame
        The month's tables, one row a customer.
    stays : DataFrame
        `customer_id`, `is_lapsed`, `p_stay` (0 to 1): of those with an order or a contract, whether they have gone, and how
        likely they order within the horizon (keep their contract over it).
    urgency : Series or None
        Urgency of each customer's most urgent open need, by `customer_id`; None where the source has no needs.
    params : CodeParams
        Where satisfaction and risk are cut.
    has_answers : bool
        Whether the source has answers to csat questions at all.
    has_orders : bool
        Whether customers are told by orders (a contractual source's are not).

    Returns
    -------
    DataFrame
        One row a customer of `customers`, in its order: `customer_id`, the columns of `classes`, `SEGMENTS` and `MASTER`, and

        - `need`: the need segment, ``not_enough_data`` where there was too little evidence for one, ``unknown`` where there is
          none of anybody;
        - `trade`: the industry, ``private`` for individuals without one;
        - `recency`: fifth of the days since the last order (`FIFTHS`, the RFM score);
        - `urgency`, ``no_open_need`` where every need was met;
        - `satisfaction_band` of the mean csat answer: high from `satisfied_from`, low below `dissatisfied_below`;
        - `risk` of no order within the horizon: ``lapsed``, high where `p_stay` is below `risk_high_below`, low from
          `risk_low_from` on.
    """
    frame = customers[["customer_id", "count_order_days", "satisfaction", *MASTER]].merge(
        classes.drop(columns=[name for name in MASTER if name in classes]), on="customer_id", how="left", validate="one_to_one"
    )
    own = segments[["customer_id", "r_score", *(name for name in SEGMENTS if name not in frame)]]
    frame = frame.merge(own, on="customer_id", how="left", validate="one_to_one")
    frame = frame.merge(stays[["customer_id", "is_lapsed", "p_stay"]], on="customer_id", how="left", validate="one_to_one")
    without = NO_ORDER if has_orders else NOT_ENOUGH
    is_buyer = (frame["count_order_days"] > 0).to_numpy()
    is_private = ((frame["customer_type"] == "individual") & (frame["industry"] == UNKNOWN)).to_numpy()
    fifths = frame["r_score"].astype("Float64").map(FIFTHS, na_action="ignore").fillna(NOT_ENOUGH)
    needed = UNKNOWN if urgency is None else frame["customer_id"].map(urgency).fillna(NO_OPEN_NEED)
    frame = frame.assign(
        need=name_needs(frame["need_segment"]),
        trade=np.where(is_private, PRIVATE, frame["industry"]),
        recency=np.where(is_buyer, fifths, without),
        urgency=needed,
        satisfaction_band=_satisfy(frame["satisfaction"], params, has_answers),
        risk=_risk(frame, params, without),
    )
    return frame.drop(columns=["r_score", "satisfaction", "count_order_days", "is_lapsed", "p_stay"])


def choose_parts(labels: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """One column a part of the codebook, named after it.

    Raises
    ------
    CodeError
        A part whose column does not exist.
    """
    for part in book.parts:
        if part.column not in labels:
            known = ", ".join(sorted(set(labels.columns) - {"customer_id"}))
            raise CodeError(f"codebook: part {part.name} is made from {part.column}, which does not exist; columns: {known}")
    return pd.DataFrame({part.name: labels[part.column] for part in book.parts})


def name_needs(segments: pd.Series) -> pd.Series:
    """Need segments as a code says them: ``not_enough_data`` for too little evidence, ``unknown`` where there is none of anybody."""
    is_told = segments != UNCLASSIFIED
    return segments.where(is_told, NOT_ENOUGH if is_told.any() else UNKNOWN)


def _satisfy(mean: pd.Series, params: CodeParams, has_answers: bool) -> np.ndarray:
    found = mean.to_numpy(dtype=float)
    holds = [np.isnan(found), found >= params.satisfied_from, found < params.dissatisfied_below]
    return np.select(holds, [NO_ANSWER if has_answers else UNKNOWN, HIGH, LOW], MEDIUM).astype(object)


def _risk(frame: pd.DataFrame, params: CodeParams, without: str) -> np.ndarray:
    stay = frame["p_stay"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    is_gone = frame["is_lapsed"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    is_told = frame["is_lapsed"].notna().to_numpy(dtype=bool)
    holds = [is_gone, ~is_told, np.isnan(stay), stay < params.risk_high_below, stay >= params.risk_low_from]
    return np.select(holds, [LAPSED, without, NOT_ENOUGH, HIGH, LOW], MEDIUM).astype(object)
