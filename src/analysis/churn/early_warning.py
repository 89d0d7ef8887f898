"""Who may be leaving: active customers whose silence, forecast or voice is out of character, and why."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.churn.groups import label_order_group
from analysis.churn.rhythm import typical_gap, usual_gaps
from analysis.params import ChurnParams

REASONS = ("own_rhythm", "silence", "falling_chance", "complaint", "falling_satisfaction", "falling_contact")
URGENT, WATCH = "urgent", "watch"
OWN_GAPS = 2


def measure_rhythm(spells: pd.DataFrame) -> pd.DataFrame:
    """Measure how unusual today's silence is, for this customer and for comparable ones.

    A gap is put in relation to the customer's own mean of earlier gaps, drawn towards the median of comparable gaps by
    the weight of one gap. `silence_percentile` is the share of completed relative gaps (of the same order group) that
    are shorter than today's relative silence: .95 means that of twenty gaps of such customers nineteen had ended by now.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`, `duration_days`, `is_closed`; one open spell a customer.

    Returns
    -------
    DataFrame
        One row per customer, sorted: `customer_id`, `count_gaps` (own completed gaps), `usual_gap_days`,
        `silence_ratio` (silence / usual gap), `silence_percentile` (NaN where no comparable gap was completed).
    """
    ordered = spells.sort_values(["customer_id", "order_number"], kind="stable")
    group = label_order_group(ordered["order_number"])
    closed = ordered["is_closed"]
    typical = group.map(ordered.loc[closed, "duration_days"].groupby(group[closed]).median()).fillna(typical_gap(ordered))
    usual = usual_gaps(ordered, typical.astype(float))
    ratio = ordered["duration_days"].to_numpy(dtype=float) / usual
    percentile = np.full(len(ordered), np.nan)
    for name in group.unique():
        same = (group == name).to_numpy()
        done = np.sort(ratio[same & closed.to_numpy()])
        if len(done):
            percentile[same] = np.searchsorted(done, ratio[same], side="left") / len(done)
    table = pd.DataFrame(
        {
            "customer_id": ordered["customer_id"].to_numpy(),
            "count_gaps": ordered["order_number"].to_numpy() - 1,
            "usual_gap_days": usual,
            "silence_ratio": ratio,
            "silence_percentile": percentile,
        }
    )
    return table[~closed.to_numpy()].reset_index(drop=True)


def find_reasons(active: pd.DataFrame, params: ChurnParams) -> pd.DataFrame:
    """One yes or no per reason.

    Parameters
    ----------
    active : DataFrame
        One row per active customer, columns of `measure_rhythm`; used where present: `p_order`, `p_order_before` (last
        month's), `has_complaint` (a recent one), `satisfaction_change` (0..1 scale), `contact_change` (share of the own
        baseline, -1 to +inf).

    Returns
    -------
    DataFrame of bool
        Same rows, one column per name of `REASONS`:

        - ``own_rhythm``: at least two own gaps, and silence beyond the share `warning_quantile` of comparable relative gaps;
        - ``silence``: the same for who has fewer own gaps;
        - ``falling_chance``: the chance of an order lower than last month's by at least the share `chance_drop`;
        - ``complaint``: a recent complaint;
        - ``falling_satisfaction``: lower than before by at least `satisfaction_drop` (of the scale);
        - ``falling_contact``: fewer contacts than usual by at least the share `contact_drop`.
    """
    own = active["count_gaps"] >= OWN_GAPS
    late = active["silence_percentile"] >= params.warning_quantile
    found = {"own_rhythm": own & late, "silence": ~own & late}

    def column(name: str) -> pd.Series:
        return active[name] if name in active else pd.Series(np.nan, index=active.index)

    found["falling_chance"] = column("p_order") <= (1 - params.chance_drop) * column("p_order_before")
    found["complaint"] = column("has_complaint").eq(True)
    found["falling_satisfaction"] = column("satisfaction_change") <= -params.satisfaction_drop
    found["falling_contact"] = column("contact_change") <= -params.contact_drop
    return pd.DataFrame(found)[list(REASONS)].astype(bool)


def choose_warnings(active: pd.DataFrame, params: ChurnParams) -> pd.DataFrame:
    """Warn of the customers with a reason and the most spend at risk, up to a share of all active ones.

    Parameters
    ----------
    active : DataFrame
        One row per active customer: `customer_id`, columns of `find_reasons`, `spend_at_risk` (currency).
    params : ChurnParams
        `warning_share`: of active customers, rounded up.

    Returns
    -------
    DataFrame
        One row per customer warned of, by `spend_at_risk` downwards, then `customer_id`: `customer_id`, `warning`
        (``urgent``: two reasons, or silence beyond `urgent_quantile` of comparable gaps; else ``watch``), `reason` (the first that
        applies in the order of `REASONS`), `reasons` (all, joined by "|").
    """
    reasons = find_reasons(active, params)
    matrix = reasons.to_numpy()
    candidates = active[matrix.any(axis=1) & (active["spend_at_risk"] > 0).to_numpy()]
    room = math.ceil(params.warning_share * len(active))
    chosen = candidates.sort_values(["spend_at_risk", "customer_id"], ascending=[False, True]).head(room)
    why = [[name for name, holds in zip(REASONS, row, strict=True) if holds] for row in reasons.loc[chosen.index].to_numpy()]
    urgent = [len(names) > 1 or p >= params.urgent_quantile for names, p in zip(why, chosen["silence_percentile"], strict=True)]
    return pd.DataFrame(
        {
            "customer_id": chosen["customer_id"].to_numpy(),
            "warning": np.where(urgent, URGENT, WATCH) if urgent else np.array([], dtype=object),
            "reason": pd.Series([names[0] for names in why], dtype="object"),
            "reasons": pd.Series(["|".join(names) for names in why], dtype="object"),
        }
    )
