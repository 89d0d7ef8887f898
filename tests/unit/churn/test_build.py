import pandas as pd
import pytest

from analysis.churn import build_churn, count_reasons, set_limits, watch_list
from analysis.churn.lapse import know_by
from analysis.contracts import DERIVED
from analysis.params import load_params
from spell_frames import day, simulate

PARAMS = load_params()
LAST = 485  # 2021-04-30, the end of a month
WHEN = day(LAST)


@pytest.fixture(scope="module")
def spells():
    return know_by(simulate(200, seed=11), WHEN)


def watched(spells):
    """Every third customer warned of."""
    ids = sorted(spells["customer_id"].unique())
    table = pd.DataFrame({"customer_id": ids, "spend_at_risk": [float(i) for i in range(len(ids))]})
    warned = table.index % 3 == 0
    for name, value in {"warning": "watch", "reason": "silence", "reasons": "silence|complaint", "first_warned": "2021-03"}.items():
        table[name] = pd.Series(value, index=table.index, dtype=object).where(warned, None)
    return table.assign(or_earlier=pd.Series(False, index=table.index, dtype=object).where(warned, None))


def build(spells, table):
    return build_churn(spells, set_limits(spells, PARAMS.churn), table, WHEN, PARAMS.forecast.horizon_days)


@pytest.fixture(scope="module")
def churn(spells):
    return build(spells, watched(spells))


def test_one_row_per_customer_and_the_contracts_columns(spells, churn):
    assert churn["customer_id"].tolist() == sorted(spells["customer_id"].unique())
    assert set(DERIVED["churn"].names) <= set(churn.columns)


def test_only_active_customers_are_warned_of_and_have_something_at_risk(churn):
    warned = churn[churn["warning"].notna()]
    assert len(warned) > 0
    assert not warned["is_lapsed"].any()
    assert churn["is_lapsed"].any()
    assert (churn.loc[churn["is_lapsed"], "spend_at_risk"] == 0).all()


def test_a_warning_has_a_reason_and_a_first_month_and_nobody_else_has(churn):
    for column in ("reason", "reasons", "first_warned", "or_earlier"):
        assert (churn[column].notna() == churn["warning"].notna()).all()


def test_row_order_changes_nothing(spells, churn):
    pd.testing.assert_frame_equal(build(spells.sample(frac=1, random_state=3), watched(spells).iloc[::-1]), churn)


def test_the_reasons_add_up_to_the_list(spells, churn):
    ids = churn["customer_id"]
    customers = pd.DataFrame({"customer_id": ids, "spend_total": 500.0, "last_order_on": pd.Timestamp("2021-01-01")})
    scores = pd.DataFrame({"customer_id": ids, "p_order": 0.5, "expected_spend": 10.0})
    counts = count_reasons(churn)
    listed = watch_list(churn, customers, scores, before=pd.Series(0.7, index=ids))
    assert counts["count_first"].sum() == len(listed)
    assert (counts["count_any"] >= counts["count_first"]).all()
    assert listed["spend_at_risk"].is_monotonic_decreasing
    assert set(listed["p_order_before"]) == {0.7}
    assert listed["name"].isna().all()


def test_the_spend_of_few_is_blank(churn):
    one = churn[churn["warning"].notna()].head(1)
    assert count_reasons(one, 5).set_index("reason").loc["silence", "spend_at_risk"] != count_reasons(one)["spend_at_risk"].max()
