import numpy as np
import pandas as pd
import pytest

from analysis.churn import build_churn, count_reasons, watch_list
from analysis.churn.lapse import know_by
from analysis.contracts import DERIVED
from analysis.params import load_params
from spell_frames import FIRST_DAY, day, simulate

PARAMS = load_params()
LAST = 485  # 2021-04-30, the end of a month


def tables(spells):
    ids = sorted(spells["customer_id"].unique())
    rng = np.random.default_rng(len(ids))
    customers = pd.DataFrame({"customer_id": ids, "spend_mean": 100.0, "spend_total": 500.0, "last_order_on": FIRST_DAY})
    scores = pd.DataFrame({"customer_id": ids, "p_order": rng.random(len(ids)), "expected_spend": 10.0})
    return customers, scores


@pytest.fixture(scope="module")
def spells():
    return know_by(simulate(200, seed=11), day(LAST))


@pytest.fixture(scope="module")
def churn(spells):
    return build_churn(spells, *tables(spells), day(LAST), PARAMS)


def test_one_row_per_customer_and_the_contracts_columns(spells, churn):
    assert churn["customer_id"].tolist() == sorted(spells["customer_id"].unique())
    assert set(DERIVED["churn"].names) <= set(churn.columns)


def test_only_active_customers_are_warned_of(churn):
    warned = churn[churn["warning"].notna()]
    assert len(warned) > 0
    assert not warned["is_lapsed"].any()
    assert (churn.loc[churn["is_lapsed"], "spend_at_risk"] == 0).all()


def test_a_warning_has_a_reason_and_a_first_month_and_nobody_else_has(churn):
    for column in ("reason", "reasons", "first_warned"):
        assert (churn[column].notna() == churn["warning"].notna()).all()


def test_who_was_warned_of_last_month_keeps_the_first_month(spells, churn):
    warned = churn.loc[churn["warning"].notna(), "customer_id"]
    previous = churn.assign(first_warned=churn["first_warned"].where(churn["first_warned"].isna(), "2020-12"))
    previous.loc[previous["customer_id"] == warned.iloc[0], ["warning", "first_warned"]] = None
    again = build_churn(spells, *tables(spells), day(LAST), PARAMS, previous=previous).set_index("customer_id")
    assert again.loc[warned.iloc[0], "first_warned"] == "2021-04"
    assert set(again.loc[warned.iloc[1:], "first_warned"]) == {"2020-12"}


def test_row_order_changes_nothing(spells, churn):
    customers, scores = tables(spells)
    shuffled = build_churn(spells.sample(frac=1, random_state=3), customers.iloc[::-1], scores.iloc[::-1], day(LAST), PARAMS)
    pd.testing.assert_frame_equal(shuffled, churn)


def test_without_scores_the_table_is_built_all_the_same(spells):
    customers, _ = tables(spells)
    made = build_churn(spells, customers, pd.DataFrame({"customer_id": []}, dtype="object"), day(LAST), PARAMS)
    assert len(made) == len(customers)


def test_the_reasons_add_up_to_the_list(spells, churn):
    customers, scores = tables(spells)
    counts = count_reasons(churn)
    listed = watch_list(churn, customers, scores)
    assert counts["count_first"].sum() == len(listed)
    assert (counts["count_any"] >= counts["count_first"]).all()
    assert listed["spend_at_risk"].is_monotonic_decreasing
