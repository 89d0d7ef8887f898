"""What customers look for: quality, price or service, by what they asked for, spoke of, and bought at a discount."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.params import Params
from analysis.segments.schemes.scheme import UNKNOWN

QUALITY, PRICE, SERVICE = AXES = ("quality", "price", "service")
MIXED, UNCLASSIFIED = "mixed", "unclassified"
KINDS = ("need", "feedback", "answer", "discount")


def weigh_evidence(facts: pd.DataFrame, voices: pd.DataFrame, types: np.ndarray, params: Params) -> pd.DataFrame:
    """Pieces of evidence for each axis, by customer.

    A need, a piece of feedback and a low answer are one piece each, for the axis that `classes.need_axis` gives their topic;
    topics that it does not name are none. Who ordered at a discount more often than a customer of the same type does by
    chance (`classes.discount_level`, binomial, one-sided) has as many pieces for price as there are discounted orders beyond
    the expected number, rounded up.

    Parameters
    ----------
    facts : DataFrame
        One row a customer: `customer_id, count_sales, count_discounted`.
    voices : DataFrame
        `history.traits.read_voices`.
    types : array
        Type of each customer of `facts`: businesses get discounts for quantity, so that each type is its own measure.

    Returns
    -------
    DataFrame
        Index of `facts`, one column `<axis>_<kind>` for each of `AXES` and `KINDS`: number of pieces.
    """
    columns = [f"{axis}_{kind}" for axis in AXES for kind in KINDS]
    axis = voices["topic"].map(params.classes.need_axis)
    told = voices[axis.isin(AXES)].assign(column=axis + "_" + voices["kind"])
    wide = told.pivot_table(index="customer_id", columns="column", values="count", aggfunc="sum", observed=True)
    counts = wide.reindex(index=facts["customer_id"], columns=columns).fillna(0.0)
    counts["price_discount"] = _excess(facts, types, params)
    return counts.set_axis(facts.index).astype("int64")


def classify(evidence: pd.DataFrame, params: Params) -> np.ndarray:
    """Need segment of each row of `weigh_evidence`.

    The axis that has more than half of the pieces, of at least `classes.need_pieces`; ``mixed`` where none has,
    ``unclassified`` with fewer pieces.
    """
    sums = np.stack([evidence[[f"{axis}_{kind}" for kind in KINDS]].sum(axis=1).to_numpy() for axis in AXES])
    pieces = sums.sum(axis=0)
    most = np.array(AXES, dtype=object)[sums.argmax(axis=0)]
    return np.select([pieces < params.classes.need_pieces, 2 * sums.max(axis=0) > pieces], [UNCLASSIFIED, most], MIXED).astype(object)


def tabulate_evidence(labels: pd.Series, evidence: pd.DataFrame) -> pd.DataFrame:
    """On what the assignments stand (requirement C2).

    Returns
    -------
    DataFrame
        One row a segment, those without anyone included (no row where there is no piece at all): `need_segment,
        count_customers`, `median_pieces`, and the share of their
        pieces that are needs, feedback, low answers and discounted orders (`share_need, share_feedback, share_answer,
        share_discount`; missing without a piece).
    """
    by_kind = pd.DataFrame({kind: evidence[[f"{axis}_{kind}" for axis in AXES]].sum(axis=1) for kind in KINDS})
    by_kind = by_kind.assign(need_segment=labels.to_numpy(), pieces=by_kind.sum(axis=1))
    groups = by_kind.groupby("need_segment")
    segments = [*AXES, MIXED, UNCLASSIFIED] if by_kind["pieces"].any() else []
    table = groups[[*KINDS, "pieces"]].sum().reindex(segments, fill_value=0)
    whole = table["pieces"].where(table["pieces"] > 0)
    shares = {f"share_{kind}": table[kind] / whole for kind in KINDS}
    counts = groups.size().reindex(table.index, fill_value=0)
    median = groups["pieces"].median().reindex(table.index)
    return pd.DataFrame({"count_customers": counts, "median_pieces": median, **shares}).rename_axis("need_segment").reset_index()


def _excess(facts: pd.DataFrame, types: np.ndarray, params: Params) -> np.ndarray:
    from scipy.special import betainc

    orders = facts["count_sales"].fillna(0).to_numpy(dtype=float)
    cheap = facts["count_discounted"].to_numpy(dtype=float)
    if np.isnan(cheap).all():
        return np.zeros(len(facts))
    cheap = np.nan_to_num(cheap)
    usual = np.zeros(len(facts))
    for kind in np.unique(np.where(pd.isna(types), UNKNOWN, types)):
        of = types == kind
        usual[of] = cheap[of].sum() / max(orders[of].sum(), 1.0)
    # the binomial chance of at least so many, as an incomplete beta function
    chance = betainc(np.maximum(cheap, 1.0), np.maximum(orders - cheap, 0.0) + 1, usual)
    is_rare = (cheap > 0) & (chance <= params.classes.discount_level)
    return np.where(is_rare, np.ceil(np.round(cheap - orders * usual, 9)), 0.0)
