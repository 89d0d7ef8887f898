import numpy as np
import pandas as pd
import pytest

from analysis.churn.cure import COLUMNS, POOR_FIT, TOLD, TOO_FEW, TOO_SHORT, WEIBULL, estimate_cured, fit_cure
from analysis.params import load_params

PARAMS = load_params().churn


def spells(share_never, last_day, customers=800, mean=20.0, seed=5):
    """First spells of customers who return after exponential days, or never."""
    rng = np.random.default_rng(seed)
    wait = np.where(rng.random(customers) < share_never, np.inf, np.ceil(rng.exponential(mean, customers)))
    watched = rng.integers(last_day // 2, last_day, customers)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(customers)],
            "order_number": 1,
            "duration_days": np.minimum(wait, watched).astype(int),
            "is_closed": wait <= watched,
        }
    )


def first(frame, **params):
    return estimate_cured(frame, PARAMS.model_copy(update=params)).iloc[0]


def test_the_share_that_never_returns_is_found_where_the_watching_was_long():
    row = first(spells(0.3, 400))
    assert row["answer"] == TOLD
    assert row["share_never_low"] < 0.3 < row["share_never_high"]


def test_never_and_not_yet_are_not_told_apart_where_the_watching_was_short():
    row = first(spells(0.3, 40))
    assert row["answer"] == TOO_SHORT
    assert np.isnan(row["share_never"])
    assert row["share_silent"] > 0.3


def test_few_returns_tell_nothing():
    assert first(spells(0.3, 400, customers=60))["answer"] == TOO_FEW


def test_silence_that_nobody_has_tells_nothing_of_those_who_never_return():
    assert first(spells(0.0, 4000))["answer"] == TOO_FEW


def test_a_curve_of_another_form_tells_nothing():
    assert first(spells(0.3, 400), cure_fit_gap=0.001)["answer"] == POOR_FIT


def test_every_order_group_has_a_row_whatever_the_data():
    table = estimate_cured(spells(0.3, 400).iloc[:0], PARAMS)
    assert list(table.columns) == COLUMNS
    assert table["order_group"].tolist() == ["first", "second", "third+"]
    assert set(table["answer"]) == {TOO_FEW}


def test_spells_without_length_change_nothing():
    frame = spells(0.3, 400)
    opened = frame.head(50).assign(duration_days=0, is_closed=False)
    assert first(pd.concat([frame, opened])).equals(first(frame))


def test_a_customer_written_twice_does_not_narrow_the_interval():
    frame = spells(0.3, 400)
    twice = pd.concat([frame, frame])
    assert first(twice)["share_never_low"] == pytest.approx(first(frame)["share_never_low"], abs=1e-4)


def test_the_order_of_rows_changes_nothing():
    frame = spells(0.3, 400)
    mixed = frame.sample(frac=1, random_state=1)
    fits = [fit_cure(f["duration_days"], f["is_closed"], np.arange(len(f)), WEIBULL).never for f in (frame, mixed)]
    assert fits[0] == pytest.approx(fits[1], abs=1e-9)
