"""A learned correction of a forecast."""

import numpy as np
import pandas as pd
import pytest

from analysis.forecast.correction import NEUTRAL, Lesson, learn


def lesson(size=2000, seed=1, effect=0.6, level=1.0):
    generator = np.random.default_rng(seed)
    group = generator.integers(0, 2, size).astype(float)
    features = pd.DataFrame({"group": group, "noise": generator.normal(size=size), "missing": np.nan})
    expected = generator.gamma(2, 0.4, size)
    actual = generator.poisson(expected * level * np.exp(effect * (group - 0.5))).astype(float)
    return Lesson(features, expected, actual)


def test_tells_groups_apart():
    taught, new = learn([lesson(seed=1), lesson(seed=2)], 0), lesson(seed=3)
    ratio = taught.ratio(new.features, new.expected)
    group = new.features["group"].to_numpy()
    assert np.log(ratio[group == 1].mean() / ratio[group == 0].mean()) == pytest.approx(0.6, abs=0.15)


def test_has_no_opinion_on_the_level():
    taught, new = learn([lesson(seed=1, level=3.0)], 0), lesson(seed=2)
    assert (taught.ratio(new.features, new.expected) * new.expected).sum() == pytest.approx(new.expected.sum(), abs=1e-8)


def test_few_events_teach_nothing():
    assert learn([lesson(size=200)], 0).is_neutral
    assert learn([], 0).is_neutral


def test_the_neutral_one_changes_nothing():
    new = lesson(size=10)
    assert (NEUTRAL.ratio(new.features, new.expected) == 1).all()


def test_is_the_same_twice():
    first, second = (learn([lesson()], 7).ratio(lesson(seed=2).features, lesson(seed=2).expected) for _ in range(2))
    assert (first == second).all()
