"""Classes beside what is true of a simulated company's customers: a grade of the classes, never an input of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.history.disclosure import hide_small, small_groups
from analysis.history.rates import wilson
from analysis.segments.cluster_fit import adjusted_rand
from analysis.segments.lifecycle import DORMANT, LOST
from analysis.segments.schemes.scheme import HIGH, LEVELS, LOW, MEDIUM
from analysis.threads import one_thread

COMPARISONS = (
    ("cluster", "kind"),
    ("cluster_prone", "kind_prone"),
    ("lifecycle_lost", "state"),
    ("tier", "tier_next"),
    ("value_profit", "value_profit_next"),
    ("value_profit", "value_profit_past"),
    ("customer_type", "type"),
)
"""Class and the truth that it means to tell."""
FORESTS = (("kind", "kind_prone", "type"), ("state", "tier_next", "value_profit_next"))
"""Truths that one forest learns together. What was earned until now is no question of learning: the books say it."""
ORDERED = {"tier": ("vip", "ordinary", "potential"), "value_profit": LEVELS}
"""Classes of value, the highest first."""
PRONE, STEADY = "prone", "steady"

TREES, LEAF, FEATURES, ROWS = 20, 4, 0.3, 0.4
"""A forest's trees, customers in a leaf at least, and the shares of facts (at each question) and of customers that a tree may look at."""


def lay_beside(classes: pd.DataFrame, truth: pd.DataFrame, hazards: dict[str, float], as_of: pd.Timestamp, level: float) -> pd.DataFrame:
    """Classed customers with their truth.

    Parameters
    ----------
    classes : DataFrame
        One row a customer: `customer_id, cluster, tier, lifecycle_stage, value_profit, customer_type, days_as_customer`.
    truth : DataFrame
        One row a customer: `customer_id, true_segment, true_type, left_on` (missing for who stays; who leaves after `as_of` has not
        left), `true_margin` (until `as_of`) and `true_clv_12m` (of the twelve months after it), both in currency.
    hazards : dict
        Kind (`true_segment`) -> its chance of leaving in a month.
    level : float
        Probability of the interval that tells which clusters are prone.

    Returns
    -------
    DataFrame
        One row a customer of both, all of it text (missing where a class tells nothing):

        - classes: `cluster, tier, lifecycle_stage, value_profit, customer_type`; `cluster_prone` (``prone``: the share of dormant and lost
          customers of the cluster is above that of all, lower Wilson limit included; else ``steady``); `lifecycle_lost` (yes or no);
        - truths: `kind`; `kind_prone` (the half of the kinds whose customers leave most readily); `type`; `state` (``left`` or
          ``stayed``); and for each class of value, levels of the same names and sizes (of equal values all in the lower one) by the true
          margin of the next twelve months (`<class>_next`) and, a year since the first order, whose first year counts whole, until now
          (`<class>_past`).
    """
    table = classes.merge(truth, on="customer_id", how="inner", validate="one_to_one")
    has_left = pd.to_datetime(table["left_on"]) <= pd.Timestamp(as_of)
    years = np.maximum(table["days_as_customer"].astype(float) / 365.25, 1.0)
    worth = {"next": table["true_clv_12m"].astype(float), "past": table["true_margin"].astype(float) / years}
    half = float(np.median(list(hazards.values())))
    found: dict[str, Any] = {
        name: table[name].astype("string").astype(object)
        for name in ("cluster", "tier", "lifecycle_stage", "value_profit", "customer_type")
    }
    found["value_profit"] = found["value_profit"].where(found["value_profit"].isin(LEVELS))
    found["cluster_prone"] = _find_prone(found["cluster"], table["lifecycle_stage"].isin([DORMANT, LOST]), level)
    found["lifecycle_lost"] = np.where(table["lifecycle_stage"] == LOST, "yes", "no")
    found["kind"] = table["true_segment"].astype(str)
    found["kind_prone"] = np.where(table["true_segment"].map(hazards) > half, PRONE, STEADY)
    found["type"], found["state"] = table["true_type"].astype(str), np.where(has_left, "left", "stayed")
    for scheme, labels in ORDERED.items():
        told = found[scheme].isin(labels).to_numpy()
        for when, values in worth.items():
            found[f"{scheme}_{when}"] = _cut_alike(values.to_numpy(), found[scheme].to_numpy(dtype=object), told, labels)
    return pd.DataFrame({"customer_id": table["customer_id"]} | found)


def rate_recovery(beside: pd.DataFrame, facts: pd.DataFrame, level: float, samples: int, seed: int) -> pd.DataFrame:
    """Agreement of each class with the truth that it means to tell, beside what could be known of that truth.

    Parameters
    ----------
    beside : DataFrame
        As from `lay_beside`.
    facts : DataFrame
        One row a customer, index `customer_id`, columns of numbers: what is known of them on that day.
    samples, seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row for each of `COMPARISONS` whose class tells something of two customers or more: `scheme, truth, rand` (adjusted Rand
        index: 1 the same, 0 as by chance) with `rand_low, rand_high` (percentiles over customers drawn with replacement), `ceiling` (the
        same index of what a random forest says that has learnt the truth of other customers from `facts`; missing for what the books
        say), `reached` (`rand` by `ceiling`, at most 1: a forest is no more than a good guess at what could be known), and
        `count_customers` (whom the class tells something of).
    """
    ceilings: dict[str, npt.NDArray[Any]] = {}
    for together in FORESTS:
        ceilings |= _tell_truth(facts.reindex(beside["customer_id"]), beside[list(together)], seed)
    rng = np.random.default_rng(seed)
    rows = []
    for scheme, truth in COMPARISONS:
        known = (beside[scheme].notna() & beside[truth].notna()).to_numpy()
        if known.sum() < 2:
            continue
        true = beside.loc[known, truth].to_numpy(dtype=str)
        labels = beside.loc[known, scheme].to_numpy(dtype=str)
        low, high = _resample_rand(labels, true, level, samples, rng)
        rand = adjusted_rand(labels, true)
        ceiling = adjusted_rand(ceilings[truth][known].astype(str), true) if truth in ceilings else np.nan
        rows.append((scheme, truth, rand, low, high, ceiling, min(rand / ceiling, 1.0) if ceiling > 0 else np.nan, int(known.sum())))
    return pd.DataFrame(rows, columns=["scheme", "truth", "rand", "rand_low", "rand_high", "ceiling", "reached", "count_customers"])


def confuse_kinds(beside: pd.DataFrame, names: Sequence[str], min_cell: int) -> pd.DataFrame | None:
    """How the clusters fall on the true kinds; None where nobody is in a cluster.

    Parameters
    ----------
    names : sequence of str
        Clusters in the order of their numbers.

    Returns
    -------
    DataFrame or None
        One row a kind and cluster: `kind` (those alike in their clusters beside each other), `number` (of the cluster, from 1), `cluster`,
        `share_customers` (of the cluster, to a percent; blank in clusters with few customers).
    """
    known = beside[beside["cluster"].notna()]
    if known.empty:
        return None
    counts = pd.crosstab(known["kind"], known["cluster"]).reindex(columns=list(names), fill_value=0)
    sizes = counts.sum()
    shown = sizes.mask(sizes.index.isin(small_groups(sizes, min_cell)))
    main = counts.div(counts.sum(axis=1), axis=0).to_numpy().argmax(axis=1)
    ordered = counts.assign(main=main, size=counts.sum(axis=1)).sort_values(["main", "size"], ascending=[True, False], kind="stable")
    rows = [
        (kind, str(number), name, round(counts.loc[kind, name] / shown[name], 2))
        for kind in ordered.index
        for number, name in enumerate(names, start=1)
    ]
    return pd.DataFrame(rows, columns=["kind", "number", "cluster", "share_customers"])


def confuse_outcomes(beside: pd.DataFrame, names: Sequence[str], min_cell: int) -> pd.DataFrame:
    """What became of clusters, stages and classes of value: true value of the next twelve months, and who left.

    Returns
    -------
    DataFrame
        One row a class: `scheme` (cluster, lifecycle_stage, tier, value_profit), `class, count_customers`, `high_share, medium_share,
        low_share` (by the margin of the next twelve months, levels as large as those of the class; for clusters and stages, of the
        tiers), `left_share`. Clusters by number, classes of value from the highest, stages from the one that has lost most; shares of
        classes with few customers are blank.
    """
    parts = []
    for scheme, truth, labels in (
        ("cluster", "tier", tuple(names)),
        ("lifecycle_stage", "tier", None),
        *((name, name, labels) for name, labels in ORDERED.items()),
    ):
        known = beside[beside[scheme].notna() & beside[f"{truth}_next"].notna()]
        levels = known[f"{truth}_next"].map(dict(zip(ORDERED[truth], (HIGH, MEDIUM, LOW), strict=True)))
        shares = pd.crosstab(known[scheme], levels, normalize="index").reindex(columns=[HIGH, MEDIUM, LOW], fill_value=0.0)
        table = _finish(known, scheme, shares, min_cell).rename(columns={scheme: "class"})
        order = table["left_share"].rank(ascending=False) if labels is None else table["class"].map(labels.index)
        parts.append(table.assign(scheme=scheme, order=order).sort_values("order", kind="stable"))
    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return whole[["scheme", "class", "count_customers", "high_share", "medium_share", "low_share", "left_share"]]


def _finish(known: pd.DataFrame, scheme: str, shares: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    table = shares.add_suffix("_share").rename_axis(scheme).rename_axis(columns=None)
    columns = [*table.columns, "left_share"]
    table.insert(0, "count_customers", known[scheme].value_counts())
    table["left_share"] = (known["state"] == "left").groupby(known[scheme]).mean()
    ordered = table.reset_index().sort_values(["count_customers", scheme], ascending=[False, True], ignore_index=True)
    return hide_small(ordered, "count_customers", columns, min_cell)


def _find_prone(clusters: pd.Series, is_silent: pd.Series, level: float) -> pd.Series:
    known = clusters.notna()
    counts = is_silent[known].groupby(clusters[known]).agg(["sum", "size"])
    low, _ = wilson(counts["sum"], counts["size"], level)
    prone = dict(zip(counts.index, np.asarray(low) > float(is_silent[known].mean()), strict=True))
    return clusters.map({name: PRONE if found else STEADY for name, found in prone.items()})


def _cut_alike(values: npt.NDArray[np.float64], classes: npt.NDArray[Any], told: npt.NDArray[np.bool_], labels: tuple[str, ...]) -> Any:
    """Levels of `values` as large as the classes `labels`, of those of whom a class is told; missing for others."""
    shares = np.cumsum([(classes[told] == label).mean() if told.any() else 0.0 for label in labels])
    limits = np.quantile(values[told], np.clip(1.0 - shares[:-1], 0.0, 1.0)) if told.any() else np.zeros(len(labels) - 1)
    found = np.full(len(values), labels[-1], dtype=object)
    for label, limit in reversed(list(zip(labels[:-1], limits, strict=True))):
        found[values > limit] = label
    found[~told] = None
    return found


def _tell_truth(facts: pd.DataFrame, truths: pd.DataFrame, seed: int) -> dict[str, npt.NDArray[Any]]:
    """What a forest says of each customer's truths by the trees that have not seen that customer; truths are learnt together.

    Trees are grown on customers drawn without replacement (Buehlmann and Yu 2002, Annals of Statistics 30), their questions on facts
    drawn by lot (Breiman 2001, Machine Learning 45).
    """
    from sklearn.tree import DecisionTreeClassifier

    joint = pd.MultiIndex.from_frame(truths.fillna("")).to_flat_index()
    codes, labels = pd.factorize(joint, sort=True)
    table = facts.to_numpy(dtype=np.float32)
    # an unknown fact is told apart from every known one
    table = np.where(np.isnan(table), np.float32(-1.0), table)
    rng, votes = np.random.default_rng(seed), np.zeros((len(table), len(labels)))
    with one_thread():
        for _ in range(TREES):
            is_drawn = rng.random(len(table)) < ROWS
            tree: Any = DecisionTreeClassifier(min_samples_leaf=LEAF, max_features=FEATURES, random_state=int(rng.integers(2**31)))
            tree.fit(table[is_drawn], codes[is_drawn])
            votes[np.ix_(~is_drawn, tree.classes_)] += tree.predict_proba(table[~is_drawn])
    told = {}
    for place, name in enumerate(truths.columns):
        own = np.array([label[place] for label in labels], dtype=object)
        names = sorted(set(own))
        told[name] = np.array(names, dtype=object)[np.stack([votes[:, own == label].sum(axis=1) for label in names], axis=1).argmax(axis=1)]
    return told


def _resample_rand(first: Any, second: Any, level: float, samples: int, rng: np.random.Generator) -> tuple[float, float]:
    """Percentile interval of the adjusted Rand index over customers drawn with replacement: their cross table is multinomial."""
    a, b = (np.unique(labels, return_inverse=True)[1] for labels in (first, second))
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a, b), 1.0)
    draws = rng.multinomial(len(a), table.ravel() / len(a), size=samples).reshape(samples, *table.shape)

    def pairs(counts: npt.NDArray[Any], axes: tuple[int, ...]) -> npt.NDArray[np.float64]:
        return np.asarray((counts * (counts - 1.0) / 2.0).sum(axis=axes), dtype=np.float64)

    both, rows, columns = pairs(draws, (1, 2)), pairs(draws.sum(axis=2), (1,)), pairs(draws.sum(axis=1), (1,))
    expected = rows * columns / (len(a) * (len(a) - 1.0) / 2.0)
    most = (rows + columns) / 2.0
    index = np.divide(both - expected, most - expected, out=np.ones(samples), where=most > expected)
    low, high = np.quantile(index, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
