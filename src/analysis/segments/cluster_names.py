"""Names of clusters: by what sets them apart, and kept when the base month changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.segments.cluster_fit import Labels

SIDES = {
    "order_days_per_year": ("rare", "frequent"),
    "gap_variation": ("regular", "irregular"),
    "spend_typical": ("small_orders", "large_orders"),
    "units_per_order": ("few_units", "many_units"),
    "lines_per_order": ("narrow_baskets", "wide_baskets"),
    "discounted_share": ("full_price", "discounted"),
}
"""What a cluster is called whose centre lies below, and above, the base month's mean."""
JOIN = "+"
PARTS = 2


def name_clusters(centres: Sequence[Sequence[float]], features: Sequence[str], taken: Sequence[str] = ()) -> tuple[str, ...]:
    """A name for each centre, the two features that lie furthest from the mean, for example ``rare+small_orders``.

    A name that an earlier one has, or that is in `taken`, gets further features until it is of its own; where these run out, a
    number.

    Parameters
    ----------
    centres : rows of float
        In standard deviations of the features, in the order in which names are given.
    """
    names: list[str] = []
    used = {frozenset(name.split(JOIN)) for name in taken}
    for centre in centres:
        order = sorted(range(len(features)), key=lambda i: (-round(abs(centre[i]), 6), i))
        words = [SIDES[features[i]][int(centre[i] > 0)] for i in order]
        count = min(PARTS, len(words))
        while frozenset(words[:count]) in used and count < len(words):
            count += 1
        name, number = JOIN.join(words[:count]), 2
        while frozenset(name.split(JOIN)) in used:
            name, number = JOIN.join([*words[:count], str(number)]), number + 1
        used.add(frozenset(name.split(JOIN)))
        names.append(name)
    return tuple(names)


def overlap(first: Labels, second: Labels, count_first: int, count_second: int) -> npt.NDArray[np.float64]:
    """Jaccard overlap of each cluster of one grouping of the same customers with each of another: shared by both / held by either."""
    table = np.zeros((count_first, count_second))
    np.add.at(table, (first, second), 1.0)
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    return np.divide(table, either, out=np.zeros_like(table), where=either > 0)


def match(overlaps: npt.NDArray[np.float64], least: float) -> dict[int, int]:
    """Pair rows (new clusters) with columns (old ones) for the largest total overlap (Kuhn 1955); pairs below `least` are dropped."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(overlaps, maximize=True)
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if overlaps[i, j] >= least}
