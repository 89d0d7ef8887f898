"""The month's scores."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.contracts import DERIVED
from analysis.forecast import choose, scorer
from analysis.forecast.candidates import Snapshot
from analysis.forecast.scorer import next_month_days, survive
from analysis.forecast.scoring import fit_snapshot, named
from analysis.history import summarise
from analysis.params import load_params

AS_OF = date(2020, 12, 31)
PARAMS = load_params().forecast


def fit(statistics, as_of, params, candidate=None):
    return fit_snapshot(Snapshot(as_of, statistics), params, candidate)


def score(given, as_of, params):
    return scorer.score(fit(summarise(given), as_of, params), as_of, params)


def customers(size=160, seed=4):
    generator = np.random.default_rng(seed)
    repeat = generator.negative_binomial(0.8, 0.3, size)
    age = generator.integers(0, 600, size)
    until_last = np.where(repeat > 0, (age * generator.random(size)).round(), 0).astype(int)
    repeat = np.where(until_last > 0, repeat, 0)
    mean = generator.gamma(4, 10, size)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:04d}" for number in range(size)],
            "count_order_days": repeat + 1,
            "days_first_to_last_order": pd.array(until_last, dtype="Int64"),
            "days_as_customer": pd.array(age, dtype="Int64"),
            "mean_repeat_spend": np.where(repeat > 0, mean, 0.0),
            "spend_mean": mean,
        }
    )


def prospect():
    missing = {"days_first_to_last_order": pd.NA, "days_as_customer": pd.NA, "spend_mean": np.nan}
    row = pd.DataFrame([{"customer_id": "p", "count_order_days": 0, "mean_repeat_spend": 0.0} | missing])
    return row.astype({"days_first_to_last_order": "Int64", "days_as_customer": "Int64"})


def test_scores_keep_their_promise():
    scores = score(customers(), AS_OF, PARAMS)
    contract = DERIVED["scores"]
    assert list(scores.columns) == list(contract.names)
    assert scores["customer_id"].is_unique
    numbers = scores.drop(columns=["customer_id", "model"])
    assert np.isfinite(numbers.to_numpy()).all()
    assert (numbers >= 0).all(axis=None)
    assert (scores["spend_low"] <= scores["spend_high"]).all()
    assert (scores["p_order_month"] <= scores["p_order"]).all()
    assert scores["model"].unique().tolist() == ["BG/NBD + Gamma-Gamma"]


def test_who_has_not_ordered_has_no_score():
    scores = score(pd.concat([customers(), prospect()], ignore_index=True), AS_OF, PARAMS)
    assert "p" not in set(scores["customer_id"])


def test_the_order_of_customers_changes_nothing():
    given = customers()
    pd.testing.assert_frame_equal(score(given, AS_OF, PARAMS), score(given.sample(frac=1, random_state=1), AS_OF, PARAMS), check_exact=True)


@pytest.mark.parametrize(("size", "reason"), [(PARAMS.min_customers - 1, "few_customers"), (PARAMS.min_customers, "enough_customers")])
def test_too_few_customers_are_forecast_by_their_own_rate(size, reason):
    given = customers(size)
    assert choose(summarise(given), PARAMS).reason == reason
    assert (score(given, AS_OF, PARAMS)["model"].iloc[0] == "own past rate") is (reason == "few_customers")


def test_too_few_repeat_customers_are_forecast_by_their_own_rate():
    given = customers().assign(count_order_days=1, days_first_to_last_order=pd.array([0] * 160, dtype="Int64"))
    assert choose(summarise(given), PARAMS).reason == "few_repeat_customers"


def test_no_customers_are_no_scores():
    scores = score(customers().iloc[:0], AS_OF, PARAMS)
    assert list(scores.columns) == list(DERIVED["scores"].names)
    assert len(scores) == 0


@pytest.mark.parametrize(("as_of", "days"), [("2020-01-31", 29), ("2021-01-31", 28), ("2020-12-31", 31), ("2020-12-30", 1)])
def test_a_month_is_the_calendar_s(as_of, days):
    assert next_month_days(date.fromisoformat(as_of)) == days


def test_totals_are_the_sums_of_customers():
    made = fit(summarise(customers()), AS_OF, PARAMS)
    totals = made.totals(90).set_index("total")
    ahead = made.predict(90)
    assert totals.loc["spend", "expected"] == pytest.approx(ahead["expected_spend"].sum())
    assert totals.loc["orders", "low"] < ahead["expected_orders"].sum() < totals.loc["orders", "high"]


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'BG/NDB'; known: own past rate, BG/NBD"):
        named(["BG/NDB"])


def test_survival_falls_from_one():
    curves = survive(fit(summarise(customers()), AS_OF, PARAMS), np.array([0, 30, 90, 400]))
    assert (curves[0] == 1).all()
    assert (np.diff(curves.to_numpy(), axis=1) <= 0).all()
    assert (curves[400] > 0).all()
