"""Clusters of buyers who behave alike: found once, as of the base month, and held; everyone is assigned to them each month."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.params import ClusterParams
from analysis.segments import cluster_features as features_of
from analysis.segments.cluster_features import Behaviour, Floats, describe_buyers
from analysis.segments.cluster_fit import Model, Trial, search
from analysis.segments.cluster_names import match, name_clusters, overlap
from analysis.segments.cluster_scales import Scale
from analysis.threads import one_thread

TOO_FEW, ALIKE, UNSTABLE = "too_few", "alike", "unstable"


@dataclass(frozen=True)
class Clusters:
    """What was found as of the base month.

    Attributes
    ----------
    period : str
        The base month, YYYY-MM.
    count_buyers, count_fitted : int
        Buyers by its end, and those to whom clusters were fitted.
    reason : str
        Why there are none: ``too_few`` buyers, all ``alike`` (fewer than two features tell them apart), ``unstable`` (no candidate
        comes back in resampled customers); empty where there are some.
    scales : tuple of Scale
        Of the features in use.
    unused : dict
        Feature -> why it is not in use, see `fit_scales`.
    trials : tuple of Trial
        Candidates.
    model : Model or None
    names : tuple of str
        Of the model's clusters, largest first.
    overlaps : tuple of float
        How well each comes back in resampled customers, see `search`.
    axes : tuple of tuples
        Two directions, a weight a feature, along which the buyers vary most; `axes_shares` of their variance lie along each.
    named_after : str
        The earlier base month from which names were carried over; empty where none was.
    """

    period: str
    count_buyers: int
    count_fitted: int = 0
    reason: str = ""
    scales: tuple[Scale, ...] = ()
    unused: dict[str, str] = dataclasses.field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    model: Model | None = None
    names: tuple[str, ...] = ()
    overlaps: tuple[float, ...] = ()
    axes: tuple[tuple[float, ...], ...] = ()
    axes_shares: tuple[float, ...] = ()
    named_after: str = ""

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features in use."""
        return tuple(scale.feature for scale in self.scales)

    @property
    def chosen(self) -> Trial | None:
        """The candidate in use."""
        return next((trial for trial in self.trials if trial.verdict == "chosen"), None) if self.model else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Clusters:
        """Read back what `as_dict` wrote, after any trip through JSON."""
        model = values["model"]
        rows = {name: tuple(values[name]) for name in ("names", "overlaps", "axes_shares")}
        read = rows | {
            "scales": tuple(Scale(**scale) for scale in values["scales"]),
            "trials": tuple(Trial(**trial) for trial in values["trials"]),
            "axes": _rows(values["axes"]),
            "model": model and Model(model["kind"], _rows(model["centres"]), _rows(model["variances"]), tuple(model["shares"])),
        }
        return cls(**(values | read))

    def assign(self, behaviour: Behaviour) -> pd.Series:
        """Name of the cluster of each buyer; missing for all where there are no clusters.

        Parameters
        ----------
        behaviour : Behaviour
            Of the buyers of any month, see `describe_buyers`.
        """
        if self.model is None:
            return pd.Series(pd.NA, index=behaviour.index, dtype="string")
        names = np.array(self.names, dtype=object)
        return pd.Series(names[self._labels(behaviour)], index=behaviour.index, dtype="string")

    def place(self, behaviour: Behaviour) -> Floats:
        """Two coordinates of each buyer along `axes`."""
        return features_of.scale(behaviour, self.scales) @ np.array(self.axes).T

    def _labels(self, behaviour: Behaviour) -> npt.NDArray[np.intp]:
        assert self.model is not None
        return self.model.assign(features_of.scale(behaviour, self.scales))


def fit_clusters(customers: pd.DataFrame, spells: pd.DataFrame, baskets: pd.DataFrame, params: ClusterParams, period: str = "") -> Clusters:
    """Find clusters among the buyers of a month; see `cluster_fit.search` for how they are chosen.

    Parameters
    ----------
    customers, spells, baskets : DataFrame
        See `describe_buyers`, as of the end of the base month. The order of rows does not matter.
    period : str
        The base month, to be printed.
    """
    behaviour = describe_buyers(customers, spells, baskets)
    if len(behaviour) < params.min_customers:
        return Clusters(period, len(behaviour), reason=TOO_FEW)
    chosen = behaviour.take(features_of.sample(behaviour.index, params.fit_customers))
    with one_thread():
        scales, unused = features_of.fit_scales(chosen, params.min_known)
        found = Clusters(period, len(behaviour), len(chosen), scales=scales, unused=unused)
        scaled = features_of.scale(chosen, scales)
        if len(np.unique(scaled, axis=0)) <= params.max_clusters or len(scales) < 2:
            return replace(found, reason=ALIKE)
        trials, model, overlaps = search(scaled, params)
        axes, shares = _find_axes(scaled)
    found = replace(found, trials=tuple(trials), axes=axes, axes_shares=shares)
    best = next(trial for trial in trials if trial.verdict == "chosen")
    if best.stability < params.min_stability:
        return replace(found, reason=UNSTABLE)
    return replace(found, model=model, names=name_clusters(model.centres, found.features), overlaps=overlaps)


def carry_names(new: Clusters, old: Clusters, behaviour: Behaviour, least: float) -> Clusters:
    """`new` with the names of the clusters of an earlier base month that they continue.

    Both put the same buyers (`behaviour`, of the new base month) into clusters; pairs are matched for the largest total overlap,
    and those that share at least `least` (Jaccard) keep the old name. The others are named by what sets them apart, never by a
    name that was carried over.
    """
    if new.model is None or old.model is None:
        return new
    table = overlap(new._labels(behaviour), old._labels(behaviour), len(new.names), len(old.names))
    pairs = match(table, least)
    kept = {i: old.names[j] for i, j in pairs.items()}
    rest = [i for i in range(len(new.names)) if i not in kept]
    own = name_clusters([new.model.centres[i] for i in rest], new.features, tuple(kept.values()))
    named = kept | dict(zip(rest, own, strict=True))
    return replace(new, names=tuple(named[i] for i in range(len(new.names))), named_after=old.period if kept else "")


def add_clusters(segments: pd.DataFrame, clusters: Clusters, behaviour: Behaviour) -> pd.DataFrame:
    """`segments` with the column `cluster` filled; missing for customers without an order, and for all where there are none."""
    return segments.assign(cluster=clusters.assign(behaviour).reindex(segments["customer_id"]).to_numpy())


def _find_axes(scaled: Floats) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    """First two principal components; the largest weight of each is positive."""
    centred = scaled - scaled.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    axes = np.round(vectors[:, ::-1][:, :2].T, 9)
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    return _rows(axes.tolist()), tuple(float(v) for v in values[::-1][:2] / values.sum())


def _rows(table: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in table)
