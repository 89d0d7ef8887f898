"""Who may be leaving: active customers whose silence, forecast or voice is out of character, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.churn.groups import ORDER_GROUPS, code_order_group
from analysis.churn.kaplan_meier import estimate
from analysis.churn.rhythm import typical_gap, usual_gaps
from analysis.params import ChurnParams

REASONS = ("own_rhythm", "silence", "falling_chance", "complaint", "falling_satisfaction", "falling_contact", "overdue_need")
VOICES = ("complaint", "falling_satisfaction", "falling_contact", "overdue_need")
"""Reasons that the model of orders does not see."""
OWN_GAPS = 2


def measure_rhythm(spells: pd.DataFrame, horizon_days: int) -> pd.DataFrame:
    """Measure how unusual today's silence is, for this customer and for comparable ones.

    A gap is put in relation to the customer's own mean of earlier gaps, drawn towards the median of comparable gaps by
    the weight of one gap. `silence_percentile` is the share of completed relative gaps (of the same order group) that
    are shorter than today's relative silence: .95 means that of twenty gaps of such customers nineteen had ended by now.

    Parameters
    ----------
    spells : DataFrame
        One row per spell: `customer_id`, `order_number`, `started_on`, `duration_days`, `is_closed`; one open spell a customer.

    horizon_days : int
        How far the chances of silence look.

    Returns
    -------
    DataFrame
        One row per customer, sorted: `customer_id`, `count_gaps` (own completed gaps), `usual_gap_days`,
        `silence_ratio` (silence / usual gap), `silence_percentile` (NaN where no comparable gap was completed);
        `p_silent`, the chance of no order in the horizon after as long a silence as today's, and `p_silent_usual`, the
        same right after an order: of the Kaplan-Meier curve of relative gaps of the same order group, at the customer's
        own usual gap. 1 where nobody has been observed for longer.
    """
    ordered = spells.sort_values(["customer_id", "order_number"], kind="stable")
    group, duration = code_order_group(ordered["order_number"]), ordered["duration_days"].to_numpy(dtype=float)
    is_open = ~ordered["is_closed"].to_numpy(dtype=bool)
    completed = [duration[(group == code) & ~is_open] for code in range(len(ORDER_GROUPS))]
    elsewhere = typical_gap(ordered)
    typical = np.array([np.median(gaps) if len(gaps) else elsewhere for gaps in completed])[group]
    usual = usual_gaps(ordered, typical)
    ratio, ahead = duration / usual, horizon_days / usual
    percentile, silent, fresh = (np.full(len(ordered), np.nan) for _ in range(3))
    for code in range(len(ORDER_GROUPS)):
        same = group == code
        today = same & is_open
        done = np.sort(ratio[same & ~is_open])
        if len(done):
            percentile[today] = np.searchsorted(done, ratio[today], side="left") / len(done)
        curve = estimate(ratio[same], ~is_open[same])
        so_far = curve.at(ratio[today])
        silent[today] = np.divide(curve.at(ratio[today] + ahead[today]), so_far, out=np.ones(today.sum()), where=so_far > 0)
        fresh[today] = curve.at(ahead[today])
    table = pd.DataFrame(
        {
            "customer_id": ordered["customer_id"].to_numpy(),
            "count_gaps": ordered["order_number"].to_numpy() - 1,
            "usual_gap_days": usual,
            "silence_ratio": ratio,
            "silence_percentile": percentile,
            "p_silent": silent,
            "p_silent_usual": fresh,
        }
    )
    return table[is_open].reset_index(drop=True)


def find_reasons(active: pd.DataFrame, params: ChurnParams, *, to_stay: bool = False) -> pd.DataFrame:
    """One yes or no per reason.

    Parameters
    ----------
    active : DataFrame
        One row per active customer, columns of `measure_rhythm`; used where present: `p_order`, `p_order_before` (last
        month's), and the columns of `history.build_signals`.
    to_stay : bool
        Whether to apply the lower thresholds that keep a warning, not those that begin one: `warning_ease` of the way
        from each threshold to what is usual. Who wavers about a threshold is not warned of every other month.

    Returns
    -------
    DataFrame of bool
        Same rows, one column per name of `REASONS`; thresholds are inclusive:

        - ``own_rhythm``: at least two own gaps, and silence beyond the share `warning_quantile` of comparable relative gaps;
        - ``silence``: the same for who has fewer own gaps;
        - ``falling_chance``: the chance of an order lower than last month's by at least the share `chance_drop`;
        - ``complaint``: a recent complaint;
        - ``falling_satisfaction``: lower than before by at least `satisfaction_drop` (of the scale);
        - ``falling_contact``: fewer own contacts than usual by at least the share `contact_drop`, and so few that chance
          alone would bring it about with `contact_chance` at most;
        - ``overdue_need``: a need that fell due in the recent window and is not met.
    """
    keep = 1 - params.warning_ease if to_stay else 1.0
    own = active["count_gaps"] >= OWN_GAPS
    late = active["silence_percentile"] >= params.warning_quantile * keep

    def column(name: str) -> pd.Series:
        return active[name] if name in active else pd.Series(np.nan, index=active.index)

    rare = column("contact_chance") <= params.contact_chance + (1 - params.contact_chance) * (1 - keep)
    found = {
        "own_rhythm": own & late,
        "silence": ~own & late,
        "falling_chance": column("p_order") <= (1 - params.chance_drop * keep) * column("p_order_before"),
        "complaint": column("has_complaint").eq(True),
        "falling_satisfaction": column("satisfaction_change") <= -params.satisfaction_drop * keep,
        "falling_contact": (column("contact_change") <= -params.contact_drop * keep) & rare,
        "overdue_need": column("has_overdue_need").eq(True),
    }
    return pd.DataFrame(found)[list(REASONS)].astype(bool)
