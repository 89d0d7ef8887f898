"""How customers buy: how often, how much at a time, what, where, since when, and whether those who left may return."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments import lifecycle
from analysis.segments.schemes.cutoffs import ClassCutoffs
from analysis.segments.schemes.facts import measure
from analysis.segments.schemes.scheme import HIGH, LOW, MEDIUM, NO_ORDER, NOT_ENOUGH, UNKNOWN
from analysis.segments.schemes.value import cut

_SIZES = {HIGH: "large", MEDIUM: "middle", LOW: "small", NOT_ENOUGH: NOT_ENOUGH}


def classify(facts: pd.DataFrame, cutoffs: ClassCutoffs, as_of: date, params: Params) -> dict[str, np.ndarray]:
    """Labels of every customer (one row of `facts` each) by scheme.

    Joiners are cut by the day of joining, else of the first order: a customer of whom neither is known is ``unknown``.
    Potential returners are dormant or lost, and got in touch themselves within `classes.recent_contact_days` that end with
    `as_of`.
    """
    is_buyer = (facts["count_order_days"] > 0).to_numpy()
    nobody = np.full(len(facts), NOT_ENOUGH, dtype=object)
    bands = cutoffs.bands
    often = cut(measure(facts, "repeat_days_per_year"), bands["frequency_band"]) if "frequency_band" in bands else nobody
    size = cut(measure(facts, "spend_mean"), bands["amount_band"]) if "amount_band" in bands else nobody
    products = facts["count_products"].to_numpy(dtype=float)
    return {
        "frequency_band": np.where(is_buyer, often, NO_ORDER),
        "amount_band": np.where(is_buyer, pd.Series(size).map(_SIZES).to_numpy(), NO_ORDER),
        "product_breadth": np.select([~is_buyer, products > 1, products == 1], [NO_ORDER, "multi", "single"], UNKNOWN).astype(object),
        "joiner": _join(facts["joined"], cutoffs),
        "tenure": np.select([~is_buyer, facts["is_young"].to_numpy(dtype=bool)], [NO_ORDER, "new"], "old").astype(object),
        "returning": _return(facts, as_of, params),
        "purchase_channel": np.where(is_buyer, facts["main_channel"].fillna(UNKNOWN).to_numpy(), NO_ORDER),
    }


def _join(joined: pd.Series, cutoffs: ClassCutoffs) -> np.ndarray:
    is_known = joined.notna().to_numpy()
    if not cutoffs.early_until:
        return np.where(is_known, NOT_ENOUGH, UNKNOWN).astype(object)
    early, middle = (joined <= pd.Timestamp(day) for day in (cutoffs.early_until, cutoffs.middle_until))
    return np.select([~is_known, early, middle], [UNKNOWN, "early", "middle"], "late").astype(object)


def _return(facts: pd.DataFrame, as_of: date, params: Params) -> np.ndarray:
    stage = facts["lifecycle_stage"]
    since = pd.Timestamp(as_of) - pd.Timedelta(days=params.classes.recent_contact_days)
    is_silent = stage.isin((lifecycle.DORMANT, lifecycle.LOST))
    in_touch = pd.to_datetime(facts["last_own_contact_on"]) > since
    holds = [stage == lifecycle.PROSPECT, stage == lifecycle.LOYAL, stage == lifecycle.BACK, is_silent & in_touch, is_silent]
    return np.select(holds, [NO_ORDER, "loyal", "returned", "potential_returning", "silent"], "other").astype(object)
