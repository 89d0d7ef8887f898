import numpy as np
import pandas as pd
import pytest

from analysis.churn.covariates import build_covariates
from analysis.churn.cox import NONE, STRATA, WINDOWS, sample_customers, tell_cox
from analysis.churn.partial_likelihood import CoxError, fit_cox
from analysis.params import load_params
from spell_frames import make_spells, simulate

PARAMS = load_params().churn


@pytest.fixture(scope="module")
def spells():
    made = simulate(400, seed=8)
    return made.assign(customer_type=np.where(pd.factorize(made["customer_id"])[0] % 2, "business", "individual"))


def test_a_split_at_random_is_not_found_to_matter(spells):
    ratios = tell_cox(spells, PARAMS).hazard_ratios.set_index("covariate")
    assert ratios.loc["customer_type", "p"] > 0.01


def test_a_slow_customer_returns_more_slowly(spells):
    ratios = tell_cox(spells, PARAMS).hazard_ratios
    # in the first window; those who have left blur the later ones
    first = ratios[(ratios["covariate"] == "mean_gap") & (ratios["from_days"] == 0)].iloc[0]
    assert first["high"] < 1


def test_a_hazard_that_changes_its_sign_with_time_is_found_and_answered():
    rng = np.random.default_rng(9)
    count = 3000
    late = rng.random(count) < 0.5
    # the same for a month, then half of them return three times as fast
    early, rest = rng.exponential(40, count), rng.exponential(np.where(late, 20, 80), count)
    gap = np.ceil(np.where(early < 30, early, 30 + rest)).astype(int)
    orders = {f"c{i:05d}": [0, int(g)] for i, g in enumerate(gap) if g <= 150} | {f"c{i:05d}": [0] for i, g in enumerate(gap) if g > 150}
    spells = make_spells(orders, 150)
    spells = spells[spells["order_number"] == 1]
    slow = {f"c{i:05d}": "x" if flag else "y" for i, flag in enumerate(late)}
    story = tell_cox(spells.assign(channel=spells["customer_id"].map(slow)), PARAMS)
    answer = story.tests.loc[story.tests["covariate"] == "channel", "answer"].iloc[0]
    assert answer in (WINDOWS, STRATA)
    assert len(story.hazard_ratios) == 3


def test_proportional_hazards_are_left_alone():
    rng = np.random.default_rng(10)
    fast = rng.random(2000) < 0.5
    gap = np.ceil(rng.exponential(np.where(fast, 20, 40))).astype(int)
    spells = make_spells({f"c{i:05d}": [0, int(g)] if g <= 150 else [0] for i, g in enumerate(gap)}, 150)
    spells = spells[spells["order_number"] == 1]
    names = {f"c{i:05d}": "x" if flag else "y" for i, flag in enumerate(fast)}
    story = tell_cox(spells.assign(channel=spells["customer_id"].map(names)), PARAMS)
    assert set(story.tests["answer"]) == {NONE}
    row = story.hazard_ratios.iloc[0]
    truth = 2.0 if row["level"] == "x" else 0.5
    assert row["low"] < truth < row["high"]


def test_row_order_changes_nothing(spells):
    a, b = tell_cox(spells, PARAMS), tell_cox(spells.sample(frac=1, random_state=2), PARAMS)
    pd.testing.assert_frame_equal(a.hazard_ratios, b.hazard_ratios, rtol=1e-7)
    pd.testing.assert_frame_equal(a.tests, b.tests, rtol=1e-6)


def test_too_few_returns_tell_nothing():
    assert tell_cox(make_spells({"a": [0, 5], "b": [0]}, 20), PARAMS) is None


def test_a_sample_keeps_all_spells_of_whom_it_keeps(spells):
    sample = sample_customers(spells, 300, seed=1)
    assert 0 < len(sample) < len(spells)
    assert len(sample) == spells["customer_id"].isin(sample["customer_id"]).sum()


def test_a_customers_place_in_the_sample_does_not_depend_on_row_order(spells):
    a = sample_customers(spells, 300, seed=1)
    b = sample_customers(spells.iloc[::-1], 300, seed=1)
    assert set(a["customer_id"]) == set(b["customer_id"])


def test_the_mean_gap_of_a_spell_knows_only_earlier_gaps():
    spells = make_spells({"a": [0, 8, 24], "b": [0, 100]}, 200)
    terms, x = build_covariates(spells)
    column = [term.covariate for term in terms].index("mean_gap")
    rows = spells.assign(value=x[:, column])
    # after gaps of 8 and 16 days: the binary logarithm of 12; the gap that is still open does not count
    assert rows.query("customer_id == 'a'")["value"].tolist() == pytest.approx([0.0, 3.0, np.log2(12)])


def test_mean_spend_holds_the_orders_up_to_the_start_of_the_spell():
    spells = make_spells({"a": [0, 8], "b": [0]}, 200).assign(amount=[4.0, 12.0, 16.0])
    terms, x = build_covariates(spells)
    column = [term.covariate for term in terms].index("mean_spend")
    assert x[:, column].tolist() == pytest.approx([2.0, 3.0, 4.0])


def test_a_constant_covariate_is_refused():
    one = np.ones((4, 1))
    with pytest.raises(CoxError, match="without variation"):
        fit_cox(one, np.arange(1, 5), np.ones(4, bool), np.zeros(4, int), np.arange(4))


def test_no_event_is_refused():
    with pytest.raises(CoxError, match="no spell ended"):
        fit_cox(np.arange(4.0)[:, None], np.arange(1, 5), np.zeros(4, bool), np.zeros(4, int), np.arange(4))
