"""Clusters as they are shown: why so many, what sets each apart, where they lie, and who changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.history.disclosure import hide_small, small_groups
from analysis.history.rates import add_rate
from analysis.segments.cluster_features import Behaviour, scale
from analysis.segments.cluster_fit import adjusted_rand
from analysis.segments.clusters import ALIKE, TOO_FEW, UNSTABLE, Clusters
from analysis.segments.lifecycle import DORMANT, LOST
from analysis.segments.remark import Remark

HEXAGONS = 16
"""Across the map; on a phone each is still as wide as a letter."""
OTHER_CLASSES = ("rfm_segment", "tier", "lifecycle_stage")


def tell(clusters: Clusters) -> list[Remark]:
    """What was found and how, or why nothing was; and which features could not be used."""
    fitted = {"period": clusters.period, "count": clusters.count_buyers, "fitted": clusters.count_fitted}
    best = max((trial.stability for trial in clusters.trials), default=float("nan"))
    reasons = {TOO_FEW: fitted, ALIKE: fitted, UNSTABLE: fitted | {"stability": best}}
    if clusters.reason:
        return [Remark(f"none_{clusters.reason}", reasons[clusters.reason]), *_tell_unused(clusters)]
    assert clusters.chosen is not None
    trial = clusters.chosen
    told = [
        Remark("fitted" if clusters.count_fitted < clusters.count_buyers else "fitted_all", fitted),
        Remark(f"chosen_{trial.kind}", {"clusters": trial.count_clusters, "stability": trial.stability, "silhouette": trial.silhouette}),
    ]
    return [*told, *_tell_unused(clusters), *([Remark("renamed", {"period": clusters.named_after})] if clusters.named_after else [])]


def status(table: pd.DataFrame | None) -> str:
    """Key of the chapter's sentence, by whether there are clusters (`overview`); its fields are those of `headline`."""
    if table is None:
        return "clusters.status_none"
    facts = headline(table)
    return "clusters.status_same" if facts["largest"] == facts["richest"] else "clusters.status"


def headline(table: pd.DataFrame | None) -> dict[str, Any]:
    """The chapter in a few values, from `overview`: count of clusters, and the largest by customers and by revenue."""
    if table is None:
        return {}
    largest, richest = table.loc[table["share_customers"].idxmax()], table.loc[table["share_revenue"].fillna(0.0).idxmax()]
    return {
        "count": len(table),
        **{"largest": largest["cluster"], "share_customers": largest["share_customers"]},
        **{"richest": richest["cluster"], "share_revenue": richest["share_revenue"]},
    }


def list_features(clusters: Clusters) -> pd.DataFrame | None:
    """What clusters are made of, one row a feature: `feature, share_known, reliability` (see `Scale`); None without any."""
    rows = [(one.feature, one.share_known, one.reliability) for one in clusters.scales]
    return pd.DataFrame(rows, columns=["feature", "share_known", "reliability"]) if rows else None


def list_trials(clusters: Clusters) -> pd.DataFrame | None:
    """Candidates, one row each: `kind, count_clusters, stability, stability_low, stability_high, silhouette, smallest, verdict`."""
    return pd.DataFrame([vars(trial) for trial in clusters.trials]) if clusters.trials else None


def overview(clusters: Clusters, segments: pd.DataFrame, customers: pd.DataFrame, min_cell: int, level: float) -> pd.DataFrame | None:
    """Clusters in numbers; None where there are none.

    Returns
    -------
    DataFrame
        One row a cluster, in the order of their size in the base month: `number` (from 1), `cluster, count_customers, share_customers`
        (of those in a cluster), `revenue` (sum of `spend_total`), `share_revenue, count_silent` (dormant or lost), `share_silent` with
        Wilson limits, `overlap` (how well it comes back in resampled customers, Jaccard). Figures of small clusters are blank.
    """
    if clusters.model is None:
        return None
    facts = segments[["customer_id", "cluster", "lifecycle_stage"]].merge(
        customers[["customer_id", "spend_total"]], on="customer_id", validate="one_to_one"
    )
    facts = facts.sort_values("customer_id", kind="stable").assign(is_silent=facts["lifecycle_stage"].isin([DORMANT, LOST]))
    table = facts.groupby("cluster").agg(
        count_customers=("customer_id", "size"), revenue=("spend_total", "sum"), count_silent=("is_silent", "sum")
    )
    table = table.reindex(list(clusters.names)).rename_axis("cluster").reset_index().fillna(0)
    counts = ["count_customers", "count_silent"]
    table[counts] = table[counts].astype("int64")
    table = add_rate(table, "count_silent", "count_customers", "share_silent", level)
    total, revenue = max(int(table["count_customers"].sum()), 1), float(table["revenue"].sum())
    table = table.assign(
        number=np.arange(1, len(table) + 1),
        share_customers=table["count_customers"] / total,
        share_revenue=table["revenue"] / revenue if revenue else 0.0,
        overlap=clusters.overlaps,
    )
    columns = ["number", "cluster", "count_customers", "share_customers", "revenue", "share_revenue", *_silent(), "overlap"]
    hidden = ["revenue", "share_revenue", *_silent()]
    return hide_small(table[columns], "count_customers", hidden, min_cell)


def profile(clusters: Clusters, behaviour: Behaviour, min_cell: int) -> pd.DataFrame | None:
    """What sets each cluster apart: one row a feature and cluster.

    Parameters
    ----------
    behaviour : Behaviour
        Of the buyers of any month, see `describe_buyers`.

    Returns
    -------
    DataFrame or None
        `feature, number, cluster, deviation` (mean of the cluster's customers in standard deviations from the base month's mean),
        `median` (of those of whom the feature is known, in its own unit), `count_customers` (of whom it is known; below `min_cell` of
        them both are blank).
    """
    if clusters.model is None:
        return None
    scaled = scale(behaviour, clusters.scales)
    members = [clusters.model.assign(scaled) == position for position in range(len(clusters.names))]
    rows = []
    for column, feature in enumerate(clusters.features):
        values = behaviour.shown[feature].to_numpy()
        is_known = ~np.isnan(values)
        for number, (name, is_member) in enumerate(zip(clusters.names, members, strict=True), start=1):
            is_here = is_member & is_known
            count = int(is_here.sum())
            told = (float(scaled[is_here, column].mean()), float(np.median(values[is_here]))) if count >= min_cell else (np.nan, np.nan)
            rows.append((feature, str(number), name, *told, count))
    return pd.DataFrame(rows, columns=["feature", "number", "cluster", "deviation", "median", "count_customers"])


def lay_map(clusters: Clusters, behaviour: Behaviour, min_cell: int) -> pd.DataFrame | None:
    """Where the clusters lie: buyers along the two directions in which they vary most, counted in hexagons.

    Returns
    -------
    DataFrame or None
        One row a hexagon with at least `min_cell` buyers: `x, y` (its middle), `width` (of a hexagon, in the same unit), `number,
        cluster` (of most of its buyers; of several the first), `count_customers`. What the hexagons left out hold cannot be told
        by subtraction: they hold at least `min_cell` together, or the next smallest is left out too.
    """
    if clusters.model is None:
        return None
    points = clusters.place(behaviour)
    low, high = points.min(axis=0), points.max(axis=0)
    width = max(float((high - low)[0]) / HEXAGONS, 1e-9)
    cells = _find_hexagons(points - low, width)
    numbers = clusters.model.assign(scale(behaviour, clusters.scales)) + 1
    frame = pd.DataFrame({"x": cells[:, 0], "y": cells[:, 1], "number": numbers})
    counts = frame.groupby(["x", "y", "number"]).size().rename("count").reset_index()
    counts = counts.sort_values(["y", "x", "count", "number"], ascending=[True, True, False, True], kind="stable")
    table = counts.groupby(["y", "x"], sort=True).agg(number=("number", "first"), count_customers=("count", "sum")).reset_index()
    table = table[~table.index.isin(small_groups(table["count_customers"], min_cell))].reset_index(drop=True)
    names = np.array(clusters.names, dtype=object)
    table = table.assign(x=table["x"] + low[0], y=table["y"] + low[1], width=width, cluster=names[table["number"].to_numpy() - 1])
    return table[["x", "y", "width", "number", "cluster", "count_customers"]].round({"x": 3, "y": 3, "width": 4})


def map_fields(clusters: Clusters, behaviour: Behaviour, table: pd.DataFrame | None, min_cell: int) -> dict[str, Any]:
    """What the map's words need: shares of the variance along its axes, the two features that weigh most in each, buyers left out."""
    if table is None:
        return {}
    hidden = len(behaviour) - int(table["count_customers"].sum())
    fields: dict[str, Any] = {"share": sum(clusters.axes_shares), "count_hidden": hidden, "least": min_cell}
    for name, weights in zip("xy", clusters.axes, strict=True):
        order = sorted(range(len(weights)), key=lambda i: (-round(abs(weights[i]), 6), i))[:2]
        for place, i in enumerate(order, start=1):
            fields |= {f"{name}{place}": clusters.features[i], f"{name}{place}_side": "more" if weights[i] > 0 else "less"}
    return fields


def tell_months(previous: pd.DataFrame, current: pd.DataFrame) -> list[Remark]:
    """`compare_months` as a sentence; none where it has nothing to compare."""
    found = compare_months(previous, current)
    return [Remark("kept", found)] if found else []


def compare_months(previous: pd.DataFrame, current: pd.DataFrame) -> dict[str, Any] | None:
    """How far two months' clusters agree: None where fewer than two customers are in one in both.

    Returns
    -------
    dict
        `count` customers in a cluster in both months, `count_kept` in one of the same name, `share_kept`, `rand` (adjusted Rand
        index). Counts of all customers, no estimate.
    """
    both = previous[["customer_id", "cluster"]].merge(current[["customer_id", "cluster"]], on="customer_id", suffixes=("_before", ""))
    both = both.dropna()
    if len(both) < 2:
        return None
    kept = int((both["cluster_before"] == both["cluster"]).sum())
    rand = adjusted_rand(both["cluster_before"].to_numpy(dtype=str), both["cluster"].to_numpy(dtype=str))
    return {"count": len(both), "count_kept": kept, "share_kept": kept / len(both), "rand": rand}


def compare_classes(segments: pd.DataFrame) -> pd.DataFrame | None:
    """How far clusters say what other classes say: `scheme, count_classes, count_customers, rand` (adjusted Rand index), a row a scheme."""
    known = segments[segments["cluster"].notna()]
    if known.empty:
        return None
    clusters = known["cluster"].to_numpy(dtype=str)
    rows = [(name, known[name].nunique(), len(known), adjusted_rand(clusters, known[name].to_numpy(dtype=str))) for name in OTHER_CLASSES]
    return pd.DataFrame(rows, columns=["scheme", "count_classes", "count_customers", "rand"])


def _tell_unused(clusters: Clusters) -> list[Remark]:
    return [Remark(f"unused_{why}", {"feature": feature}) for feature, why in clusters.unused.items()]


def _silent() -> list[str]:
    return ["count_silent", "share_silent", "share_silent_low", "share_silent_high"]


def _find_hexagons(points: np.ndarray, width: float) -> np.ndarray:
    """Middle of the hexagon (point upwards) that each point lies in: the nearer of two shifted lattices."""
    step = np.array([width, width * 3.0**0.5])
    first = np.round(points / step) * step
    second = (np.floor(points / step) + 0.5) * step
    is_first = ((points - first) ** 2).sum(axis=1) <= ((points - second) ** 2).sum(axis=1)
    return np.round(np.where(is_first[:, None], first, second), 6)
