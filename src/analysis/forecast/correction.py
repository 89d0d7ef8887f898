"""A learned correction of a forecast: which customers buy more than the model expects of them, and which less.

Boosted trees learn the ratio of what happened to what was expected on earlier dates whose horizon is over, with the
expectation as weight and the Poisson loss, so that a customer of whom nothing was expected teaches nothing. Each date's
expectations are first brought to its actual total, and the correction is neutral in total where it is applied: it tells
customers apart and has no opinion on the level, which the past would teach wrongly.

Its size was not searched for: shallow trees with large leaves, half as many or twice as many change the deviance of
forecasts by a thousandth or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from analysis.forecast.collapse import Floats

MIN_EVENTS = 300.0
"""Orders in the closed horizons; with fewer there is nothing to learn that chance could not have written."""
TREES, LEAVES, LEAF = 80, 8, 200
LOOK = 40_000
"""Rows that a feature's parts are cut by."""
BINS = 48
"""Values of a feature that trees can tell apart: tenths would nearly do."""
FAINT = 1e-9


Features: TypeAlias = pd.DataFrame | Floats
"""One row per customer, one column per feature; or their parts by a grid."""


@dataclass(frozen=True)
class Grid:
    """Points that cut each feature into the parts that trees look at.

    Features are cut by themselves, whatever happened: all dates of a champion share one grid, and each is cut once.
    """

    cuts: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, features: Sequence[pd.DataFrame], expected: Sequence[Floats]) -> Grid:
        """Cut into parts of equal expectation; a feature that is constant or missing is left out."""
        if not features:
            return cls()
        step = -(-sum(len(one) for one in expected) // LOOK)
        look, weight = pd.concat([one.iloc[::step] for one in features]), np.concatenate([one[::step] for one in expected])
        return cls({name: points for name in look if len(points := _cut_points(look[name].to_numpy(), np.maximum(weight, FAINT)))})

    def cut(self, features: Features) -> Floats:
        """Features as the number of their part, which is all that trees look at: cheaper to sort than the values themselves."""
        if not isinstance(features, pd.DataFrame):
            return features
        parts = np.empty((len(features), len(self.cuts)))
        for column, (name, points) in enumerate(self.cuts.items()):
            values = features[name].to_numpy()
            parts[:, column] = np.searchsorted(points, values, side="right")
            parts[np.isnan(values), column] = np.nan
        return parts


@dataclass(frozen=True)
class Lesson:
    """What one earlier date teaches: features, expectation and what happened, one row per customer."""

    features: Features
    expected: Floats
    actual: Floats


@dataclass(frozen=True)
class Correction:
    """A fitted correction; without a model it changes nothing.

    Attributes
    ----------
    model : regressor, optional
        Of what happened / what was expected.
    grid : Grid
        Parts of features that it looks at.
    scale : float
        Makes it neutral in total for those whom it was made neutral for, see `neutral`.
    """

    model: Any = None
    grid: Grid = field(default_factory=Grid)
    scale: float = 1.0

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing."""
        return self.model is None

    def ratio(self, features: Features, expected: Floats) -> Floats:
        """Factor of each customer's expectation; their total stays what it is."""
        return self.neutral(features, expected)[0]

    def ratios(self, features: Sequence[Features], expected: Sequence[Floats]) -> list[Floats]:
        """Factors for several dates, each of which keeps its own total; trees are asked once for all."""
        if self.is_neutral or not features:
            return [np.ones(len(one)) for one in expected]
        raw = self._raw(np.concatenate([self.grid.cut(one) for one in features]))
        parts = np.split(raw, np.cumsum([len(one) for one in features])[:-1])
        return [part * _scale(part, one) for part, one in zip(parts, expected, strict=True)]

    def neutral(self, features: Features, expected: Floats) -> tuple[Floats, Correction]:
        """Factors that leave the total of `expected` what it is, and the correction that holds their scale for others."""
        raw = self._raw(features)
        scale = 1.0 if self.is_neutral else _scale(raw, expected)
        return raw * scale, replace(self, scale=scale)

    def held(self, features: Features) -> Floats:
        """Factors on the scale that is held: each depends on its own customer alone."""
        return self._raw(features) * self.scale

    def _raw(self, features: Features) -> Floats:
        if self.model is None or not len(features):
            return np.ones(len(features))
        return np.asarray(self.model.predict(self.grid.cut(features)), dtype=np.float64)


NEUTRAL = Correction()


def _scale(raw: Floats, expected: Floats) -> float:
    """What leaves the total of `expected` as it is."""
    return float(expected.sum() / max((raw * expected).sum(), FAINT))


def learn(lessons: Sequence[Lesson], seed: int, is_trial: bool = False, grid: Grid | None = None) -> Correction:
    """Fit to all `lessons`; too few events make the neutral correction.

    A trial asks whether there is something to learn, not what: half of the trees with twice the step answer as well.
    `grid` is that of the lessons whose features are parts; others are cut here.

    The caller sees to it that trees work in one thread (`analysis.threads`), once for all fits and predictions.
    """
    usable = [one for one in lessons if one.actual.sum() > 0 and one.expected.sum() > 0]
    if sum(float((one.actual > 0).sum()) for one in usable) < MIN_EVENTS:
        return NEUTRAL
    from sklearn.ensemble import HistGradientBoostingRegressor

    tables = [one.features for one in usable if isinstance(one.features, pd.DataFrame)]
    grid = grid or Grid.of(tables, [one.expected for one in usable])
    if not grid.cuts:
        return NEUTRAL
    base = np.concatenate([np.maximum(one.expected * (one.actual.sum() / one.expected.sum()), FAINT) for one in usable])
    actual = np.concatenate([one.actual for one in usable])
    model = HistGradientBoostingRegressor(
        loss="poisson",
        learning_rate=0.1 if is_trial else 0.05,
        max_iter=TREES // 2 if is_trial else TREES,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAF,
        l2_regularization=10.0,
        max_bins=BINS,
        early_stopping=False,
        random_state=seed,
    )
    parts = np.concatenate([grid.cut(one.features) for one in usable])
    parts[:, np.isnan(parts).all(axis=0)] = 0.0  # what none of these dates knew splits no tree
    model.fit(parts, actual / base, sample_weight=base / base.mean())
    return Correction(model, grid)


def _cut_points(values: Floats, weight: Floats) -> Floats:
    """Distinct points that cut a feature into parts of equal `weight`; none where it is constant or missing."""
    is_known = ~np.isnan(values)
    values, weight = values[is_known], weight[is_known]
    if not len(values):
        return np.empty(0)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    at = np.searchsorted(reached, reached[-1] * np.arange(1, BINS - 1) / (BINS - 1))
    points = np.unique(values[order][np.minimum(at, len(order) - 1)])
    return points[points > values.min()]
