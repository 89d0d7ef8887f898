"""Classes of all buyers at the end of each of the last months, by the cut-offs held today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.history.activity import share_satisfied
from analysis.params import Params
from analysis.segments import maps, tiers
from analysis.segments.base import Cutoffs
from analysis.segments.standing import SCHEMES, Standing
from analysis.segments.summary import classes

if TYPE_CHECKING:
    from analysis.history.past import Days, Past

Floats = NDArray[np.float64]

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
    for number, (day, sums) in enumerate(zip(ends, _add_up(past, activity, len(ends)), strict=True)):
        days = past.days(day)
        if not len(days.customer):
            continue
        standing = _stand(days, sums)
        found = {
            **{column: standing.find_segments(name, cutoffs, params) for column, name in MAPS.items()},
            "tier": standing.find_tiers(cutoffs.tiers),
            "lifecycle_stage": standing.find_stages(cutoffs.lifecycle, params),
        }
        who = days.who
        for scheme, places in found.items():
            codes[scheme][who, number] = places
    return ClassHistory(past.ids, tuple(f"{day:%Y-%m}" for day in ends), codes, labels)


def _add_up(past: Past, activity: pd.DataFrame, count: int) -> Iterator[dict[str, Floats]]:
    """Contacts and answers of each customer known by each of `count` days, one day after the other."""
    place = past.ids.get_indexer(pd.Index(activity["customer_id"], dtype=object))
    known_from = activity["known_from"].to_numpy()
    values = {name: activity[name].to_numpy(dtype=float) for name in ("count_interactions", "csat_sum", "csat_count")}
    sums = {name: np.zeros(len(past.ids)) for name in values}
    for number in range(count):
        new = (known_from == number) & (place >= 0)
        sums = {name: sums[name] + np.bincount(place[new], values[name][new], len(past.ids)) for name in values}
        yield sums


def _stand(days: Days, sums: dict[str, Floats]) -> Standing:
    """Customers with an order by a day, as far as classes read them."""
    start, who = days.start, days.who
    first, last = start[:-1], start[1:] - 1
    gap = np.where(last > first, days.day[last] - days.day[np.maximum(last - 1, 0)], np.nan)
    age = (days.as_of - days.day[first]).astype(float)
    orders = (start[1:] - first).astype(float)
    # amounts are exact to four places, and a sum's last bit must not decide on which side of a cut-off a customer stands
    spend = np.asarray(np.round(np.add.reduceat(days.amount, first), 4), dtype=np.float64)
    satisfied = share_satisfied(pd.Series(sums["csat_sum"][who]), pd.Series(sums["csat_count"][who])).to_numpy()
    people = pd.DataFrame(
        {
            "count_order_days": orders,
            "spend_total": spend,
            "days_as_customer": age,
            "count_interactions": sums["count_interactions"][who],
            "satisfaction": satisfied,
        }
    )
    measures = {name: tiers.measure(people, name).to_numpy() for name in tiers.MEASURES}
    return Standing((days.as_of - days.day[last]).astype(float), orders, spend, age, gap, measures)
