from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.params import load_params
from analysis.segments.cluster_fit import Model, Trial, adjusted_rand, choose, search
from analysis.threads import one_thread

PARAMS = load_params({"clusters": {"resamples": 3, "max_clusters": 4}}).clusters


def blobs(count, size=80, apart=8.0):
    rng = np.random.default_rng(5)
    middles = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])[:count] * apart
    return np.concatenate([middle + rng.normal(0, 0.7, (size, 2)) for middle in middles])


def trial(kind="k_means", count=3, stability=0.9, silhouette=0.3, smallest=0.2):
    return Trial(kind, count, stability, 0.0, 1.0, silhouette, smallest)


def verdicts(*trials):
    return [one.verdict for one in choose(trials, PARAMS)]


@pytest.mark.parametrize("count", [3, 4])
def test_clusters_that_lie_apart_are_found(count):
    with one_thread():
        trials, model, overlaps = search(blobs(count), PARAMS)
    assert len(model.centres) == count
    assert next(one for one in trials if one.verdict == "chosen").stability == pytest.approx(1.0)
    assert overlaps == pytest.approx([1.0] * count)


def test_the_silhouette_is_scikit_learns():
    from sklearn.metrics import silhouette_score

    points = blobs(3, apart=2.0)
    with one_thread():
        trials, model, _ = search(points, PARAMS)
    chosen = next(one for one in trials if one.verdict == "chosen")
    assert chosen.silhouette == pytest.approx(silhouette_score(points, model.assign(points)), abs=1e-6)


def test_a_mixture_assigns_as_scikit_learns_would():
    from sklearn.mixture import GaussianMixture

    points = blobs(3, apart=2.0)
    with one_thread():
        fitted = GaussianMixture(3, covariance_type="diag", random_state=1).fit(points)
    rows = tuple(map(tuple, fitted.means_)), tuple(map(tuple, fitted.covariances_))
    assert (Model("mixture", *rows, tuple(fitted.weights_)).assign(points) == fitted.predict(points)).all()


def test_the_most_stable_is_taken():
    assert verdicts(trial(count=3, stability=0.7, silhouette=0.9), trial(count=4, stability=0.9)) == ["less_stable", "chosen"]


def test_as_stable_the_clearer_is_taken():
    assert verdicts(trial(count=3, stability=0.90, silhouette=0.2), trial(count=4, stability=0.86)) == ["less_clear", "chosen"]


def test_as_stable_and_clear_the_one_with_fewer_clusters_is_taken():
    assert verdicts(trial(count=4, silhouette=0.305), trial(count=3)) == ["less_simple", "chosen"]


def test_as_stable_and_clear_k_means_goes_before_a_mixture():
    assert verdicts(trial("mixture", silhouette=0.305), trial("k_means")) == ["less_simple", "chosen"]


@pytest.mark.parametrize(("smallest", "found"), [(0.029, "small"), (0.03, "chosen")])
def test_a_small_cluster_passes_its_candidate_over(smallest, found):
    assert verdicts(trial(count=4, stability=0.99, smallest=smallest), trial(stability=0.8))[0] == found


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_the_adjusted_rand_index_is_scikit_learns(pairs):
    from sklearn.metrics import adjusted_rand_score

    first, second = zip(*pairs, strict=True)
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second), abs=1e-9)
