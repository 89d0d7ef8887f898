"""How many clusters, and of which kind: candidates fitted to resampled customers, judged by whether they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.params import ClusterParams
from analysis.segments.cluster_features import Floats

Labels = npt.NDArray[np.intp]

KINDS = ("k_means", "mixture")
"""The simpler one first."""
RESTARTS = 3
"""Beginnings of a fit, of which the best is kept: what is judged is the grouping, not the luck of its beginning."""
SOFTNESS = 0.05
"""Least variance of a mixture's part: what is unknown stands at one point, on which a part would else shrink."""
BLOCK = 200_000
"""Customers that are assigned at a time."""


@dataclass(frozen=True)
class Model:
    """Fitted clusters in the space of scaled features.

    Attributes
    ----------
    kind : str
        ``k_means`` (nearest centre) or ``mixture`` (likeliest normal part, with its own spread along each feature).
    centres, variances : tuple of tuples
        A row a cluster, a column a feature; variances are empty for k-means.
    shares : tuple of float
        Of the customers to whom they were fitted.
    """

    kind: str
    centres: tuple[tuple[float, ...], ...]
    variances: tuple[tuple[float, ...], ...]
    shares: tuple[float, ...]

    def assign(self, scaled: Floats) -> Labels:
        """Position of each row's cluster."""
        labels = np.empty(len(scaled), dtype=np.intp)
        for start in range(0, len(scaled), BLOCK):
            part = scaled[start : start + BLOCK]
            labels[start : start + BLOCK] = np.argmin(np.stack([self._distance(part, j) for j in range(len(self.centres))]), axis=0)
        return labels

    def _distance(self, scaled: Floats, cluster: int) -> Floats:
        away = (scaled - np.array(self.centres[cluster])) ** 2
        if self.kind == "k_means":
            return np.asarray(away.sum(axis=1), dtype=np.float64)
        spread = np.array(self.variances[cluster])
        return np.asarray((away / spread).sum(axis=1) + np.log(spread).sum() - 2.0 * np.log(self.shares[cluster]), dtype=np.float64)


@dataclass(frozen=True)
class Trial:
    """One candidate and how it did.

    Attributes
    ----------
    kind, count_clusters
        The candidate.
    stability, stability_low, stability_high : float
        Mean, and the span of the middle four fifths, of the adjusted Rand index between the clusters fitted to all and to
        resampled customers, all of them assigned by both.
    silhouette : float
        Mean over customers, -1 to 1.
    smallest : float
        Share of customers in the smallest cluster.
    verdict : str
        ``chosen``, ``small`` (a cluster is too small), ``less_stable``, ``less_clear`` (by silhouette) or ``less_simple``.
    """

    kind: str
    count_clusters: int
    stability: float
    stability_low: float
    stability_high: float
    silhouette: float
    smallest: float
    verdict: str = ""


def search(scaled: Floats, params: ClusterParams) -> tuple[list[Trial], Model, tuple[float, ...]]:
    """Fit all candidates and choose one.

    The most stable candidates, up to `stability_tie` below the best of them; of these the clearest by silhouette, up to
    `silhouette_tie` below the best; of these the one with the fewest clusters, k-means before a mixture.

    Parameters
    ----------
    scaled : array
        A row a customer, in an order that does not depend on how they were read.

    Returns
    -------
    (list of Trial, Model, tuple of float)
        Candidates with their verdicts; the chosen one's clusters, largest first; and for each of these the mean overlap
        (Jaccard: shared by both over held by either) with the most similar cluster of each resample (Hennig 2007,
        Computational Statistics & Data Analysis 52, section 2).
    """
    draws = np.random.default_rng(params.seed).integers(0, len(scaled), size=(params.resamples, len(scaled)))
    look = np.arange(0, len(scaled), -(-len(scaled) // params.silhouette_customers))
    distances = _distances(scaled[look])
    fitted = []
    for count in range(params.min_clusters, params.max_clusters + 1):
        models, *drawn = (_fit_kinds(count, rows, params.seed) for rows in (scaled, *(scaled[draw] for draw in draws)))
        for position, model in enumerate(models):
            labels = model.assign(scaled)
            again = [kinds[position].assign(scaled) for kinds in drawn]
            fitted.append((_judge(model, labels, again, distances, look), model, labels, again))
    trials = choose([trial for trial, *_ in fitted], params)
    chosen = next(position for position, trial in enumerate(trials) if trial.verdict == "chosen")
    _, model, labels, again = fitted[chosen]
    return trials, model, _overlaps(labels, again, len(model.centres))


def choose(trials: Sequence[Trial], params: ClusterParams) -> list[Trial]:
    """The same trials with their verdicts; see `search` for the rule. Where all have a small cluster, none is held against it."""
    from dataclasses import replace

    large = [trial for trial in trials if trial.smallest >= params.min_share] or list(trials)
    stable = [trial for trial in large if trial.stability >= max(one.stability for one in large) - params.stability_tie]
    clear = [trial for trial in stable if trial.silhouette >= max(one.silhouette for one in stable) - params.silhouette_tie]
    best = min(clear, key=lambda trial: (trial.count_clusters, KINDS.index(trial.kind)))

    def judge(trial: Trial) -> str:
        if trial is best:
            return "chosen"
        steps = (("small", large), ("less_stable", stable), ("less_clear", clear))
        return next((verdict for verdict, kept in steps if all(trial is not one for one in kept)), "less_simple")

    return [replace(trial, verdict=judge(trial)) for trial in trials]


def adjusted_rand(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Agreement of two ways to group the same customers: 1 the same, 0 as by chance (Hubert and Arabie 1985, equation 5)."""
    a, b = (pd.factorize(np.asarray(labels))[0] for labels in (first, second))
    if not len(a):
        return float("nan")
    width = int(b.max()) + 1
    table = np.bincount(a * width + b, minlength=(int(a.max()) + 1) * width).reshape(-1, width).astype(np.float64)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1.0) / 2.0).sum())

    both, rows, columns, every = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0)), pairs(np.array([float(len(a))]))
    expected = rows * columns / every if every else 0.0
    most = (rows + columns) / 2.0
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _fit_kinds(count: int, scaled: Floats, seed: int) -> tuple[Model, ...]:
    """A model of each of `KINDS`; the mixture begins at the clusters of k-means."""
    means = _fit_means(count, scaled, seed)
    return _in_order(means, scaled), _in_order(_fit_mixture(means, scaled, seed), scaled)


def _fit_means(count: int, scaled: Floats, seed: int) -> Model:
    from sklearn.cluster import KMeans

    fitted: Any = KMeans(count, n_init=RESTARTS, random_state=seed, max_iter=100).fit(scaled)
    return Model("k_means", _rows(fitted.cluster_centers_), (), ())


def _fit_mixture(start: Model, scaled: Floats, seed: int) -> Model:
    from sklearn.mixture import GaussianMixture

    count = len(start.centres)
    member = np.eye(count)[start.assign(scaled)]
    shares = np.maximum(member.mean(axis=0), 1.0 / len(scaled))
    spread = (member.T @ scaled**2) / (shares[:, None] * len(scaled)) - np.array(start.centres) ** 2
    # A fit cut short after so many steps is judged as it stands: what had not settled is not stable.
    fitted: Any = GaussianMixture(
        count, covariance_type="diag", weights_init=shares / shares.sum(), means_init=np.array(start.centres),
        precisions_init=1.0 / np.maximum(spread, SOFTNESS), init_params="random_from_data", reg_covar=SOFTNESS,
        max_iter=40, tol=5e-3, random_state=seed,
    )  # fmt: skip
    _fit_quietly(fitted, scaled)
    return Model("mixture", _rows(fitted.means_), _rows(fitted.covariances_), tuple(float(w) for w in fitted.weights_))


def _fit_quietly(mixture: Any, scaled: Floats) -> None:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # the number of steps is a choice of ours, see above
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(scaled)


def _in_order(model: Model, scaled: Floats) -> Model:
    """The same clusters, the largest first; clusters to which nobody belongs are left out."""
    if not model.shares:
        model = Model(model.kind, model.centres, model.variances, (1.0,) * len(model.centres))
    counts = np.bincount(model.assign(scaled), minlength=len(model.centres))
    order = [j for j in sorted(range(len(counts)), key=lambda j: (-counts[j], model.centres[j])) if counts[j]]
    shares = [counts[j] / len(scaled) for j in order] if model.kind == "k_means" else [model.shares[j] for j in order]
    variances = tuple(model.variances[j] for j in order) if model.variances else ()
    return Model(model.kind, tuple(model.centres[j] for j in order), variances, tuple(float(share) for share in shares))


def _judge(model: Model, labels: Labels, again: list[Labels], distances: Floats, look: npt.NDArray[np.intp]) -> Trial:
    agreed = np.array([adjusted_rand(labels, other) for other in again])
    low, high = np.quantile(agreed, (0.1, 0.9))
    smallest = float(np.bincount(labels, minlength=len(model.centres)).min() / len(labels))
    mean = float(agreed.mean())
    return Trial(model.kind, len(model.centres), mean, float(low), float(high), _silhouette(distances, labels[look]), smallest)


def _distances(scaled: Floats) -> Floats:
    squares = (scaled**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2.0 * scaled @ scaled.T, 0.0)), dtype=np.float64)


def _silhouette(distances: Floats, labels: Labels) -> float:
    """Mean silhouette (Rousseeuw 1987, section 2): alone in a cluster counts 0."""
    found, at = np.unique(labels, return_inverse=True)
    if len(found) < 2:
        return 0.0
    member = np.eye(len(found))[at]
    counts = member.sum(axis=0)
    sums = distances @ member
    rows = np.arange(len(labels))
    own = sums[rows, at] / np.maximum(counts[at] - 1.0, 1.0)
    means = sums / counts
    means[rows, at] = np.inf
    other = means.min(axis=1)
    widths = np.divide(other - own, np.maximum(own, other), out=np.zeros(len(labels)), where=np.maximum(own, other) > 0)
    return float(np.where(counts[at] > 1, widths, 0.0).mean())


def _overlaps(labels: Labels, again: list[Labels], count: int) -> tuple[float, ...]:
    best = []
    for other in again:
        table = np.zeros((count, int(other.max()) + 1))
        np.add.at(table, (labels, other), 1.0)
        best.append((table / (table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table)).max(axis=1))
    return tuple(float(value) for value in np.mean(best, axis=0))


def _rows(table: Floats) -> tuple[tuple[float, ...], ...]:
    # Rounded like the features: what stands below is chance of the last steps of a fit.
    return tuple(tuple(float(value) for value in row) for row in np.round(table, 9))
