"""Who wins a contest between models, and why."""

import numpy as np
import pytest

from analysis.forecast.contest import COLUMNS, Round, chosen, judge, judge_in_turn, score_chances, score_counts, stand

NAMES = ["plain", "clever"]


def rounds(gain, spread=0.0, size=400, dates=4, step=90):
    """Dates on which `clever` scores `gain` more than `plain`, more or less by customer."""
    generator = np.random.default_rng(1)
    customer = np.arange(size)
    noise = generator.normal(size=size)
    each = gain + spread * (noise - noise.mean())
    return [Round(step * date, customer, {"plain": np.zeros(size), "clever": each}) for date in range(dates)]


def test_a_clear_winner_is_chosen():
    table = judge("orders", "model", rounds(0.1), NAMES, 90)
    assert list(table.columns) == list(COLUMNS)
    assert table["reason"].tolist() == ["behind", "best"]
    assert chosen(table) == "clever"
    assert table["behind"].tolist() == pytest.approx([0.1, 0.0], abs=1e-12)


def test_within_one_standard_error_the_simpler_one_is():
    table = judge("orders", "model", rounds(0.01, spread=5.0), NAMES, 90)
    assert table["standard_error"].max() > table["behind"].max()
    assert chosen(table) == "plain"
    assert set(table["reason"]) <= {"best", "simpler", "not_worth_it"}


def test_a_difference_that_nobody_would_notice_is_none():
    assert chosen(judge("orders", "model", rounds(0.001), NAMES, 90, margin=0.002)) == "plain"
    assert chosen(judge("orders", "model", rounds(0.003), NAMES, 90, margin=0.002)) == "clever"


def turned(*gains):
    """One round a quarter, on which `clever` gains so much of half of the customers more, and of the others less."""
    return [
        Round(90 * date, np.arange(400), {"plain": np.zeros(400), "clever": gain + np.resize([1.0, -1.0], 400)})
        for date, gain in enumerate(gains)
    ]


def test_who_is_in_office_stays_until_clearly_behind():
    later = judge_in_turn("spend", "model", turned(0.5, -0.48), NAMES, 90)
    assert chosen(judge("spend", "model", turned(0.5, -0.48), NAMES, 90)) == "plain"
    assert (chosen(later), later["reason"].tolist()) == ("clever", ["not_worth_it", "best"])
    assert chosen(judge_in_turn("spend", "model", turned(0.5, -0.54), NAMES, 90)) == "clever"
    assert judge_in_turn("spend", "model", turned(0.5, -0.54), NAMES, 90)["reason"].tolist() == ["not_worth_it", "stays"]
    assert chosen(judge_in_turn("spend", "model", turned(0.5, -0.9, -0.9), NAMES, 90)) == "plain"


def test_without_rounds_the_simplest_takes_office():
    assert judge_in_turn("spend", "model", [], NAMES, 90)["reason"].tolist() == ["unjudged", "not_reached"]


def test_the_same_customers_on_more_dates_make_no_smaller_error():
    errors = [judge("orders", "model", rounds(0.01, spread=1.0, dates=n), NAMES, 90)["standard_error"].max() for n in (1, 2, 6)]
    assert errors[1:] == pytest.approx([errors[0]] * 2, rel=0.01)


def test_gains_that_differ_between_dates_make_a_larger_error():
    steady, shaken = rounds(0.05, spread=0.1), rounds(0.05, spread=0.1)
    shaken = [
        Round(one.as_of, one.customer, one.scores | {"clever": one.scores["clever"] + sign})
        for one, sign in zip(shaken, (0.2, -0.2, 0.2, -0.2), strict=True)
    ]
    assert chosen(judge("orders", "model", steady, NAMES, 90)) == "clever"
    assert chosen(judge("orders", "model", shaken, NAMES, 90)) == "plain"


def test_horizons_that_overlap_count_as_fewer_dates():
    def error(step):
        shaken = [
            Round(one.as_of, one.customer, one.scores | {"clever": one.scores["clever"] + sign})
            for one, sign in zip(rounds(0.05, step=step), (0.2, -0.2, 0.2, -0.2), strict=True)
        ]
        return judge("orders", "model", shaken, NAMES, 90)["standard_error"].max()

    assert error(30) > error(90)


def test_without_dates_the_simplest_stands_unjudged():
    table = judge("spend", "model", [], NAMES, 90)
    assert table["reason"].tolist() == ["unjudged", "not_reached"]
    assert chosen(table) == "plain"
    assert list(table.columns) == list(COLUMNS)
    assert chosen(stand("orders", "model", ["given"], "asked_for")) == "given"


def test_the_score_of_counts_has_no_opinion_on_the_level():
    expected, actual = np.array([1.0, 2.0, 3.0]), np.array([0.0, 3.0, 2.0])
    assert score_counts(expected * 5, actual) == pytest.approx(score_counts(expected, actual), abs=1e-12)


def test_the_score_of_counts_is_best_for_the_means():
    actual = np.array([0.0, 1.0, 5.0])
    assert score_counts(actual + 1e-6, actual).sum() > score_counts(np.array([1.0, 1.0, 4.0]), actual).sum()


def test_the_score_of_a_chance_is_the_log_of_what_happened():
    assert score_chances(np.array([0.8, 0.8]), np.array([1.0, 0.0])) == pytest.approx(np.log([0.8, 0.2]), abs=1e-12)
    assert np.isfinite(score_chances(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()
