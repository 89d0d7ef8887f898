"""Classes of all buyers at the end of each of the last months, by the cut-offs held today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.history.activity import share_satisfied
from analysis.params import Params
from analysis.segments import lifecycle, maps, tiers
from analysis.segments.base import Cutoffs
from analysis.segments.summary import classes

if TYPE_CHECKING:
    from analysis.history.past import Past

SCHEMES = ("rfm_segment", "tier", "lifecycle_stage")
MAPS = {"rfm_segment": maps.ELEVEN, "rfm_klaviyo": maps.KLAVIYO, "rfm_eight": maps.EIGHT}
"""Column -> map of segments."""
ABSENT = -1


@dataclass(frozen=True)
class ClassHistory:
    """Where every customer stood at the end of each month.

    Attributes
    ----------
    ids : Index
        Customers who ever ordered, by the merges known today, ascending.
    months : tuple of str
        YYYY-MM, ascending, consecutive.
    codes : dict
        Scheme -> array (customers, months): position of the class in `labels`, or `ABSENT` without an order by then.
    labels : dict
        Scheme -> its classes, best first.
    """

    ids: pd.Index
    months: tuple[str, ...]
    codes: dict[str, NDArray[np.int8]]
    labels: dict[str, tuple[str, ...]]

    def last(self, count: int) -> ClassHistory:
        """Only the last `count` months."""
        kept = {scheme: codes[:, -count:] for scheme, codes in self.codes.items()}
        return ClassHistory(self.ids, self.months[-count:], kept, self.labels)

    def by_month(self, scheme: str) -> dict[str, pd.Series]:
        """Classes of those who had ordered by each month's end, by customer id."""
        names = np.array(self.labels[scheme], dtype=object)
        found = {}
        for place, month in enumerate(self.months):
            codes = self.codes[scheme][:, place]
            seen = codes != ABSENT
            found[month] = pd.Series(names[codes[seen]], index=self.ids[seen], dtype=object)
        return found


def replay_classes(past: Past, activity: pd.DataFrame, ends: Sequence[date], cutoffs: Cutoffs, params: Params) -> ClassHistory:
    """Class all buyers at the end of each month by what was known on that day.

    Parameters
    ----------
    past : Past
        Sales and cancellations known by the last of `ends`.
    activity : DataFrame
        `history.activity.read_activity` of `ends`.
    ends : sequence of date
        Ends of consecutive months, ascending.
    cutoffs : Cutoffs
        Of the base month. A month before it is measured by a ruler that it could not have known: its classes are
        comparable with today's, but they are not what was issued then.

    Returns
    -------
    ClassHistory
        The same classes as the tables `segments` of these months, of customers with an order; ids are those of the last day,
        so that a customer merged since is one throughout.
    """
    labels = {scheme: classes(scheme) for scheme in SCHEMES} | {column: maps.labels(name) for column, name in MAPS.items()}
    codes = {scheme: np.full((len(past.ids), len(ends)), ABSENT, dtype=np.int8) for scheme in labels}
    place = past.ids.get_indexer(pd.Index(activity["customer_id"], dtype=object))
    known = activity.assign(place=place)[place >= 0]
    for number, day in enumerate(ends):
        customers, spells = _stand(past, known[known["known_from"] <= number], day)
        if customers.empty:
            continue
        found = {
            **{column: maps.assign(name, customers, cutoffs, params) for column, name in MAPS.items()},
            "tier": tiers.assign(customers, cutoffs.tiers)["tier"],
            "lifecycle_stage": lifecycle.assign(customers, spells, cutoffs.lifecycle, params)["lifecycle_stage"],
        }
        for scheme, values in found.items():
            codes[scheme][customers["customer_id"], number] = pd.Categorical(values, categories=labels[scheme]).codes
    return ClassHistory(past.ids, tuple(f"{day:%Y-%m}" for day in ends), codes, labels)


def _stand(past: Past, activity: pd.DataFrame, day: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers with an order by `day`, as far as classes read them, and each one's last completed spell; ids are positions."""
    days = past.days(day)
    if not len(days.customer):
        return pd.DataFrame(columns=["customer_id"]), pd.DataFrame()
    start = days.start
    first, last = start[:-1], start[1:] - 1
    count = start[1:] - first
    sums = activity.groupby("place")[["count_interactions", "csat_sum", "csat_count"]].sum().reindex(days.who, fill_value=0)
    customers = pd.DataFrame(
        {
            "customer_id": days.who,
            "count_order_days": count,
            "spend_total": np.add.reduceat(days.amount, first),
            "days_since_last_order": days.as_of - days.day[last],
            "days_as_customer": days.as_of - days.day[first],
            "count_interactions": sums["count_interactions"].to_numpy(),
            "satisfaction": share_satisfied(sums["csat_sum"], sums["csat_count"]).to_numpy(),
        }
    )
    again = count > 1
    gaps = days.day[last[again]] - days.day[last[again] - 1]
    spells = pd.DataFrame({"customer_id": days.who[again], "order_number": count[again] - 1, "duration_days": gaps, "is_closed": True})
    return customers, spells
